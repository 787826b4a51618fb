"""The port to the core bank, and the embedded double-entry ledger behind it."""
