"""The phone on the stage is several devices: size, platform, insets and look are kept, or pinned by the address."""

from typing import Any

import pytest

from tests.native_bridge.shell_ui.conftest import Shell

pytestmark = pytest.mark.browser


def size(shell: Shell) -> list[int]:
    return list(shell.page.eval_on_selector(".screen", "(screen) => [screen.offsetWidth, screen.offsetHeight]"))


def begin(shell: Shell, search: str) -> None:
    shell.page.goto(f"{shell.site.origin}/{search}")
    shell.page.wait_for_selector("[data-open=wealth]")
    shell.page.wait_for_selector("[data-do=reload]:not([aria-busy])")


@pytest.mark.parametrize(
    ("device", "platform", "pixels", "bottom"),
    [
        ("browser", "browser", [390, 844], 34),
        ("browser-small", "browser", [320, 568], 0),
        ("iphone-15", "ios", [393, 852], 34),
        ("iphone-15-pro-max", "ios", [430, 932], 34),
        ("iphone-se", "ios", [375, 667], 0),
        ("pixel-8", "android", [412, 915], 24),
        ("android-small", "android", [360, 640], 48),
        ("mate-60", "harmonyos", [360, 796], 28),
    ],
)
def test_the_address_pins_a_device_and_the_page_is_told(
    unstarted: Shell, device: str, platform: str, pixels: list[int], bottom: int
) -> None:
    begin(unstarted, f"?device={device}")
    info = unstarted.open().evaluate("bridge.app.info()")
    assert size(unstarted) == pixels
    assert (info["platform"], info["insets"]) == (platform, {"top": 0, "bottom": bottom, "left": 0, "right": 0})
    width = unstarted.page.frames[-1].evaluate("innerWidth")
    assert width == pixels[0]


def test_platform_model_and_look_are_chosen_kept_and_told(shell: Shell) -> None:
    frame = shell.open()
    shell.page.click("[data-value=android]")
    assert (size(shell), shell.page.evaluate("document.activeElement.dataset.value")) == ([412, 915], "android")
    shell.page.select_option("[data-do=model]", "android-small")
    shell.page.click("[data-do=theme]")
    assert frame.evaluate("bridge.app.info()")["platform"] == "android"
    theme = {"theme": "dark", "locale": "zh-CN"}
    assert [told for name, told in frame.evaluate("window.told") if name == "theme.changed"][-1] == theme
    shell.page.click("[data-value=slow]")
    begin(shell, "")
    chosen = shell.page.eval_on_selector_all(".seg .on", "(all) => all.map((each) => each.dataset.value)")
    assert (size(shell), chosen[:3]) == ([360, 640], ["android", "zh-CN", "slow"])
    assert shell.page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_the_address_goes_before_what_is_kept_and_keeps_nothing(shell: Shell) -> None:
    shell.page.click("[data-value=ios]")
    begin(shell, "?device=mate-60&theme=dark&locale=en&network=slow")
    look = shell.page.evaluate("[document.documentElement.lang, document.documentElement.dataset.theme]")
    slow = shell.page.get_attribute("[data-fault=slow]", "aria-checked")
    assert (size(shell), look, slow) == ([360, 796], ["en", "dark"], "true")
    shell.page.click("[data-value=online]")
    assert shell.page.url.endswith("/?device=mate-60&theme=dark&locale=en")
    begin(shell, "")
    assert size(shell) == [393, 852]
    begin(shell, "?device=nokia&theme=pink&locale=fr&network=5g")
    assert size(shell) == [393, 852]


def test_the_arrow_keys_walk_a_choice(shell: Shell) -> None:
    shell.page.focus("[data-value=browser]")
    shell.page.keyboard.press("ArrowRight")
    shell.page.keyboard.press("ArrowRight")
    focused: Any = shell.page.evaluate("[document.activeElement.dataset.value, document.activeElement.ariaChecked]")
    assert (focused, size(shell)) == (["android", "true"], [412, 915])


def test_to_the_bank_it_stays_a_browser(unstarted: Shell) -> None:
    begin(unstarted, "?device=pixel-8")
    assert unstarted.bank.platforms == ["browser"]
