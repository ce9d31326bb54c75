"""The overview of many agreements with months of nights: what needs attention comes first, and can be found."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Page

from bench import console_rows

from .looking import assert_good

MANY, NIGHTS = 120, 40
BROWSER = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def nights(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        console_rows.make(connection, agreements=MANY, nights=NIGHTS)


@pytest.fixture
def many(nights: None, tmp_path: Path) -> Path:
    """The folder of their files; the app has made it."""
    folder = tmp_path / "SALDO_AGREEMENTS_DIR"
    console_rows.write_files(folder, MANY)
    return folder


def listed(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/saldo/agreements/(\w+)"', page)


@pytest.mark.parametrize(
    "look", [{}, {"dark": True}, {"width": 390}], ids=["wide", "dark", "phone"]
)
def test_what_needs_attention_comes_first(
    visit: Callable[..., Page], many: Path, look: dict[str, object]
) -> None:
    page = visit("/", **look)
    ids = [one.split("/")[-1] for one in page.locator("tbody th a").evaluate_all("all => all.map(a => a.href)")]  # fmt: skip
    assert set(ids[:3]) == {"bench_007", "bench_047", "bench_087"}
    assert {"bench_009", "bench_059", "bench_109"} <= set(ids[3:20])
    assert len(ids) == 100
    assert page.locator("tbody tr").first.locator("svg a").count() >= 30
    assert "failed" in page.locator("tbody tr").first.inner_text() + page.locator("tbody tr").first.locator(".visually-hidden").inner_text()  # fmt: skip
    assert_good(page, f"overview-many-{'-'.join(look) or 'wide'}")
