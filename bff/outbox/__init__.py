"""The outbox: messages to other systems, and the relay that delivers them exactly as often as it must."""

from bff.outbox.box import put, sweep
from bff.outbox.relay import Relay, Relayed
from bff.outbox.topics import Delivered, Outcome, Refused, Settlement, Topic, not_known, settling

__all__ = [
    "Delivered",
    "Outcome",
    "Refused",
    "Relay",
    "Relayed",
    "Settlement",
    "Topic",
    "not_known",
    "put",
    "settling",
    "sweep",
]
