"""Commands for who gets a release: rollout, offer, testers, halt, resume, rollback, why, train."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from h5bundle.cli.proposals import by_option, why_option
from h5bundle.cli.shared import (
    answer,
    json_option,
    keys_option,
    live_from,
    open_keys,
    open_repository,
    passphrase_option,
    repository_option,
)
from h5bundle.commands import rollout as changing
from h5bundle.errors import PublishError
from h5bundle.rollout import STABLE, Change, Here, Reason, RolloutRelease, hashed

_SHARE: Final = re.compile(r"(\d{1,3})(?:\.(\d{1,2}))?%")
_HOURS: Final = re.compile(r"\d{1,5}")
_MOST_HOURS: Final = 8_760
TERMS: Final = {
    "en": {
        "forced": "  {version} is forced: nothing older opens on it any more",
        "stale": "  no page opens after {hours} h without a successful check",
    },
    "zh": {
        "forced": "  {version} 必须更新：它上面更旧的版本不再打开",
        "stale": "  超过 {hours} 小时没有成功检查，就不再打开页面",
    },
}
WORDS: Final = {
    "en": {
        Reason.NAMED: "gets {version}: it is a named tester",
        Reason.COHORT: "gets {version}: its place {bucket} % lies within the {share} % that get it",
        Reason.OUTSIDE: "{version} goes to {share} % and its place is {bucket} %",
        Reason.PLATFORM: "{version} is for {platforms}, not for {platform}",
        Reason.CHANNEL: "{version} is on the channel {channels}, not on {channel}",
        Reason.APP_TOO_OLD: "{version} needs app {min} or newer, and it has {app}",
        Reason.APP_TOO_NEW: "{version} is for apps up to {max}, and it has {app}",
        Reason.BELOW_FLOOR: "{version} lies below the floor {floor}",
        Reason.HALTED: "gets nothing new: the rollout of {bundle} is paused; what runs goes on running",
        Reason.NONE: "gets nothing new: no release of {bundle} is on offer for it; what runs goes on running",
    },
    "zh": {
        Reason.NAMED: "得到 {version}：它在测试名单里",
        Reason.COHORT: "得到 {version}：它的位置 {bucket}% 在放量 {share}% 之内",
        Reason.OUTSIDE: "{version} 放量 {share}%，它的位置是 {bucket}%",
        Reason.PLATFORM: "{version} 只给 {platforms}，不给 {platform}",
        Reason.CHANNEL: "{version} 在渠道 {channels}，它在 {channel}",
        Reason.APP_TOO_OLD: "{version} 要求 App {min} 或更新，它是 {app}",
        Reason.APP_TOO_NEW: "{version} 只给 App {max} 及以下，它是 {app}",
        Reason.BELOW_FLOOR: "{version} 低于下限 {floor}",
        Reason.HALTED: "没有新版本：{bundle} 的放量已暂停，正在用的版本照常用",
        Reason.NONE: "没有新版本：{bundle} 没有给它的版本，正在用的版本照常用",
    },
}


class Share(click.ParamType[int]):
    """A share of installations, ``5%`` or ``0.5%``, as permyriad."""

    name = "share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read it strictly: without its sign, 5 could be five of a hundred or of ten thousand."""
        match = _SHARE.fullmatch(str(value))
        permyriad = int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0")) if match else -1
        if not 0 <= permyriad <= 10_000:  # noqa: PLR2004 - all of them
            self.fail(f"{value!r} is no share; write 5% or 0.25%, up to 100%", param, ctx)
        return permyriad


class Hours(click.ParamType[int]):
    """A limit of age in hours, or ``none``."""

    name = "hours"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Give the hours; 0 stands for none."""
        if str(value) == "none":
            return 0
        hours = int(value) if _HOURS.fullmatch(str(value)) else 0
        if not 1 <= hours <= _MOST_HOURS:
            self.fail(f"{value!r} is no limit; write hours from 1 to {_MOST_HOURS}, or none", param, ctx)
        return hours


_bundle = click.argument("bundle")
_catalogue = click.option(
    "--catalogue", type=click.Path(path_type=Path, dir_okay=False), help="Operations of the bank, as JSON."
)


def _signing(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of everything that signs a policy."""
    for option in (json_option, _catalogue, passphrase_option, keys_option, repository_option, why_option, by_option):
        command = option(command)
    return command


