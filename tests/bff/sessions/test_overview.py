"""The customer's sessions: seen, ended one by one or all at once, and refreshed by many at the same moment."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from bff.sessions.networks import COUNTED, network_of
from security.suites import ES256
from tests.bff.db.engines import KINDS, fresh_engine
from tests.bff.doors.world import Phone, Site, refusal

RACERS = 64


def sessions(phone: Phone) -> list[dict[str, object]]:
    answer = phone.send("GET", "/sessions")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return list(answer.json["sessions"])


def twin(phone: Phone) -> Phone:
    """Give the same phone with another session."""
    other = Phone(phone.site)
    other.device_id, other.pop, other.tx = phone.device_id, phone.pop, phone.tx
    assert other.log_in().status_code == 200
    return other


def test_a_customer_sees_his_sessions_and_which_is_this(site: Site, phone: Phone) -> None:
    site.later(minutes=1)
    second = site.phone()
    second.log_in()
    stranger = site.phone(customer="cus_2")
    stranger.log_in()
    seen = sessions(second)
    assert [(row["deviceId"], row["current"]) for row in seen] == [(second.device_id, True), (phone.device_id, False)]
    assert seen[1] == {
        "sessionId": seen[1]["sessionId"],
        "deviceId": phone.device_id,
        "deviceName": f"Phone {phone.device_id}",
        "since": "2026-11-23T08:00:00.000Z",
        "lastUsedAt": "2026-11-23T08:00:00.000Z",
        "expiresAt": "2026-12-23T08:00:00.000Z",
        "network": "127.0.0.0/24",
        "current": False,
    }


def test_a_refresh_is_a_use_and_sessions_of_stopped_devices_are_gone(site: Site, phone: Phone) -> None:
    second = site.phone()
    second.log_in()
    site.later(minutes=5)
    phone.renew()
    assert [row["lastUsedAt"] for row in sessions(second)] == ["2026-11-23T08:05:00.000Z", "2026-11-23T08:00:00.000Z"]
    del site.directory.devices[phone.device_id]
    assert [row["deviceId"] for row in sessions(second)] == [second.device_id]


def test_a_session_is_ended_from_another_and_by_its_customer_alone(site: Site, phone: Phone) -> None:
    second, stranger = twin(phone), site.phone(customer="cus_2")
    stranger.log_in()
    named = next(row["sessionId"] for row in sessions(phone) if not row["current"])
    for session_id in (named, "ses_unknown"):
        assert refusal(stranger.send("POST", f"/sessions/{session_id}/end")) == (404, "NOT_FOUND")
    assert second.read().status_code == 200
    assert phone.send("POST", f"/sessions/{named}/end").json == {"ended": 1}
    assert refusal(second.read()) == (401, "TOKEN_INVALID")
    assert refusal(second.renew()) == (401, "REFRESH_INVALID")
    assert refusal(phone.send("POST", f"/sessions/{named}/end")) == (404, "NOT_FOUND")
    assert phone.read().status_code == 200


@pytest.mark.parametrize(("keep", "ended", "after"), [(True, 2, 200), (False, 3, 401)])
def test_logging_out_everywhere(site: Site, phone: Phone, *, keep: bool, ended: int, after: int) -> None:
    others = [twin(phone), twin(phone)]
    stranger = site.phone(customer="cus_2")
    stranger.log_in()
    assert phone.send("POST", "/sessions/end-all", {"keepThis": keep}).json == {"ended": ended}
    assert [other.read().status_code for other in others] == [401, 401]
    assert phone.read().status_code == after
    assert stranger.read().status_code == 200
    with site.engine.connect() as connection:
        kinds = connection.execute(text("SELECT kind FROM evidence_entry WHERE kind = 'sessions.ended'")).all()
        told = connection.execute(text("SELECT customer_id, kind FROM inbox_message")).all()
    assert len(kinds) == 1
    assert told == [("cus_1", "security.logged_out")]


def test_a_half_finished_session_of_the_customers_device_ends_as_well(site: Site, phone: Phone) -> None:
    half = Phone(site)
    half.device_id, half.pop, half.tx = phone.device_id, phone.pop, phone.tx
    assert half.log_in(signed=False).json["scope"] == "onboarding"
    assert phone.send("POST", "/sessions/end-all", {"keepThis": True}).json == {"ended": 1}
    assert refusal(half.renew()) == (401, "REFRESH_INVALID")


@pytest.mark.parametrize(
    ("address", "shown", "counted"),
    [
        ("203.0.113.77", "203.0.113.0/24", "203.0.113.77/32"),
        ("::ffff:203.0.113.77", "203.0.113.0/24", "203.0.113.77/32"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/48", "fe80::/64"),
        ("", "", ""),
        ("unix:", "", ""),
    ],
)
def test_of_an_address_only_the_network_is_kept(address: str, shown: str, counted: str) -> None:
    assert (network_of(address), network_of(address, COUNTED)) == (shown, counted)


@pytest.fixture(params=KINDS)
def busy(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    with fresh_engine(request.param, tmp_path) as engine:
        yield Site(engine, tmp_path)


def race(work: Callable[[int], tuple[int, str]]) -> Counter[tuple[int, str]]:
    barrier, got = threading.Barrier(RACERS), [(0, "")] * RACERS

    def run(number: int) -> None:
        barrier.wait()
        got[number] = work(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(RACERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(got)


def trade(site: Site, phone: Phone, token: str, *, thief: bool = False) -> tuple[int, str]:
    """Trade a refresh token on a connection of its own, under the phone's key or a thief's."""
    under = Phone(site)
    under.pop = ES256.generate() if thief else phone.pop
    answer = under.send("POST", "/sessions/refresh", {"refreshToken": token})
    return answer.status_code, "" if answer.status_code == 200 else answer.json["code"]


def test_64_refreshes_by_the_same_key_at_once_log_nobody_out(busy: Site) -> None:
    phone = busy.phone()
    phone.log_in()
    assert race(lambda _: trade(busy, phone, phone.refresh)) == {(200, ""): RACERS}
    with busy.engine.connect() as connection:
        assert connection.execute(text("SELECT state FROM session")).all() == [("ACTIVE",)]
        used = connection.execute(text("SELECT count(*) FROM refresh_token WHERE used_at IS NOT NULL")).scalar_one()
    assert used == 1
    assert phone.read().status_code == 200


def test_a_used_token_that_64_bring_back_ends_its_family_once(busy: Site) -> None:
    phone = busy.phone()
    phone.log_in()
    first = phone.refresh
    phone.renew()
    busy.later(seconds=11)
    got = race(lambda number: trade(busy, phone, first, thief=bool(number % 2)))
    assert set(got) <= {(401, "REFRESH_REUSED"), (401, "REFRESH_INVALID")}
    assert got[401, "REFRESH_REUSED"] >= 1
    with busy.engine.connect() as connection:
        ended = connection.execute(text("SELECT state, ended_because FROM session")).all()
        told = connection.execute(text("SELECT customer_id, kind FROM inbox_message")).all()
    assert ended == [("ENDED", "REFRESH_REUSED")]
    assert told == [("cus_1", "security.login_reused")]
    assert refusal(phone.read()) == (401, "TOKEN_INVALID")
    assert refusal(phone.renew()) == (401, "REFRESH_INVALID")


def test_thieves_and_the_owner_at_once_leave_no_thief_with_a_token(busy: Site) -> None:
    phone = busy.phone()
    phone.log_in()
    token, tried = phone.refresh, [("", 0)] * RACERS

    def run(number: int) -> tuple[int, str]:
        status, code = trade(busy, phone, token, thief=bool(number % 2))
        tried[number] = ("thief" if number % 2 else "owner", status)
        return status, code

    assert set(race(run)) <= {(200, ""), (401, "REFRESH_REUSED"), (401, "REFRESH_INVALID")}
    assert ("thief", 200) not in tried
