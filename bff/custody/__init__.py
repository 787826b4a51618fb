"""Custody of the server's keys: four eyes, the calendar's work, and what the evidence says of every change."""
