"""Attestation of devices: Android Key Attestation and Apple App Attest, in pure functions.

Roots, policies, the revocation list and the time are arguments. Verification gives a frozen ``Verified…`` value or
raises ``AttestationError``, whose code is the ``Rule`` that does not hold.
"""
