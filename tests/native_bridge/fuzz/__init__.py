"""Hosts driven with arbitrary messages."""
