"""Files of people in the console: what is listed, what is wrong as in the sheet, a look now, a file to fill in."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml
from fastapi.testclient import TestClient
from openpyxl import Workbook
from playwright.sync_api import Page

from saldo.api import runs
from saldo.warehouse.connection import Connection
from tests.api import runs_of_dags
from tests.files.dropping import MONTHS, Drop, wide
from tests.support import Company, Sandbox, night, write_agreement

from .looking import assert_good

BROWSER = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
HOSTILE = 'Budget 2026 "<b>x<b>" \u202e😀.csv'


@pytest.fixture(scope="module")
def company(sandbox: Sandbox, dsn: str) -> Company:
    found = sandbox.company("filled", is_ledger_only=True, entries=300)
    assert not night(dsn, found).errors
    return found


@pytest.fixture
def configured(
    app: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, company: Company
) -> Callable[..., None]:
    """Writes the file of a configuration."""
    folder = tmp_path / "files"
    folder.mkdir()
    monkeypatch.setenv("SALDO_FILES_DIR", str(folder))
    write_agreement(tmp_path / "SALDO_AGREEMENTS_DIR", company.id)

    def write(id: str, **more: Any) -> None:
        values = {
            "id": id,
            "kind": "budget",
            "source": {"folder": "file:///srv/drop"},
            "match": "*.*csv",
            **more,
        }
        (folder / f"{id}.yaml").write_text(yaml.safe_dump(values, sort_keys=False))

    return write


@pytest.fixture
def drop(
    configured: Callable[..., None], warehouse: Connection, company: Company, tmp_path: Path
) -> Drop:
    """A folder of budgets, and its configuration."""
    warehouse.execute("delete from ops.file")
    warehouse.execute("delete from ops.watermark where subject_kind = 'file'")
    warehouse.execute("truncate ops.audit")
    folder = tmp_path / "drop"
    folder.mkdir()
    found = Drop(warehouse, folder, company, values={"match": "*.csv"})
    configured(
        "drop",
        agreement=company.id,
        match="*.csv",
        owner_mail=["ann@example.com"],
        source={"folder": f"file://{folder}"},
    )
    return found


@pytest.fixture
def dag(airflows_tables: None) -> Iterator[None]:
    from saldo.airflow.files_builder import build_files_dag

    runs_of_dags.store_dag(build_files_dag())
    yield
    runs_of_dags.forget("saldo_files")


def refused(drop: Drop) -> None:
    """One version that counts, and one after it that is wrong in several ways."""
    drop.put(HOSTILE, wide((1010, 1, "1.000,00")))
    drop.look(with_facts=False)
    lines = [
        (1010, 1, "2.000,00"),
        (1310, 1, 5),
        (2410, 1, 5),
        (2750, 1, 5),
        (9999, 1, "5,00"),
        (3410, 77, "5,00"),
    ]
    lines.append((3620, 1, ["<i>five</i>", *[5] * 11]))
    drop.put(HOSTILE, wide(*lines))
    assert drop.look(with_facts=False).rejected


# --- what is listed ------------------------------------------------------------------------------


@pytest.mark.parametrize(("minutes", "said"), [(5, "in "), (-5, "due")])
def test_a_look_whose_time_is_past_has_not_come(
    client: TestClient, drop: Drop, monkeypatch: pytest.MonkeyPatch, minutes: int, said: str
) -> None:
    plan = runs.Plan(is_paused=False, next_at=datetime.now(UTC) + timedelta(minutes=minutes))
    monkeypatch.setattr(runs, "plans", lambda dag_ids: {"saldo_files": plan})
    client.cookies.set("_token", "ada")
    for path in ("/files", "/files/drop"):
        text = re.sub(r"<[^>]+>", "", client.get(path, headers=BROWSER).text)
        [next_look] = re.findall(r"Next look\s*(?:is )?(.*?)(?:\.|every file|\n)", text)
        assert next_look.startswith(said), path


def test_there_are_no_files_yet(
    visit: Callable[..., Page], configured: Callable[..., None]
) -> None:
    page = visit("/files")
    assert "There are no files that you may see" in page.inner_text("main")
    assert_good(page, "files-empty")


@pytest.mark.parametrize(
    "look", [{}, {"dark": True}, {"width": 390}], ids=["wide", "dark", "phone"]
)
def test_files_are_listed_with_what_is_wrong_first(
    visit: Callable[..., Page],
    drop: Drop,
    configured: Callable[..., None],
    look: dict[str, Any],
    tmp_path: Path,
) -> None:
    configured("a_mapping", kind="account_mapping", agreement_column="Company", match="*.xlsx")
    configured("off", agreement="shop", match="*.xlsx", enabled=False)
    (tmp_path / "files" / "broken.yaml").write_text("id: broken\nkind: budgets\n")
    refused(drop)
    page = visit("/files", **look)
    rows = page.locator("tbody tr")
    assert rows.count() == 3
    first = rows.first.inner_text()
    assert "drop" in first
    assert "refused" in first
    assert HOSTILE in first
    assert "broken.yaml" in page.inner_text("main")
    assert "kind:" in page.inner_text("main")
    assert_good(page, f"files-{'-'.join(look) or 'wide'}")
    page.select_option("select[name=state]", "quiet")
    page.get_by_role("button", name="Show").click()
    assert rows.count() == 2


def test_who_may_see_nothing_is_told_nothing(client: TestClient, drop: Drop) -> None:
    refused(drop)
    client.cookies.set("_token", "nora")
    assert "drop" not in client.get("/files", headers=BROWSER).text
    for path in ("/files/drop", "/files/drop/1/1", "/files/drop/template", "/files/drop/state"):
        assert client.get(path, headers=BROWSER).status_code == 404, path


def test_a_claimant_of_an_organisation_sees_its_files_only(
    client: TestClient, drop: Drop, configured: Callable[..., None]
) -> None:
    """otto may see what havn exports."""
    configured("claims", kind="expenses", organisation="havn", match="*.csv")
    client.cookies.set("_token", "otto")
    page = client.get("/files", headers=BROWSER).text
    assert "/files/claims" in page
    assert "/files/drop" not in page


# --- what is wrong, as in the sheet --------------------------------------------------------------


@pytest.mark.parametrize(
    "look", [{}, {"dark": True}, {"width": 390}], ids=["wide", "dark", "phone"]
)
def test_wrong_cells_are_shown_as_in_the_sheet(
    visit: Callable[..., Page], drop: Drop, look: dict[str, Any]
) -> None:
    refused(drop)
    page = visit("/files/drop", **look)
    assert_good(page, f"files-one-{'-'.join(look) or 'wide'}")
    page.locator("section[aria-labelledby=files] a").click()
    assert page.inner_text("h1") == HOSTILE
    sheet = page.locator("table.sheet")
    wrong = sheet.locator("td.wrong").all_inner_texts()
    assert wrong == ["9999", "77", "<i>five</i>"]
    # Its line, with the headings above, and the sentence below.
    assert sheet.locator("tr.heading").inner_text().split()[2:5] == ["Afdeling", MONTHS[0], "2026"]
    cell = sheet.locator("td.wrong").nth(2)
    assert (
        "line 8, column 3 has “<i>five</i>”; expected"
        in page.locator(f"#{cell.get_attribute('aria-describedby')}").inner_text()
    )
    assert "version 1" in page.inner_text(".notice.bad")
    assert_good(page, f"files-refused-{'-'.join(look) or 'wide'}")


def test_a_workbook_has_its_letters_and_its_sheets(
    visit: Callable[..., Page], drop: Drop, configured: Callable[..., None]
) -> None:
    drop.values = {"match": "*.xlsx"}
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Budget & mere"
    sheet.append(["Budget 2026"])
    sheet.append([])
    sheet.append(["Konto", "Afdeling", *(f"{month} 2026" for month in MONTHS)])
    for account in (1010, 1310, 2410, 2750):
        sheet.append([account, 1, *[1000.5] * 12])
    sheet["F5"] = "12.ooo"
    content = io.BytesIO()
    book.save(content)
    drop.put("Budget 2026.xlsx", content.getvalue())
    assert drop.look(with_facts=False).rejected
    [(file, version)] = drop.register("file_id, version")
    page = visit(f"/files/drop/{file}/{version}")
    assert "Budget & mere" in page.inner_text("main h2")
    labels = page.locator("table.sheet thead th").all_inner_texts()
    assert labels == list("ABCDEFGHIJKLMN")
    lines = page.locator("table.sheet tbody th").all_inner_texts()
    assert lines == ["3", "4", "5", "6"]
    assert page.locator("table.sheet td.wrong").all_inner_texts() == ["12.ooo"]
    assert_good(page, "files-workbook")


def test_of_expenses_other_cells_are_not_kept(drop: Drop) -> None:
    from saldo.workbooks import Layout, Problem
    from saldo.workbooks.excerpts import MASK, excerpts

    drop.put("claims.csv", "id;employee;amount\n1;Ann;5\n2;Bob;x\n3;Eve;7\n")
    problem = Problem("", "line 3, column 3", "“x”", "an amount", "Correct it")
    [found] = excerpts(
        drop.folder / "claims.csv", [problem], Layout(kind="expenses"), is_masked=True
    )
    assert [row.cells for row in found.rows] == [
        ["id", "employee", "amount"],
        [MASK, MASK, MASK],
        [MASK, MASK, "x"],
        [MASK, MASK, MASK],
    ]


def test_what_is_kept_of_a_huge_file_is_bounded(drop: Drop) -> None:
    from saldo.workbooks import Layout, Problem
    from saldo.workbooks.excerpts import LONGEST, MOST_COLUMNS, MOST_LINES, excerpts

    drop.put("wide.csv", "\n".join([";".join(["Konto", *["x" * 500] * 250])] * 3000))
    wrong = [Problem("", f"line {n}, column {1 + n % 200}", "x", "y", "z") for n in range(2, 900)]
    [found] = excerpts(drop.folder / "wide.csv", wrong, Layout())
    assert len(found.rows) <= MOST_LINES + 1
    assert len(found.columns) <= 2 * MOST_COLUMNS
    assert max(len(cell) for row in found.rows for cell in row.cells) == LONGEST + 1


def test_ten_thousand_versions_are_paged(
    client: TestClient, drop: Drop, warehouse: Connection
) -> None:
    warehouse.execute(
        "insert into ops.file (file_id, version, config_id, source_id, path, name, read_at, status, problems, run_id) "
        "select 900000 + n % 7, n, 'drop', 's' || n % 7, 'p', 'f' || n % 7, timestamptz '2026-01-01Z' + n / 3 * interval '1 minute', "
        "'rejected', '[]', 'r' from generate_series(1, 10000) as n"
    )
    client.cookies.set("_token", "vera")
    seen: list[str] = []
    path = "/files/drop"
    for _ in range(3):
        text = client.get(path, headers=BROWSER).text
        assert 'rel="next"' in text, text[-1500:]
        seen += [
            line
            for line in text.splitlines()
            if 'class="figure">' in line and "/files/drop/9" in line
        ]
        path = (
            text.split('rel="next" href="')[1]
            .split('"')[0]
            .replace("&amp;", "&")
            .removeprefix("/saldo")
        )
    assert len(seen) == len(set(seen)) == 150


# --- what people do ------------------------------------------------------------------------------


@pytest.mark.parametrize("scripts", [True, False])
def test_a_look_is_asked_for_once(
    visit: Callable[..., Page], drop: Drop, dag: None, warehouse: Connection, scripts: bool
) -> None:
    page = visit("/files/drop", scripts=scripts)
    page.get_by_role("button", name="Look now").click()
    assert "A look was asked for" in page.inner_text("#alerts")
    assert "waits for its turn" in page.inner_text("main")
    page.get_by_role("button", name="Look now").click()
    assert "waits for its turn already" in page.inner_text("#alerts")
    assert runs_of_dags.runs_of("saldo_files") == [("queued", {"configurations": ["drop"]})]
    found = warehouse.execute(
        "select actor, action, subject_kind, subject_id, detail from ops.audit"
    ).fetchall()
    assert found == [
        ("ada", "run started", "file", "drop", {"by": "console", "configurations": ["drop"]})
    ]
    if scripts:
        assert_good(page, "files-look")


def test_a_look_that_the_dag_does_not_know_yet_is_told(
    client: TestClient,
    configured: Callable[..., None],
    company: Company,
    request: pytest.FixtureRequest,
) -> None:
    """The file was written since Airflow read the DAG."""
    configured("old", agreement=company.id, match="*.csv")
    request.getfixturevalue("dag")
    configured("new", agreement=company.id, match="*.csv")
    client.cookies.set("_token", "ada")
    answer = client.post("/files/new/look", headers=BROWSER)
    assert answer.status_code == 409
    assert "<h1>The DAG does not take this yet</h1>" in answer.text


def test_a_viewer_and_another_site_look_at_nothing(
    client: TestClient, drop: Drop, dag: None, warehouse: Connection
) -> None:
    client.cookies.set("_token", "vera")
    assert "disabled" in client.get("/files/drop", headers=BROWSER).text
    assert client.post("/files/drop/look", headers=BROWSER).status_code == 403
    assert warehouse.execute("select actor, action from ops.audit").fetchall() == [
        ("vera", "access refused")
    ]
    client.cookies.set("_token", "ada")
    assert (
        client.post(
            "/files/drop/look", headers={**BROWSER, "Sec-Fetch-Site": "cross-site"}
        ).status_code
        == 403
    )
    assert client.post("/files/nothing/look", headers=BROWSER).status_code == 404
    assert runs_of_dags.runs_of("saldo_files") == []


def test_a_template_has_the_companys_accounts(client: TestClient, drop: Drop) -> None:
    client.cookies.set("_token", "vera")
    answer = client.get("/files/drop/template?month=2027-01&language=da", headers=BROWSER)
    assert answer.status_code == 200
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    sheet = book.worksheets[0]
    assert sheet["A1"].value == "Konto"
    assert sheet["A2"].value == "1010"
    plain = client.get("/files/drop/template?month=2027-01&format=csv", headers=BROWSER)
    assert plain.content.decode("utf-8-sig").splitlines()[1].startswith("1010;")
    for wrong in ("month=2027-13", "month=soon", "language=xx"):
        assert client.get(f"/files/drop/template?{wrong}", headers=BROWSER).status_code == 422


def test_a_warehouse_that_is_away_is_told(
    client: TestClient, drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SALDO_WAREHOUSE", "postgres://saldo:x@127.0.0.1:9/saldo")
    client.cookies.set("_token", "ada")
    for path in ("/files", "/files/drop", "/files/drop/1/1"):
        answer = client.get(path, headers=BROWSER)
        assert answer.status_code == 503
        assert "The warehouse does not answer" in answer.text
