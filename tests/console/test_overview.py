"""The overview, in Chromium and without it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from .looking import assert_good

BROWSER = {"Accept": "text/html"}


@pytest.mark.parametrize(
    "look", [{}, {"dark": True}, {"width": 390}], ids=["wide", "dark", "phone"]
)
def test_agreements_that_never_ran(visit: Callable[..., Page], look: dict[str, object]) -> None:
    page = visit("/", **look)
    assert page.text_content("h1") == "Overview"
    assert page.locator("tbody tr").count() == 2
    assert_good(page, f"overview-new-{'-'.join(look) or 'wide'}")
