"""When a session is alive: pure."""

from typing import Final

_OPEN: Final = frozenset({"PENDING", "ACTIVE"})


def is_alive(device_state: str, bound_to: str | None, customer_id: str | None) -> bool:
    """Tell whether a session may go on.

    Args:
        device_state: present state of its device.
        bound_to: whom the device is bound to now.
        customer_id: whose session it is; None for that of a device being set up.
    """
    if customer_id is None:
        return device_state in _OPEN
    return device_state == "ACTIVE" and bound_to == customer_id
