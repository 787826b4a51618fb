"""Approvals: operations frozen for a device to sign, and the one spending of each."""
