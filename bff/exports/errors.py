"""What a file can be refused for."""

from bff.errors import BffError


class PeriodInvalidError(BffError):
    """The days of a statement are none, or too many."""

    code = "PERIOD_INVALID"
    status = 422
    zh = "查询的日期不对，最多可以查一年。请重新选择。"
    en = "These days cannot be shown: a year at most. Choose others."


class StatementTooLongError(BffError):
    """The period has more movements than one file may hold."""

    code = "STATEMENT_TOO_LONG"
    status = 422
    zh = "这段时间的明细太多，不能放进一个文件。请缩短时间再导出。"
    en = "There are too many movements for one file. Choose a shorter period."
