"""Every text and its ground in both themes: 4.5:1 for text, 3:1 for edges of controls (WCAG 2.2, 1.4.3 and 1.4.11)."""

import re

import pytest

from tests.h5bundle.apps.site import APPS

MEANINGS = ("success", "warn", "danger", "info", "tide", "r1", "r2", "r3", "r4", "r5")
GROUNDS = ("canvas", "surface", "sunken")
TEXTS = [(ink, ground) for ink in ("ink", "ink-2", "ink-3", "tide", "danger") for ground in GROUNDS]
TEXTS += [(name, f"{name}-soft") for name in MEANINGS]
TEXTS += [("ink-2", f"{name}-soft") for name in ("info", "warn", "danger", "tide")]
TEXTS += [("on-tide", "tide"), ("on-hero", "hero"), ("on-hero-2", "hero"), ("up", "surface"), ("down", "surface")]
TEXTS += [("ink-2", "fill"), ("on-tide", "tide-strong"), ("ink", "raised")]
EDGES = [("line-strong", ground) for ground in (*GROUNDS, "raised")] + [("tide", ground) for ground in GROUNDS]
EDGES += [(water, "hero") for water in ("on-hero", "water-2", "water-3")]


def themes() -> dict[str, dict[str, str]]:
    text = (APPS / "common" / "src" / "tokens.css").read_text()
    light, dark = text.split("[data-theme=dark]")
    found = {
        name: dict(re.findall(r"--([\w-]+):(#[0-9A-F]{6})", part)) for name, part in (("light", light), ("dark", dark))
    }
    return {"light": found["light"], "dark": {**found["light"], **found["dark"]}}


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("pairs", "least"), [(TEXTS, 4.5), (EDGES, 3.0)])
def test_contrast(theme: str, pairs: list[tuple[str, str]], least: float) -> None:
    colours = themes()[theme]
    weak = [(a, b) for a, b in pairs if contrast(colours[a], colours[b]) < least]
    assert weak == []


def test_both_themes_name_the_same_colours() -> None:
    text = (APPS / "common" / "src" / "tokens.css").read_text()
    light, dark = (set(re.findall(r"--([\w-]+):#", part)) for part in text.split("[data-theme=dark]"))
    assert dark == light
