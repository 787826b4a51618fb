"""The evidence chain: what happened, in an order that nobody can change afterwards."""

from bff.audit.chain import append, keep_blob, link
from bff.audit.checkpoints import checkpoint
from bff.audit.orders import Segment, export_order, segment

__all__ = ["Segment", "append", "checkpoint", "export_order", "keep_blob", "link", "segment"]
