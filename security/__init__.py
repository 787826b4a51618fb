"""Pure trust logic: algorithms, keys, devices, approvals, sessions, sealing, evidence."""
