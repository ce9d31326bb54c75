"""`make agreement` and `make agreements` as people run them: at a terminal, through a pipe, with flags."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from saldo.agreements.loading import load_agreements
from saldo.airflow.provider import CONNECTION_TYPES
from saldo.onboarding.next_steps import connection_steps
from saldo.vendors import SOURCES, entity_names
from tests.support import PROJECT, agreement

HEADER = "id,name,vendor,connection,schedule,timezone,start_date"
GOOD = "aa,Aa ApS,economic,economic_aa,0 3 * * *,Europe/Copenhagen,2024-01-01"
WORDS = [sys.executable, "-m", "saldo.onboarding"]


def environment(folder: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "SALDO"))}
    plugins = str(PROJECT / "plugins")
    return {
        **kept,
        "PYTHONPATH": plugins,
        "SALDO_AGREEMENTS_DIR": str(folder),
        "SALDO_SANDBOX": "0",
    }


def run(folder: Path, *words: str, said: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*WORDS, *words], env=environment(folder), input=said, capture_output=True, text=True,
        check=False, timeout=60,
    )  # fmt: skip


def ids(folder: Path) -> list[str]:
    found = load_agreements(vendors=entity_names(), directories=[folder], with_disabled=True)
    assert found.broken == ()
    return [one.id for one in found.good]


def test_piped_answers_and_defaults(tmp_path: Path) -> None:
    done = run(tmp_path, "agreement", said="fjord\nFjord & Søn\n\n\n30 4 * * *\n")
    assert done.returncode == 0, done.stderr
    (found,) = load_agreements(
        vendors=entity_names(), directories=[tmp_path], with_disabled=True
    ).good
    assert (found.id, found.name, found.schedule) == ("fjord", "Fjord & Søn", "30 4 * * *")
    assert found.connection == "economic_fjord"
    assert not found.enabled
    for words in (
        "AIRFLOW_CONN_ECONOMIC_FJORD",
        "make check AGREEMENT=fjord",
        "Admin, Connections",
    ):
        assert words in done.stdout


def test_flags_answer_beforehand(tmp_path: Path) -> None:
    flags = (
        "--id",
        "fjord",
        "--name",
        "Fjord",
        "--enabled",
        "true",
        "--alerts.to",
        "a@example.com",
    )
    done = run(tmp_path, "agreement", *flags)
    assert done.returncode == 0, done.stderr
    assert "enabled: false" not in done.stdout
    assert ids(tmp_path) == ["fjord"]


@pytest.mark.parametrize(
    ("words", "said", "told"),
    [
        ((), "", "id: is missing; add it. There is no terminal to ask again: give --id"),
        ((), "fjord\nFjord\nnavision\n", "vendor: 'navision' is unknown"),
        (("--id", "9"), "", "--id: '9' is not an id"),
        (("--http.max_tries", "x"), "", "--http.max_tries: must be a whole number"),
    ],
)
def test_wrong_answers_write_nothing(
    tmp_path: Path, words: tuple[str, ...], said: str, told: str
) -> None:
    done = run(tmp_path, "agreement", *words, said=said)
    assert done.returncode == 2
    assert told in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_different_file_is_not_overwritten_unasked(tmp_path: Path) -> None:
    run(tmp_path, "agreement", "--id", "fjord", "--name", "Fjord")
    before = (tmp_path / "fjord.yaml").read_text()
    again = run(tmp_path, "agreement", "--id", "fjord", "--name", "Fjord")
    assert again.returncode == 0
    assert "fjord.yaml: unchanged" in again.stdout
    refused = run(tmp_path, "agreement", "--id", "fjord", "--name", "Other")
    assert refused.returncode == 2
    assert "give --replace; nothing was written" in refused.stderr
    assert (tmp_path / "fjord.yaml").read_text() == before
    assert (
        run(tmp_path, "agreement", "--id", "fjord", "--name", "Other", "--replace").returncode == 0
    )
    assert "Other" in (tmp_path / "fjord.yaml").read_text()


def test_a_table_is_written_whole_and_once(tmp_path: Path) -> None:
    table, folder = tmp_path / "t.csv", tmp_path / "agreements"
    table.write_text("\n".join([HEADER, GOOD, GOOD.replace("aa", "bb").replace("2024", "24")]))
    refused = run(folder, "agreements", str(table))
    assert refused.returncode == 2
    assert "t.csv, row 3, column start_date: must be a date" in refused.stderr
    assert not folder.exists()
    table.write_text("\n".join([HEADER, GOOD, GOOD.replace("aa", "bb")]))
    done = run(folder, "agreements", str(table))
    assert done.returncode == 0, done.stderr
    assert 'make check AGREEMENT="aa bb"' in done.stdout
    assert ids(folder) == ["aa", "bb"]
    assert run(folder, "agreements", str(table)).stdout.count("unchanged") == 2
    # One that differs keeps the new one away, too.
    rows = [HEADER, GOOD.replace("Aa ApS", "Other"), GOOD.replace("aa", "cc")]
    table.write_text("\n".join(rows))
    refused = run(folder, "agreements", str(table))
    assert "REPLACE=1" in refused.stderr
    assert ids(folder) == ["aa", "bb"]
    assert run(folder, "agreements", str(table), "--replace").returncode == 0
    assert ids(folder) == ["aa", "bb", "cc"]


# --- at a terminal -------------------------------------------------------------------------------


def at_a_terminal(folder: Path, *words: str, answers: list[tuple[str, str]]) -> tuple[int, str]:
    """Exit code and what was shown; answers: (words to wait for, keys to press)."""
    child, terminal = pty.fork()
    if child == 0:
        os.execvpe(
            WORDS[0], [*WORDS, *words], {**environment(folder), "TERM": "xterm", "COLUMNS": "120"}
        )
    shown, place = "", 0
    for awaited, pressed in [*answers, ("\0", "")]:
        deadline = time.monotonic() + 20
        while awaited not in shown[place:] and time.monotonic() < deadline:
            more = _read(terminal)
            if more is None:
                break
            shown += more
        assert awaited == "\0" or awaited in shown[place:], (
            f"{awaited!r} was not shown in {shown!r}"
        )
        place = len(shown)
        os.write(terminal, pressed.encode())
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), shown


def _read(terminal: int) -> str | None:
    """What is shown next, without its colours; None when the program has ended."""
    if not select.select([terminal], [], [], 0.2)[0]:
        return ""
    try:
        found = os.read(terminal, 65_536)
    except OSError:
        return None
    if b"\x1b[6n" in found:  # it asks where the cursor is
        os.write(terminal, b"\x1b[1;1R")
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", found.decode(errors="replace"))


def test_questions_at_a_terminal(tmp_path: Path) -> None:
    code, shown = at_a_terminal(
        tmp_path, "agreement",
        answers=[
            ("Id (", "9\r"), ("is not an id", "\x15fjord\r"), ("Name of", "Fjord ApS\r"),
            ("Accounting system", "\r"), ("Airflow connection", "\r"), ("When, as cron", "\r"),
            ("Timezone", "\r"), ("First day", "\r"), ("Registration", "12345678\r"),
            ("Mail addresses", "a@example.com\r"), ("Switch it on", "\r"),
        ],
    )  # fmt: skip
    assert code == 0, shown
    (found,) = load_agreements(
        vendors=entity_names(), directories=[tmp_path], with_disabled=True
    ).good
    assert (found.id, found.timezone, found.company) == ("fjord", "Europe/Copenhagen", "12345678")
    assert found.alerts.to == ("a@example.com",)


def test_a_person_is_asked_before_a_file_is_replaced(tmp_path: Path) -> None:
    folder, table = tmp_path / "agreements", tmp_path / "t.csv"
    table.write_text("\n".join([HEADER, GOOD]))
    run(folder, "agreements", str(table))
    table.write_text("\n".join([HEADER, GOOD.replace("Aa ApS", "Other")]))
    code, shown = at_a_terminal(folder, "agreements", str(table), answers=[("Replace?", "n")])
    assert code == 2
    assert "Nothing was written" in shown
    assert "Aa ApS" in (folder / "aa.yaml").read_text()
    code, shown = at_a_terminal(folder, "agreements", str(table), answers=[("Replace?", "y")])
    assert code == 0
    assert "Other" in (folder / "aa.yaml").read_text()


def test_stopping_writes_nothing(tmp_path: Path) -> None:
    code, shown = at_a_terminal(tmp_path, "agreement", answers=[("Id (", "\x03")])
    assert code == 2
    assert "stopped" in shown
    assert list(tmp_path.iterdir()) == []


# --- what comes next -----------------------------------------------------------------------------


@pytest.mark.parametrize("vendor", SOURCES)
def test_the_connection_of_every_vendor_is_explained_by_its_form(vendor: str) -> None:
    told = connection_steps(agreement("fjord", vendor=vendor, connection="my_fjord"))
    form = next(t for t in CONNECTION_TYPES if t["connection-type"] == vendor)
    assert "AIRFLOW_CONN_MY_FJORD=" in told
    assert form["hook-name"] in told
    for field in form["conn-fields"]:
        assert f'"{field}": "<' in told
