from tests.bff.doors.world import Site


def broken() -> None:
    message = "mysql://user:secret@host"
    raise ConnectionError(message)


def test_a_living_process_says_so(site: Site) -> None:
    assert site.app.test_client().get("/healthz").json == {"status": "ok"}


def test_readiness_says_what_is_missing_and_nothing_more(site: Site) -> None:
    site.checks = {"database": lambda: None, "repository": broken}
    answer = site.make_app().test_client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {"status": "failed", "checks": {"database": "ok", "repository": "failed"}}


def test_an_instance_that_has_everything_is_ready(site: Site) -> None:
    site.checks = {"database": lambda: None}
    answer = site.make_app().test_client().get("/readyz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok", "checks": {"database": "ok"}})
