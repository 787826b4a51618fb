"""Deltas between two releases of a bundle: the changed files, written against what the phone has.

A delta's dictionary is the base's files, first rewritten to look like the new ones: hashed names are replaced, and
short identifiers are renamed where the minifier renamed them. Its content is the files whose hash the base lacks. The
format is on one page, docs/deltas.md. A delta is not signed: what comes out is believed only when it has the hashes of
the new manifest, and a client that gets anything else fetches the whole files.
"""

from h5bundle.delta.applying import DeltaError, apply, changed
from h5bundle.delta.making import FULL, ON_DEMAND, Effort, make

__all__ = ["FULL", "ON_DEMAND", "DeltaError", "Effort", "apply", "changed", "make"]
