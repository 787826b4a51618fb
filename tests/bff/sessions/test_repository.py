from datetime import timedelta

from bff.db.engine import transaction
from bff.sessions import repository
from tests.bff.doors.world import Phone, Site, refusal


def test_sessions_that_ended_long_ago_are_swept_out_with_their_tokens(site: Site, phone: Phone) -> None:
    for days, gone in ((30, 0), (2, 1), (1, 0)):
        site.now += timedelta(days=days)
        with transaction(site.engine) as session:
            assert repository.sweep(session, site.now) == gone
    assert refusal(phone.renew()) == (401, "REFRESH_INVALID")
