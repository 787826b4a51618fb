"""What a file can be refused for."""

from bff.errors import BffError


class StatementTooLongError(BffError):
    """The period has more movements than one file may hold."""

    code = "STATEMENT_TOO_LONG"
    status = 422
    zh = "这段时间的明细太多，不能放进一个文件。请缩短时间再导出。"
    en = "There are too many movements for one file. Choose a shorter period."
