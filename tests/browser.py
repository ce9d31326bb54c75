"""Chromium for tests of pages, logged in to Airflow."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Error, Page, sync_playwright

#: Only the new headless mode has the viewer for PDFs; a container has no room for Chromium's sandbox.
_ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
]
_NAMES = ("chromium", "chromium-browser", "google-chrome")


def chromium() -> str | None:
    """The program; None for the one Playwright has installed."""
    named = os.environ.get("SALDO_CHROMIUM")
    return named or next(filter(None, map(shutil.which, _NAMES)), None)


@contextmanager
def page(*, width: int = 1200, height: int = 900) -> Iterator[Page]:
    """A page of a browser that knows nobody yet."""
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(
                executable_path=chromium(), headless=False, args=_ARGUMENTS
            )
        except Error as error:
            raise RuntimeError(
                "no Chromium to look at pages with: tests/chromium.sh installs one, or name it with "
                "SALDO_CHROMIUM=/path/to/chromium"
            ) from error
        try:
            yield browser.new_page(viewport={"width": width, "height": height})
        finally:
            browser.close()


def log_in(page: Page, user: str, password: str) -> None:
    """Fill in Airflow's log-in form, which leads on to what was asked for."""
    page.fill("input[name=username]", user)
    page.fill("input[name=password]", password)
    page.click("button[type=submit]")
