"""The adoption operations of the catalogue; both belong to the native shell, before anybody has logged in."""

from bff.bundles.adoption import Adoption
from bff.bundles.schemas import AdoptionAnswer, AdoptionCounted, AdoptionQuery, AdoptionReport
from bff.catalogue import Idempotency, Operation


def operations(adoption: Adoption, *, readable: bool) -> tuple[Operation, ...]:
    """Declare the operations.

    Args:
        adoption: the counters.
        readable: whether anybody may read them over HTTP; a production server shows them on its own machine only.
    """
    report = Operation(
        code="bundles.adoption.report",
        summary="Count how far releases came on this installation, which is not named.",
        method="POST",
        path="/bundles/adoption",
        request=AdoptionReport,
        response=AdoptionCounted,
        handler=adoption.report,
        idempotency=Idempotency.NATURAL,
        scope=None,
        from_shell=True,
        limit="60/minute",
    )
    read = Operation(
        code="bundles.adoption.read",
        summary="Give how far each release came, in installations per platform.",
        method="GET",
        path="/bundles/adoption",
        request=AdoptionQuery,
        response=AdoptionAnswer,
        handler=adoption.read,
        idempotency=Idempotency.NONE,
        scope=None,
        from_shell=True,
        limit="60/minute",
    )
    return (report, read) if readable else (report,)
