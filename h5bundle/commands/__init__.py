"""What the command line does, one function each; only `h5bundle.cli` prints."""
