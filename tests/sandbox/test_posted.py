"""What was posted into the sandbox is there when it starts again: exports of before find their postings."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from saldo.paths import PROJECT
from tests.conftest import free_port
from tests.sandbox.vendors.business_central.asking import TAXI, Books
from tests.support import Company, Sandbox

ADD = "mutation add($inputs: [AddGLImportItemsInput!]!) { addGLImportItems(inputs: $inputs) { edges { node { dbId } } } }"


def lines(reference: str, number: int) -> list[dict[str, Any]]:
    """A voucher in balance."""
    common = {
        "transactionSource": {"code": "GL"}, "trRegNumber": number, "postedDate": "2026-10-15", "currency": {"code": "NOK"}, "text": "Tog",
    }  # fmt: skip
    return [
        {"node": common | {"account": {"code": "2410"}, "amount": amount, "extIdentifier": f"{reference}-{n}"}}
        for n, amount in enumerate(("125.00", "-125.00"))
    ]  # fmt: skip


@pytest.fixture
def start(tmp_path: Path) -> Callable[[], Any]:
    """with start() as (sandbox, process): a sandbox that remembers. What it logged is in `log`."""

    @contextmanager
    def run() -> Iterator[tuple[Sandbox, subprocess.Popen[bytes]]]:
        port = free_port()
        command = [
            sys.executable, "-m", "uvicorn", "--app-dir", str(PROJECT / "include"), "sandbox.app:app",
            "--host", "127.0.0.1", "--port", str(port), "--no-access-log",
        ]  # fmt: skip
        with (tmp_path / "log").open("wb") as out:
            process = subprocess.Popen(
                command, env={**os.environ, "SALDO_SANDBOX_STATE": str(tmp_path / "sandbox.json")}, stderr=out
            )  # fmt: skip
        sandbox = Sandbox(f"http://127.0.0.1:{port}")
        try:
            until(lambda: is_up(sandbox))
            yield sandbox, process
        finally:
            process.terminate()
            process.wait(20)

    return run


def is_up(sandbox: Sandbox) -> bool:
    try:
        return requests.get(f"{sandbox.url}/sandbox/health", timeout=1).ok
    except requests.RequestException:
        return False


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def books_of(sandbox: Sandbox) -> Books:
    return Books(Company(sandbox, "nordlys", 0))


def xledger(sandbox: Sandbox, reference: str, number: int) -> None:
    answer = requests.post(
        f"{sandbox.url}/xledger/graphql",
        json={
            "query": ADD,
            "operationName": "add",
            "variables": {"inputs": lines(reference, number)},
        },
        headers={"Authorization": "token sandbox-xledger-token-fjordbygg"},
        timeout=30,
    )
    assert "errors" not in answer.json(), answer.text
    requests.post(f"{sandbox.url}/sandbox/companies/fjordbygg/xledger", json={"do": "run_import"}, timeout=30).raise_for_status()  # fmt: skip


def imports(sandbox: Sandbox) -> Any:
    return requests.get(f"{sandbox.url}/sandbox/companies/fjordbygg/truth/xledger-imports", timeout=30).json()  # fmt: skip


def post(books: Books, document: str) -> None:
    found = books.found("journals", "code eq 'SALDO'")
    path = f"journals({found[0]['id']})" if found else books.journal()
    books.made(f"{path}/journalLines", {**TAXI, "documentNumber": document})
    assert books.post(path).status_code == 204


def test_what_was_posted_is_there_after_a_stop(start: Callable[[], Any], tmp_path: Path) -> None:
    with start() as (sandbox, _):
        post(books_of(sandbox), "EX-1")
        xledger(sandbox, "A", 7)
        before = (books_of(sandbox).truth(), imports(sandbox))
    assert before[0]["posted"].keys() == {"EX-1"}
    assert (tmp_path / "sandbox.posted").stat().st_mode & 0o077 == 0
    with start() as (sandbox, _):
        assert (books_of(sandbox).truth(), imports(sandbox)) == before
        post(books_of(sandbox), "EX-2")
        xledger(sandbox, "B", 8)
        posted, vouchers = books_of(sandbox).truth()["posted"], imports(sandbox)["vouchers"]
    assert posted.keys() == {"EX-1", "EX-2"}
    assert posted["EX-1"] == before[0]["posted"]["EX-1"]
    assert vouchers == {number: ["125.00", "-125.00"] for number in ("7", "8")}


def test_a_kill_soon_after_loses_nothing_that_was_written(
    start: Callable[[], Any], tmp_path: Path
) -> None:
    with start() as (sandbox, process):
        post(books_of(sandbox), "EX-1")
        path = tmp_path / "sandbox.posted"
        until(lambda: path.exists() and b"EX-1" in path.read_bytes())
        process.send_signal(signal.SIGKILL)
        process.wait(20)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["log", "sandbox.posted"]
    with start() as (sandbox, _):
        assert books_of(sandbox).truth()["posted"].keys() == {"EX-1"}


def test_a_company_that_begins_anew_has_nothing_posted_any_more(start: Callable[[], Any]) -> None:
    with start() as (sandbox, _):
        post(books_of(sandbox), "EX-1")
        requests.put(
            f"{sandbox.url}/sandbox/companies/nordlys",
            json={"agreement_number": 9, "name": "Anew", "seed": 1},
            timeout=30,
        ).raise_for_status()
    with start() as (sandbox, _):
        assert books_of(sandbox).truth()["posted"] == {}


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda data: b"another" + data, "is of another version of the sandbox"),
        (lambda data: data[: len(data) // 2], "cannot be read"),
    ],
    ids=["version", "half"],
)
def test_what_cannot_be_read_is_forgotten_and_said(
    start: Callable[[], Any], tmp_path: Path, spoil: Callable[[bytes], bytes], says: str
) -> None:
    with start() as (sandbox, _):
        post(books_of(sandbox), "EX-1")
    path = tmp_path / "sandbox.posted"
    path.write_bytes(spoil(path.read_bytes()))
    with start() as (sandbox, _):
        assert books_of(sandbox).truth()["posted"] == {}
        assert says in (tmp_path / "log").read_text()
