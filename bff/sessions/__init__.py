"""Sessions: tokens that work only with the key of their device."""
