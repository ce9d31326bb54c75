"""The pages of one agreement, in Chromium and without it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from .looking import assert_good


@pytest.mark.parametrize(
    "look", [{}, {"dark": True}, {"width": 390}], ids=["wide", "dark", "phone"]
)
def test_an_agreement_that_never_ran(visit: Callable[..., Page], look: dict[str, object]) -> None:
    page = visit("/agreements/shop", **look)
    assert page.text_content("h1") == "shop ApS"
    assert_good(page, f"agreement-new-{'-'.join(look) or 'wide'}")
