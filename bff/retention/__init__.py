"""How long records are kept, and the erasing of what is due."""
