"""People: who the bank knows, sealed at rest, and the codes sent to their phones."""
