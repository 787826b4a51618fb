"""The evidence chain: what happened, in an order that nobody can change afterwards."""

from bff.audit.chain import append, keep_blob, link
from bff.audit.checkpoints import catch_up, checkpoint, latest
from bff.audit.orders import Segment, export_order, segment

__all__ = ["Segment", "append", "catch_up", "checkpoint", "export_order", "keep_blob", "latest", "link", "segment"]
