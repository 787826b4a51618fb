"""What sessions refuse: what concerns a token or a proof answers 401 and says under which scheme to come back."""

from typing import ClassVar, Final

from bff.errors import ALGS, BffError

_MISSING: Final = f"DPoP {ALGS}"
_INVALID: Final = f'DPoP error="invalid_token", {ALGS}'
_PROOF: Final = f'DPoP error="invalid_dpop_proof", {ALGS}'


class SessionError(BffError):
    """Root of what sessions refuse."""

    code = "SESSION_REFUSED"
    status = 401
    zh = "登录状态已失效，钱没有动。请重新登录。"
    en = "You are no longer logged in. No money has moved. Please log in again."
    challenge: ClassVar[str] = _INVALID


class TokenInvalidError(SessionError):
    """The access token is missing, forged, of an unknown key, or its session has ended."""

    code = "TOKEN_INVALID"


class TokenMissingError(TokenInvalidError):
    """The call needs an access token and has none; as RFC 6750 has it, the challenge then names no error."""

    challenge = _MISSING


class TokenExpiredError(SessionError):
    """The access token is over; a refresh gives another."""

    code = "TOKEN_EXPIRED"


class ProofInvalidError(SessionError):
    """The DPoP proof is missing or does not fit this request, this token and this key."""

    code = "PROOF_INVALID"
    challenge = _PROOF
    zh = "设备验证没有通过，钱没有动。请重新打开应用再试。"
    en = "This device could not be verified. No money has moved. Reopen the app and try again."


class ProofReplayedError(ProofInvalidError):
    """The same proof came twice."""

    code = "PROOF_REPLAYED"


class NonceRequiredError(ProofInvalidError):
    """The proof lacks the server's nonce, or carries an old one; ``DPoP-Nonce`` brings the present one."""

    code = "NONCE_REQUIRED"
    challenge = f'DPoP error="use_dpop_nonce", {ALGS}'
    zh = "正在重新验证设备，请稍后再试。"
    en = "This device is being verified again. Please try again."


class LoginRefusedError(SessionError):
    """No session: unknown device, other key, bad signature and blocked device all look the same."""

    code = "LOGIN_REFUSED"
    zh = "登录没有成功，钱没有动。请在本机重新验证后再试。"
    en = "The login did not succeed. No money has moved. Verify again on this device and retry."


class RefreshInvalidError(SessionError):
    """The refresh token is unknown, over, or another key's; or its session has ended."""

    code = "REFRESH_INVALID"


class RefreshReusedError(SessionError):
    """A refresh token came a second time: one of two holders stole it, so the whole family ends."""

    code = "REFRESH_REUSED"
    keeps = True
    zh = "登录凭证被重复使用，为了安全已退出登录，钱没有动。请重新登录。"
    en = "A login credential was used twice, so you were logged out for safety. No money has moved. Log in again."


class ReplayStoreError(BffError):
    """Whether a proof came before cannot be told now; nothing is let through unchecked."""

    code = "REPLAY_CHECK_UNAVAILABLE"
    status = 503
    zh = "现在办理的人太多，这次没有办成，钱没有动。请稍后再试。"
    en = "Too many people are here at once. This was not done and no money has moved. Please try again shortly."
