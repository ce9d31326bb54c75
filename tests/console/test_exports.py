"""The pages of exports: what is shown to whom, empty, full and broken."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.api.test_export_review import Office

from .exporting import office, stuck
from .looking import assert_good

__all__ = ["office"]

LOOKS = pytest.mark.parametrize(
    "look", [{}, {"dark": True}, {"width": 390}], ids=["wide", "dark", "phone"]
)


def named(what: str, look: dict[str, object]) -> str:
    return f"{what}-{'-'.join(look) or 'wide'}"


@LOOKS
def test_no_export_yet(visit: Callable[..., Page], look: dict[str, object]) -> None:
    page = visit("/exports", **look)
    assert page.text_content("h1") == "Exports"
    assert "No export yet" in page.text_content("main")
    assert_good(page, named("exports-empty", look))


@LOOKS
def test_the_list_and_one_of_it(
    office: Office, visit: Callable[..., Page], look: dict[str, object]
) -> None:
    office.desk.claims("E-2", "E-3")
    office.ask("E-2")
    office.work()
    id = stuck(office)
    page = visit("/exports", **look)
    assert page.locator("tbody th a").all_text_contents()[:2] == ["EXP-2026-0001", "E-2"]
    assert_good(page, named("exports", look))
    page.get_by_role("link", name="EXP-2026-0001").click()
    assert page.url.endswith(id)
    assert "Line 2, category" in page.text_content("main")
    assert_good(page, named("export", look))
