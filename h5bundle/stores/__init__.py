"""Where a repository is kept: the port, and its implementations."""
