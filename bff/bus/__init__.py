"""The one path that every call takes."""
