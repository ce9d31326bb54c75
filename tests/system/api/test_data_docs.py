"""Data docs in Airflow's API server: to whoever may see the agreement, pages of one folder and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.system.running import Stack

from .conftest import Server

pytestmark = pytest.mark.timeout(600)
PAGE = "/saldo/data-docs/nordlys/run-1/index.html"


@pytest.fixture(scope="module")
def folder(stack: Stack) -> Path:
    """Where the server looks: SALDO_RUN_DIR/data_docs."""
    docs = stack.run_dir / "data_docs"
    run = docs / "nordlys" / "run-1"
    run.mkdir(parents=True)
    (run / "index.html").write_text("<p>found</p>")
    (run / "other.txt").write_text("secret")
    (docs / "top.html").write_text("secret")
    (docs.parent / "outside.html").write_text("secret")
    (run / "link.html").symlink_to(docs.parent / "outside.html")
    return docs


def test_who_may_see_the_agreement_sees_its_pages(server: Server, folder: Path) -> None:
    answer = server.browse(PAGE)
    assert (answer.status_code, answer.text) == (200, "<p>found</p>")
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_nobody_else_does(server: Server, folder: Path) -> None:
    assert server.get(PAGE, user=None).status_code == 401
    assert server.browse(PAGE, user=None).status_code == 302
    assert server.get(PAGE, user="nora").status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "nordlys/run-1/other.txt", "nordlys/run-1/link.html", "nordlys/run-1/gone.html",
        "nordlys/../top.html", "nordlys/%2e%2e/top.html", "nordlys/run-1/%2e%2e%2f%2e%2e%2ftop.html",
        "nordlys/run-1/..%2f..%2f..%2foutside.html", "%2e%2e/run/outside.html", "nordlys/run-1/%00.html",
        "nordlys/run-1", "nordlys", "nordlys/run-1/.hidden.html",
    ],
)  # fmt: skip
def test_nothing_outside_the_folder_is_served(server: Server, folder: Path, path: str) -> None:
    answer = server.get(f"/saldo/data-docs/{path}")
    assert answer.status_code in (400, 403, 404), answer.text
    assert "secret" not in answer.text


def test_a_page_that_is_gone_says_where_the_findings_are(server: Server, folder: Path) -> None:
    answer = server.get("/saldo/data-docs/nordlys/long-ago/index.html")
    assert answer.status_code == 404
    assert "ops.validation_result" in answer.text
