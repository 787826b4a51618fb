"""Emits a host in ArkTS for HarmonyOS: the core that TypeScript has too, and the adapter of its web component."""

from pathlib import Path
from typing import Final

from native_bridge.emit.typescript_host import marked, modules
from native_bridge.model import Contract

TEMPLATES: Final = Path(__file__).parent.parent / "templates" / "arkts"
COMMAND: Final = "bridge emit arkts"


def emit(contract: Contract) -> dict[str, str]:
    """Give the modules of the core, and ``web_bridge.ets``, by file name."""
    adapters = {path.stem: path.read_text(encoding="utf-8") for path in sorted(TEMPLATES.glob("*.ets"))}
    core = modules(contract, COMMAND)
    return {f"{name}.ets": _imports(text) for name, text in (core | marked(adapters, contract, COMMAND)).items()}


def _imports(text: str) -> str:
    """Name modules as ArkTS does: without an ending."""
    return text.replace('.js";', '";')
