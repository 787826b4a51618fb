"""Evidence: the hash chain, its tree and signed checkpoints, what is exported of them, and the verifiers."""

from security.evidence.chain import GENESIS, Checkpoint, Entry, checkpoint_message, entry_hash, sign_checkpoint
from security.evidence.export import FORMAT, STRETCHES, export_evidence, export_stretches
from security.evidence.verify import Link, VerifiedEvidence, anchors_of, verify_export

__all__ = [
    "FORMAT",
    "GENESIS",
    "STRETCHES",
    "Checkpoint",
    "Entry",
    "Link",
    "VerifiedEvidence",
    "anchors_of",
    "checkpoint_message",
    "entry_hash",
    "export_evidence",
    "export_stretches",
    "sign_checkpoint",
    "verify_export",
]
