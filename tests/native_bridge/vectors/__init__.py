"""The conformance vectors, the runner that plays them, and hosts that must fail."""
