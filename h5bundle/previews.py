"""The link that names a release to a tester, and what a refused preview says.

``https://bank.example/open?preview=wealth_1.5.0_<digest>``: the app's own address, and what is wished. There is one way
to write a link; anything else is no link, so nothing that came with it can reach a screen or a shell.
"""

import re
from typing import Final

from h5bundle.errors import PreviewError
from h5bundle.rollout import PreviewReason, Wish

APP_LINK: Final = "http://localhost:8000/"
"""Where the sandbox's shell is."""
_PARAMETER: Final = "?preview="
_ADDRESS: Final = re.compile(r"[a-z][a-z0-9+.-]{0,31}://[A-Za-z0-9._~:/\[\]-]{1,200}")
_NUMBER: Final = "(?:0|[1-9][0-9]{0,5})"
_WISH: Final = re.compile(rf"([a-z][a-z0-9]{{1,23}})_({_NUMBER}\.{_NUMBER}\.{_NUMBER})_([0-9a-f]{{64}})")
_WORDS: Final = {
    PreviewReason.FOREIGN: ("{bundle} is not the bundle of this policy", "ask for a new link"),
    PreviewReason.BELOW_FLOOR: ("{bundle} {version} lies below the signed floor", "ask for a link to a newer release"),
    PreviewReason.HALTED: ("the rollout of {bundle} is paused", "wait until it is resumed: h5bundle resume {bundle}"),
    PreviewReason.NOT_OFFERED: ("{bundle} {version} is not on offer", "its owner offers it: h5bundle offer"),
    PreviewReason.OTHER_DIGEST: ("the link names another digest of {bundle} {version}", "ask for a new link"),
    PreviewReason.PLATFORM: ("{bundle} {version} is not for this platform", "use another phone, or change its targets"),
    PreviewReason.CHANNEL: ("{bundle} {version} is not for this channel", "use another app, or change its targets"),
    PreviewReason.APP_TOO_OLD: ("{bundle} {version} needs a newer app", "update the app"),
    PreviewReason.APP_TOO_NEW: ("{bundle} {version} is for older apps", "ask for a link to another release"),
    PreviewReason.NOT_NAMED: (
        "{bundle} {version} is not for this installation {hashed}",
        "its owner adds it: h5bundle testers {bundle} {version} --hashed --add {hashed}",
    ),
}


def write_link(wish: Wish, app_link: str = APP_LINK) -> str:
    """Give the link to a release.

    Raises:
        PreviewError: the app's address is none.
    """
    return f"{_base(app_link)}{_PARAMETER}{wish.bundle}_{wish.version}_{wish.digest}"


def read_link(link: str, app_link: str = APP_LINK) -> Wish:
    """Read a link to a release.

    Args:
        link: what was scanned.
        app_link: the app's own address; a link to any other place is refused.

    Raises:
        PreviewError: it is no preview link of this app.
    """
    base = _base(app_link) + _PARAMETER
    match = _WISH.fullmatch(link.removeprefix(base)) if link.startswith(base) else None
    if match is None:
        raise PreviewError(
            detail=f"this is no preview link of {_base(app_link)}", remedy="scan the code again, or say --app-link"
        )
    return Wish(bundle=match[1], version=match[2], digest=match[3])


def refusal(reason: PreviewReason, wish: Wish, hashed: str) -> PreviewError:
    """Say why a preview is refused, and what mends it.

    Args:
        reason: what the rule says.
        wish: what the link names.
        hashed: the installation's name in lists of testers.
    """
    detail, remedy = (words.format(bundle=wish.bundle, version=wish.version, hashed=hashed) for words in _WORDS[reason])
    return PreviewError(detail=detail, remedy=remedy)


def _base(app_link: str) -> str:
    """Give the app's address; one without a path gets its slash, as browsers write it."""
    if _ADDRESS.fullmatch(app_link) is None:
        raise PreviewError(detail="this is no address of an app", remedy="for example https://bank.example/open")
    return app_link if "/" in app_link.split("://", 1)[1] else f"{app_link}/"
