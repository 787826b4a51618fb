"""Reading and changing devices; every change of a state or a counter is one conditional UPDATE."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Row, bindparam, or_, select, update
from sqlalchemy.orm import Session

from bff.db.base import table_of
from bff.db.prepared import Prepared
from bff.db.statements import changed, insert_new
from bff.devices.errors import DeviceKeyKnownError
from bff.devices.models import Device, DeviceBinding, DeviceDay, DeviceKey
from security.jwk import PublicJwk, parse_jwk
from security.suites import suite

PENDING: Final = "PENDING"
ACTIVE: Final = "ACTIVE"
BLOCKED: Final = "BLOCKED"
REMOVED: Final = "REMOVED"


_device: Final = table_of(Device)
_day: Final = table_of(DeviceDay)
_KNOWN: Final = tuple(
    _device.c[name]
    for name in (
        "device_id",
        "state",
        "level",
        "model_name",
        "suite",
        "pop_x",
        "pop_y",
        "tx_x",
        "tx_y",
        "customer_id",
        "last_seq",
        "bound_at",
        "platform",
        "nickname",
        "cooling_until",
    )
)
_FIND: Final = Prepared(select(*_KNOWN).where(_device.c.device_id == bindparam("wanted")))
_ADVANCE: Final = Prepared(
    update(_device)
    .where(_device.c.device_id == bindparam("wanted"), _device.c.state == ACTIVE, _device.c.last_seq < bindparam("seq"))
    .values(last_seq=bindparam("seq"))
)
_OF_DAY: Final = (_day.c.device_id == bindparam("wanted"), _day.c.day == bindparam("on"))
_USED: Final = Prepared(select(_day.c.used_fen).where(*_OF_DAY))
_TAKE: Final = Prepared(
    update(_day)
    .where(*_OF_DAY, _day.c.used_fen + bindparam("amount") <= bindparam("most"))
    .values(used_fen=_day.c.used_fen + bindparam("amount"))
)


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """A device as it stands in the table."""

    device_id: str
    state: str
    level: str
    model: str
    pop_key: PublicJwk
    tx_key: PublicJwk
    customer_id: str | None
    last_seq: int
    bound_at: datetime | None
    platform: str = ""
    nickname: str = ""
    cooling_until: datetime | None = None


def find(session: Session, device_id: str) -> KnownDevice | None:
    """Give a device, or None."""
    row = _FIND.first(session, {"wanted": device_id})
    return None if row is None else _known(row)


def find_by_keys(session: Session, pop: PublicJwk, tx: PublicJwk) -> KnownDevice | None:
    """Give the device that has both keys, or None when neither is known.

    Raises:
        DeviceKeyKnownError: a key stands in another registration.
    """
    keys = (pop.thumbprint, tx.thumbprint)
    known = or_(Device.pop_jkt.in_(keys), Device.tx_jkt.in_(keys))
    rows = session.execute(select(*table_of(Device).columns).where(known)).all()
    if not rows:
        return None
    if len(rows) != 1 or (rows[0].pop_jkt, rows[0].tx_jkt) != keys:
        raise DeviceKeyKnownError(detail="one of the keys stands in another registration")
    return _known(rows[0])


def claim_keys(session: Session, device_id: str, *keys: PublicJwk) -> bool:
    """Take keys for a device; tell whether all of them were free."""
    taken = sum(insert_new(session, DeviceKey, jkt=key.thumbprint, device_id=device_id) for key in keys)
    return taken == len(keys)


def bind(session: Session, device_id: str, customer_id: str, now: datetime, cooling_until: datetime) -> bool:
    """Make a pending device the customer's, with lower limits until then; tell whether it still was pending."""
    pending = update(Device).where(Device.device_id == device_id, Device.state == PENDING, Device.customer_id.is_(None))
    values = {"state": ACTIVE, "customer_id": customer_id, "bound_at": now, "cooling_until": cooling_until}
    return changed(session, pending.values(**values)) == 1


def use_binding(session: Session, event_id: str, now: datetime) -> bool:
    """Spend a binding event; tell whether it was unspent."""
    unused = update(DeviceBinding).where(DeviceBinding.event_id == event_id, DeviceBinding.used_at.is_(None))
    return changed(session, unused.values(used_at=now)) == 1


def advance(session: Session, device_id: str, seq: int) -> bool:
    """Let the counter of an active device grow to ``seq``; tell whether it was lower."""
    return _ADVANCE.changed(session, {"wanted": device_id, "seq": seq}) == 1


def move(session: Session, device_id: str, states: frozenset[str], state: str) -> bool:
    """Change the state from one of ``states``; tell whether it was in one."""
    here = update(Device).where(Device.device_id == device_id, Device.state.in_(states))
    return changed(session, here.values(state=state)) == 1


def used(session: Session, device_id: str, day: str) -> int:
    """Give what a device has moved on a business day, in fen."""
    row = _USED.first(session, {"wanted": device_id, "on": day})
    return 0 if row is None else row.used_fen


def take(session: Session, device_id: str, day: str, amount: int, most: int) -> bool:
    """Count ``amount`` fen against a day when it fits below ``most``; tell whether it did."""
    taking = {"wanted": device_id, "on": day, "amount": amount, "most": most}
    if _TAKE.changed(session, taking) == 1:
        return True
    insert_new(session, DeviceDay, device_id=device_id, day=day, used_fen=0)  # the day's first, or there is no room
    return _TAKE.changed(session, taking) == 1


def give_back(session: Session, device_id: str, day: str, amount: int) -> None:
    """Take ``amount`` fen off a day again: it did not move."""
    row = update(DeviceDay).where(DeviceDay.device_id == device_id, DeviceDay.day == day)
    session.execute(row.values(used_fen=DeviceDay.used_fen - amount))


def active_of(session: Session, customer_id: str) -> tuple[KnownDevice, ...]:
    """Give a customer's active devices, the first bound first."""
    mine = select(*_device.columns).where(_device.c.customer_id == customer_id, _device.c.state == ACTIVE)
    return tuple(_known(row) for row in session.execute(mine.order_by(_device.c.bound_at, _device.c.device_id)))


def lock_active(session: Session, customer_id: str) -> tuple[str, ...]:
    """Give a customer's active devices past other transactions' commits; nobody binds or stops one meanwhile."""
    mine = select(Device.device_id).where(Device.customer_id == customer_id, Device.state == ACTIVE)
    return tuple(session.scalars(mine.with_for_update()))


def name(session: Session, device_id: str, nickname: str) -> None:
    """Give a device the name that its owner chose."""
    session.execute(update(Device).where(Device.device_id == device_id).values(nickname=nickname))


def copy_day(session: Session, old: str, new: str, day: str) -> None:
    """Let a device go on in a business day where another one stopped."""
    insert_new(session, DeviceDay, device_id=new, day=day, used_fen=used(session, old, day))


def _known(row: Row[Any]) -> KnownDevice:
    return KnownDevice(
        device_id=row.device_id,
        state=row.state,
        level=row.level,
        model=row.model_name,
        pop_key=_key(row.suite, row.pop_x, row.pop_y),
        tx_key=_key(row.suite, row.tx_x, row.tx_y),
        customer_id=row.customer_id,
        last_seq=row.last_seq,
        bound_at=row.bound_at,
        platform=row.platform,
        nickname=row.nickname,
        cooling_until=row.cooling_until,
    )


@lru_cache(maxsize=4096)
def _key(alg: str, x: str, y: str) -> PublicJwk:
    return parse_jwk({"kty": "EC", "crv": suite(alg).curve, "x": x, "y": y})
