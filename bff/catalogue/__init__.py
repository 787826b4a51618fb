"""The catalogue: every business function, declared once."""

from bff.catalogue.operation import Catalogue, Download, Empty, File, Handler, Idempotency, Operation, Settle, Upload

__all__ = ["Catalogue", "Download", "Empty", "File", "Handler", "Idempotency", "Operation", "Settle", "Upload"]
