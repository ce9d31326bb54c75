"""Enter in a field of a form presses the form's first button: it is never one that decides where there are others."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from saldo import console
from tests.api.test_export_review import Office
from tests.console.exporting import office, stuck

__all__ = ["office"]

TEMPLATES = Path(console.__file__).parent
#: A button that changes nothing: it sends nothing, or it only shows what would be.
NOTHING = "{{ nothing_by_enter() }}"
HARMLESS = re.compile(rf'/preview"|{re.escape(NOTHING)}')
BUTTONS = re.compile(
    rf"<form method=\"post\"|</form>|<button type=\"submit\"[^>]*>|{re.escape(NOTHING)}"
)


def forms() -> list[tuple[str, list[str]]]:
    """Of each form that changes something: its template, and its buttons in their order."""
    found: list[tuple[str, list[str]]] = []
    for path in sorted(TEMPLATES.rglob("*.html")):
        buttons: list[str] | None = None
        for one in BUTTONS.findall(path.read_text()):
            if one.startswith("<form"):
                buttons = []
                found.append((path.name, buttons))
            elif one == "</form>":
                buttons = None
            elif buttons is not None:
                buttons.append(one)
    return found


def test_no_form_with_several_buttons_decides_by_enter() -> None:
    several = [(name, buttons) for name, buttons in forms() if len(buttons) > 1]
    assert {name for name, _ in several} == {"list.html", "decide.html"}
    for name, buttons in several:
        assert HARMLESS.search(buttons[0]), f"{name}: Enter in a field presses {buttons[0]}"


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no_scripts"])
def test_enter_in_the_note_decides_nothing(
    office: Office, visit: Callable[..., Page], scripts: bool
) -> None:
    for id in ("E-1", "E-2"):
        stuck(office, id)
    page = visit("/exports", scripts=scripts)
    for id in ("E-1", "E-2"):
        page.get_by_label(f"Choose {id}").check()
    note = page.get_by_label("Note (kept with the decision)")
    note.fill("a duplicate")
    note.press("Enter")
    page.get_by_label("Choose E-1").press("Enter")
    page.wait_for_load_state()
    assert page.url.endswith("/saldo/exports")
    assert office.desk.statuses() == ["review", "review"]
    # What was typed and ticked is there still, and the button that is pressed is the one that counts.
    page.click("text=Cancel, send nothing")
    assert "2 exports cancelled." in page.text_content("main")
    assert office.desk.statuses() == ["cancelled", "cancelled"]


def test_enter_on_the_page_of_an_export_shows_and_sends_nothing(
    office: Office, visit: Callable[..., Page]
) -> None:
    page = visit(f"/exports/{stuck(office)}")
    page.get_by_label("Account of category lunch").fill("7140")
    page.get_by_label("Account of category lunch").press("Enter")
    page.wait_for_selector("#preview")
    page.select_option("[name=line-2-category]", "travel")
    page.locator("section:has(#lines) [name=note]").press("Enter")
    page.wait_for_url("**/preview")
    assert office.desk.statuses() == ["review"]
    assert len(office.desk.jobs()) == 1
