"""The server's keys: purposes, states, encrypted files, rotation while running."""

from security.keys.calendar import CalendarEntry
from security.keys.key import Key
from security.keys.model import KeyRecord, KeyState
from security.keys.store import KeyStore

__all__ = ["CalendarEntry", "Key", "KeyRecord", "KeyState", "KeyStore"]
