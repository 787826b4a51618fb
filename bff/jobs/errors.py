"""What the jobs can refuse; only operators read these."""

from bff.errors import BffError


class JobUnknownError(BffError):
    """No job, or no run of a job, has that name."""

    code = "JOB_UNKNOWN"


class JobBusyError(BffError):
    """A worker holds that slot, or it failed and waits for its next attempt."""

    code = "JOB_BUSY"


class JobNotDueError(BffError):
    """That slot is not the one to run next."""

    code = "JOB_NOT_DUE"


class LeaseLostError(BffError):
    """Another worker took the run over: what this one was about to write is rolled back."""

    code = "JOB_LEASE_LOST"
