"""Evidence: the hash chain, its signed checkpoints, an order's export, and the verifier that needs nothing else."""

from security.evidence.chain import GENESIS, Checkpoint, Entry, checkpoint_message, entry_hash, sign_checkpoint
from security.evidence.export import FORMAT, export_evidence
from security.evidence.verify import Link, VerifiedEvidence, anchors_of, verify_export

__all__ = [
    "FORMAT",
    "GENESIS",
    "Checkpoint",
    "Entry",
    "Link",
    "VerifiedEvidence",
    "anchors_of",
    "checkpoint_message",
    "entry_hash",
    "export_evidence",
    "sign_checkpoint",
    "verify_export",
]
