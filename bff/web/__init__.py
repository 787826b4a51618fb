"""What every web answer shares: problems, request ids, limits, health, the interface description."""
