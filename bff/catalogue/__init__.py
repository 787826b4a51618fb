"""The catalogue: every business function, declared once."""

from bff.catalogue.operation import Catalogue, Empty, Handler, Idempotency, Operation, Settle, Upload

__all__ = ["Catalogue", "Empty", "Handler", "Idempotency", "Operation", "Settle", "Upload"]
