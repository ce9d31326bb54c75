"""What every page is looked at for: axe's findings, what the browser complains of, what sticks out at the side."""

from __future__ import annotations

import os
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.support import IS_WHOLE_SUITE

#: Where pictures are kept, to be looked at by a person: SALDO_PICTURES=/tmp/pictures.
_PICTURES = os.environ.get("SALDO_PICTURES", "")

#: Colours are those of a wide window, and three quarters of axe's time.
_NARROW = {"resultTypes": ["violations"], "rules": {"color-contrast": {"enabled": False}}}
_WHOLE = {"resultTypes": ["violations"]}

#: Sentences in tables: not a word a line, and those in rows of their own within the window, however wide the table is.
_UNREADABLE = """() => [...document.querySelectorAll("td.text, tr.said td > *")].filter((one) => {
    const box = one.getBoundingClientRect();
    return box.width && (one.matches("td.text") ? box.width < 180 : box.right > window.innerWidth);
}).map((one) => one.textContent)"""


#: Links to a part of the page that is not on it.
_NOWHERE = """() => [...document.querySelectorAll("a[href^='#']")]
    .filter((one) => !document.getElementById(one.hash.slice(1))).map((one) => one.textContent)"""


def assert_good(page: Page, name: str, *, may_complain: bool = False) -> None:
    """Nothing serious for a screen reader, nothing refused by the page's policy, no sideways scrolling, no link to nowhere in it; name: of
    its picture."""
    if _PICTURES:
        Path(_PICTURES).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{_PICTURES}/{name}.png", full_page=True)
    if not may_complain:
        assert page.saldo_complaints == [], page.saldo_complaints  # type: ignore[attr-defined]
    width = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert width <= 0, f"{name} sticks out by {width} pixels"
    assert page.evaluate(_UNREADABLE) == [], f"{name}: sentences in tables that cannot be read"
    assert page.evaluate(_NOWHERE) == [], f"{name}: links that lead nowhere"
    is_narrow = page.evaluate("window.innerWidth") < 600 and not IS_WHOLE_SUITE
    found = Axe().run(page, options=_NARROW if is_narrow else _WHOLE).response["violations"]
    serious = [one for one in found if one["impact"] in ("serious", "critical")]
    said = [f"{one['id']}: {[node['html'] for node in one['nodes']][:3]}" for one in serious]
    assert serious == [], said
