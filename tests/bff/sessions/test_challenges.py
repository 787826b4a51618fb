import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bff.db.engine import retried, transaction
from bff.sessions import challenges
from bff.sessions.challenges import Challenge, ChallengeInvalidError
from tests.bff.db.engines import KINDS, fresh_engine
from tests.bff.doors.world import NOW


@pytest.mark.parametrize("kind", KINDS)
def test_of_64_racers_one_spends_the_challenge(kind: str, tmp_path: object) -> None:
    with fresh_engine(kind, tmp_path) as engine:  # type: ignore[arg-type] # pytest's path
        issued = retried(engine, lambda session: challenges.issue(session, "p", "s", NOW, lambda size: b"\x07" * size))
        start = threading.Barrier(64)
        won: list[int] = []
        lost: list[Exception] = []

        def run() -> None:
            start.wait()
            try:
                retried(engine, lambda session: challenges.spend(session, "p", "s", issued.challenge, NOW))
                won.append(1)
            except ChallengeInvalidError as error:
                lost.append(error)

        threads = [threading.Thread(target=run) for _ in range(64)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (len(won), len(lost)) == (1, 63)


def test_dead_challenges_are_swept_out(tmp_path: object) -> None:
    with fresh_engine("sqlite", tmp_path) as engine, transaction(engine) as session:  # type: ignore[arg-type] # as above
        chances = iter(bytes([number]) * 32 for number in range(9))
        for minutes in (0, 1, 30):
            challenges.issue(session, "p", "s", NOW + timedelta(minutes=minutes), lambda _size: next(chances))
        assert session.scalar(select(func.count()).select_from(Challenge)) == 1
