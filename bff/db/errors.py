"""What the database can refuse: too much load, never a mistake of the caller."""

from bff.errors import BffError


class DatabaseBusyError(BffError):
    """The database had no room for this call in time; nothing was changed."""

    code = "BUSY"
    status = 503
    zh = "现在办理的人太多，这次没有办成，钱没有动。请稍后再试。"
    en = "Too many people are here at once. This was not done and no money has moved. Please try again shortly."
