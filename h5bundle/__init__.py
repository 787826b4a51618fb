"""From a front-end folder to verified bytes on a phone."""
