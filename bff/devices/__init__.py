"""Devices: their two keys, their states and the customer to whom one is bound."""
