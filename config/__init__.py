"""Settings and logging, read once at the door."""
