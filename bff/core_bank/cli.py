"""The command that puts an ESB front before the ledger of an instance, for demonstration."""

import random  # noqa: TID251 — faults by chance are drawn from a seed, so that a run can be repeated
from collections.abc import Callable
from datetime import datetime
from typing import Final

import click
from werkzeug.serving import WSGIRequestHandler, make_server

from bff.core_bank.esb.faults import Chance, Script, ScriptError, parse_script
from bff.core_bank.esb.front import Faults, Front, FrontApplication
from bff.core_bank.esb.wire import wire_of
from bff.core_bank.port import CoreBank

HOST: Final = "127.0.0.1"
WIRES: Final = ("esb", "iso20022")


class FrontHandler(WSGIRequestHandler):
    """Keeps connections, and writes no line for each call."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write nothing."""


def front_command(ledger: Callable[[], CoreBank], clock: Callable[[], datetime]) -> click.Command:
    """Give the command; ``ledger`` opens the ledger that stands behind the front."""

    @click.command("esb-front", epilog="Example: tidegate esb-front --port 8200 --faults 'hold:silent-after,*:garbage'")
    @click.option("--port", default=8200, show_default=True, help="Port to listen on, on this machine only.")
    @click.option("--wire", type=click.Choice(WIRES), default="esb", show_default=True, help="Wire format.")
    @click.option("--faults", "script", default="", help="Faults in their order: verb:fault, with commas between.")
    @click.option("--percent", type=click.IntRange(0, 100), default=0, help="So many of a hundred calls meet a fault.")
    @click.option("--seed", default=1, show_default=True, help="Of the chance.")
    @click.option("--silence", default=10.0, show_default=True, help="Seconds of a call that is not answered.")
    def esb_front(*, port: int, wire: str, script: str, percent: int, seed: int, silence: float) -> None:
        """Put an ESB in front of a sandbox's ledger, with faults as asked for; no part of production."""
        front = Front(ledger(), wire_of(wire, clock), _faults(script, percent, seed))
        application = FrontApplication(front, silence=silence)
        server = make_server(HOST, port, application, threaded=True, request_handler=FrontHandler)
        click.echo(f"The ESB front listens. Start the bank with TIDEGATE_CORE=esb:http://{HOST}:{server.port}/")
        server.serve_forever()

    return esb_front


def _faults(script: str, percent: int, seed: int) -> Faults:
    try:
        scripted = Script(parse_script(script))
    except ScriptError as error:
        raise click.BadParameter(str(error), param_hint="--faults") from error
    chance = Chance(percent, random.Random(seed).randrange)  # noqa: S311 — repeatable faults, no secret
    return chance if percent else scripted
