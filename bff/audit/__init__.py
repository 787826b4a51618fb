"""The evidence chain: what happened, in an order that nobody can change afterwards."""

from bff.audit.chain import append

__all__ = ["append"]