def _targets(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say where a release is on offer."""
    options = (
        click.option(
            "--stale-hours", type=Hours(), help="Longest time without a check, of all releases; none: no limit."
        ),
        click.option(
            "--forced/--not-forced",
            " /--no-forced",
            default=None,
            help="Whether it must be taken before the bundle opens.",
        ),
        click.option("--app-max", help="Newest app that may take it."),
        click.option("--app-min", help="Oldest app that may take it."),
        click.option("--channel", "channels", multiple=True, help="Only on this channel; repeatable; ALL: everywhere."),
        click.option("--platform", "platforms", multiple=True, help="Only on this platform; repeatable; ALL: on each."),
    )
    for option in options:
        command = option(command)
    return command


def _targeting(share: int | None, given: dict[str, Any]) -> changing.Targeting:
    """Give the targets that the options name."""

    def listed(name: str) -> tuple[str, ...] | None:
        values: tuple[str, ...] = given.pop(name)
        return () if values == ("ALL",) else values or None

    return changing.Targeting(
        permyriad=share,
        platforms=listed("platforms"),
        channels=listed("channels"),
        app_min=given.pop("app_min"),
        app_max=given.pop("app_max"),
        forced=given.pop("forced"),
        stale_hours=given.pop("stale_hours"),
    )


def _change(given: dict[str, Any]) -> Change:
    """Say who changes, and why."""
    return Change(given.pop("by"), given.pop("why"))


@click.command("rollout", epilog="Example: h5bundle rollout wealth 5% --by anna --why 'first day'")
@_bundle
@click.argument("share", type=Share())
@click.option("--version", help="The release; the front one when not given.")
@_targets
@_signing
def rollout_command(bundle: str, share: int, version: str | None, **given: Any) -> None:
    """Give a release of BUNDLE to SHARE of installations, and say where it is on offer."""
    targeting = _targeting(share, given)
    _run(bundle, changing.targeted(version, targeting, _change(given)), **given)


@click.command("offer", epilog="Example: h5bundle offer wealth 1.5.0 100% --channel beta --by anna --why 'beta first'")
@_bundle
@click.argument("version")
@click.argument("share", type=Share())
@_targets
@_signing
def offer_command(bundle: str, version: str, share: int, **given: Any) -> None:
    """Put a signed VERSION of BUNDLE in front of the others."""
    targeting = _targeting(share, given)
    _run(bundle, changing.offered(version, targeting, _change(given)), **given)


@click.command("testers", epilog="Example: h5bundle testers wealth 1.5.0 --add 3f0c… --by anna --why 'QA phones'")
@_bundle
@click.argument("version")
@click.option("--add", multiple=True, help="Install id of a tester; repeatable.")
@click.option("--remove", multiple=True, help="Install id; repeatable.")
@click.option("--hashed", "is_hashed", is_flag=True, help="The ids are SHA-256 already, as a device shows them.")
@_signing
def testers_command(
    bundle: str,
    version: str,
    add: tuple[str, ...],
    remove: tuple[str, ...],
    is_hashed: bool,  # noqa: FBT001 - click gives flags by name
    **given: Any,
) -> None:
    """Change the named testers of a VERSION of BUNDLE; they get it whatever the share."""
    ids = [tuple(one if is_hashed else hashed(one) for one in group) for group in (add, remove)]
    _run(bundle, changing.named(version, add=ids[0], remove=ids[1], change=_change(given)), **given)


@click.command("halt", epilog="Example: h5bundle halt wealth --by anna --why 'crashes on Android 9'")
@_bundle
@_signing
def halt_command(bundle: str, **given: Any) -> None:
    """Pause BUNDLE: nobody gets anything new, and whoever runs a release keeps it."""
    _run(bundle, changing.paused(_change(given), halt=True), **given)


@click.command("resume", epilog="Example: h5bundle resume wealth --by anna --why 'it was the network'")
@_bundle
@_signing
def resume_command(bundle: str, **given: Any) -> None:
    """Let the rollout of BUNDLE go on where it was paused."""
    _run(bundle, changing.paused(_change(given), halt=False), **given)


@click.command("rollback", epilog="Example: h5bundle rollback wealth 1.4.0 --by anna --why 'wrong fees in 1.5.0'")
@_bundle
@click.argument("version")
@_signing
def rollback_command(bundle: str, version: str, **given: Any) -> None:
    """Offer the older, signed VERSION of BUNDLE to everybody, and nothing else; never one below the floor."""
    _run(bundle, changing.back_to(version, _change(given)), **given)


@click.command("why", epilog="Example: h5bundle why wealth 3f0c… --platform android --lang zh")
@_bundle
@click.argument("install_id")
@repository_option
@click.option("--platform", default="browser", show_default=True, help="Platform of the installation.")
@click.option("--app-version", default="1.0.0", show_default=True, help="Version of its app.")
@click.option("--channel", default=STABLE, show_default=True, help="Its channel.")
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language of the words.")
@json_option
def why_command(
    bundle: str,
    install_id: str,
    repository: str | Path,
    platform: str,
    app_version: str,
    channel: str,
    lang: str,
    as_json: bool,  # noqa: FBT001 - click gives flags by name
) -> None:
    """Say which release of BUNDLE the installation INSTALL_ID gets, and why it gets no other."""
    here = Here(install_id=install_id, app_version=app_version, platform=platform, channel=channel)
    found = changing.why(open_repository(repository), bundle, here, WORDS[lang])
    lines = [f"{bundle} policy {found.policy}: {found.words}"]
    lines += [f"  {verdict.version:<10} {verdict.words}" for verdict in found.verdicts]
    lines += [TERMS[lang]["forced"].format(version=found.version)] if found.forced else []
    lines += [TERMS[lang]["stale"].format(hours=found.stale_hours)] if found.stale_hours else []
    answer(as_json, found, lines)


@click.command("train", epilog="Example: h5bundle train --catalogue catalogue.json")
@repository_option
@_catalogue
@json_option
def train_command(repository: str | Path, catalogue: Path | None, as_json: bool) -> None:  # noqa: FBT001 - click gives flags by name
    """Show what every release on offer requires, and what it would have to do without."""
    found = changing.train(open_repository(repository), live_from(catalogue))
    lines = [f"{name}  {'  '.join(required) or '(nothing)'}" for name, required in sorted(found.requires.items())]
    answer(as_json, found, [*lines, *(f"BLOCKED {blocker}" for blocker in found.blockers)])
    if found.blockers:
        click.get_current_context().exit(PublishError.exit_status)


def _run(
    bundle: str,
    alter: changing.Alter,
    repository: str | Path,
    keys: Path,
    passphrase_file: Path | None,
    catalogue: Path | None,
    as_json: bool,  # noqa: FBT001 - click gives flags by name
) -> None:
    """Sign the new policy and say what stands."""
    now = datetime.now(UTC)  # noqa: TID251 - the CLI is where time comes in
    held = open_keys(keys, passphrase_file)
    receipt = changing.run(bundle, alter, open_repository(repository), held, now=now, live=live_from(catalogue))
    head = f"{bundle} policy {receipt.policy}{'' if receipt.changed else ' (as it was)'}"
    halted = ", paused" if receipt.halt else ""
    stale = f", stale after {receipt.stale_hours} h" if receipt.stale_hours else ""
    answer(as_json, receipt, [f"{head}{halted}, floor {receipt.floor}{stale}", *map(_line, receipt.releases)])


def _line(release: RolloutRelease) -> str:
    """Say to whom a release goes."""
    places = [*release.platforms, *(f"channel {channel}" for channel in release.channels)]
    places += [f"{len(release.allow)} testers"] if release.allow else []
    places += [f"app {release.app.min}–{release.app.max}"] if release.app.max else []
    places += ["forced"] if release.forced else []
    return f"  {release.version:<10} {release.permyriad / 100:g} %  {', '.join(places)}".rstrip()


COMMANDS = (
    rollout_command,
    offer_command,
    testers_command,
    halt_command,
    resume_command,
    rollback_command,
    why_command,
    train_command,
)
