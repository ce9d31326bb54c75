"""The console in Chromium: the product's app on a socket, with the users of tests/api."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Page

from tests import browser
from tests.api.conftest import airflows_tables, app, books, client, the_app

__all__ = ["airflows_tables", "app", "books", "client", "the_app"]


@pytest.fixture
def url(app: FastAPI) -> Iterator[str]:
    """Where the app answers, below /saldo as in Airflow's API server."""
    root = FastAPI()
    root.mount("/saldo", app)
    server = uvicorn.Server(uvicorn.Config(root, port=0, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    host, port = server.servers[0].sockets[0].getsockname()[:2]
    yield f"http://{host}:{port}"
    server.should_exit = True
    thread.join(timeout=20)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Page]:
    """One browser for all tests of the console: starting it takes a second. It has an event loop, in whose thread no other
    may run: it ends before tests of something else begin."""
    with browser.page(width=1280, height=900) as found:
        yield found


@pytest.fixture
def visit(url: str, chromium: Page, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """visit("/exports", user="ada", width=390, dark=True) gives a page of the console, or the answer of its whole address."""
    contexts = []

    def go(
        path: str, *, user: str = "ada", width: int = 1280, dark: bool = False, scripts: bool = True
    ) -> Page:
        context = chromium.context.browser.new_context(  # type: ignore[union-attr]
            viewport={"width": width, "height": 900}, accept_downloads=True, java_script_enabled=scripts,
            color_scheme="dark" if dark else "light",
        )  # fmt: skip
        contexts.append(context)
        context.add_cookies([{"name": "_token", "value": user, "url": url}])
        page = context.new_page()
        page.saldo_complaints = complaints = []  # type: ignore[attr-defined]
        page.on("console", lambda said: said.type == "error" and complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{url}/saldo{path}")
        return page

    yield go
    for context in contexts:
        context.close()
