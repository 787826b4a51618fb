"""What custody refuses."""

from bff.errors import BffError


class CustodyError(BffError):
    """A request for a change of a key is not accepted, or not in a state in which this can be done."""

    code = "CUSTODY_REFUSED"
    status = 409
    zh = "这项密钥变更没有被接受。"
    en = "This change of a key was not accepted."


class OperatorError(CustodyError):
    """The key does not belong to an active member of the team that this needs, or it is the asking person's own."""

    code = "OPERATOR_REFUSED"
    status = 403
