"""Purchase documents by REST: who may do what, the list, a file once, the register kept, and requests that come twice."""

from __future__ import annotations

import io
import re
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import openpyxl
import pytest
from fastapi.testclient import TestClient

from saldo.errors import Unavailable
from saldo.exports import requests
from saldo.exports.claims import one_at_a_time
from saldo.hooks.exports import AgreementFiles
from saldo.warehouse.connection import Connection, connect, exclusive
from tests.exports.support import Books
from tests.support import write_agreement

BASE = "/api/v1/purchases/shop"
EXPORT, FILES, SYNC = f"{BASE}/export", f"{BASE}/files", f"{BASE}/sync"


@pytest.fixture(autouse=True)
def _empty(dsn: str) -> None:
    with connect(dsn) as connection:
        connection.execute(
            "truncate core.purchase_document, core.purchase_document_line, core.purchase_document_export, "
            "ops.export_file, ops.export_file_document, ops.idempotency_key, ops.export_request, ops.audit"
        )


def bearer(user: str, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {user}", **more}


def ask(
    client: TestClient,
    method: str,
    path: str,
    body: Any = None,
    *,
    user: str = "ada",
    **headers: str,
) -> Any:
    """As a program; header names are written with underscores."""
    sent = bearer(user, **{name.replace("_", "-"): value for name, value in headers.items()})
    return client.request(method, path, json=body, headers=sent)


def problem(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert (found["status"], found["type"]) == (status, "about:blank")
    assert found["title"]
    assert found["detail"]
    return found


def made(client: TestClient, **body: Any) -> str:
    answer = ask(client, "POST", EXPORT, body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["fileName"])


def listed(client: TestClient, **query: Any) -> dict[str, Any]:
    answer = client.get(EXPORT, params=query, headers=bearer("vera"))
    assert answer.status_code == 200, answer.text
    return {one["id"]: one for one in answer.json()["list"]}


def files(client: TestClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask(client, "GET", FILES, user="vera").json()["list"]
    return found


def audited(warehouse: Connection) -> list[tuple[Any, ...]]:
    return warehouse.execute(
        "select actor, action, subject_id, detail ->> 'file' from ops.audit order by audit_id"
    ).fetchall()


# --- who -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", SYNC, None),
        ("POST", EXPORT, {"ids": ["1"]}),
        ("DELETE", EXPORT, {"filename": "a.xlsx"}),
        ("POST", FILES, {"filename": "a.xlsx", "data": ""}),
        ("DELETE", FILES, {"filename": "a.xlsx"}),
    ],
)
def test_who_may_only_look_changes_nothing(
    client: TestClient, method: str, path: str, body: Any
) -> None:
    problem(ask(client, method, path, body, user="vera"), 403)
    problem(client.request(method, path, json=body), 401)
    # A page of another site makes the browser send it, with the cookie.
    client.cookies["_token"] = "ada"
    cross = client.request(method, path, json=body, headers={"Sec-Fetch-Site": "cross-site"})
    assert problem(cross, 403)["title"] == "This came from another site"


#: A request that nobody has made.
NOBODY = "00000000-0000-4000-8000-000000000017"


@pytest.mark.parametrize("path", [SYNC, EXPORT, FILES, f"{FILES}/a.xlsx", f"{EXPORT}/{NOBODY}"])
def test_who_may_not_see_the_agreement_sees_nothing(
    client: TestClient, warehouse: Connection, path: str
) -> None:
    problem(ask(client, "GET", path, user="nora"), 403)
    problem(client.get(path), 401)
    assert not audited(warehouse), "who follows a link has tried nothing"


@pytest.mark.parametrize("id", ["none", "..", "sh%00op", "%2e%2e", "SHOP", "shop'"])
def test_what_is_no_agreement_is_not_there(client: TestClient, id: str) -> None:
    answer = client.get(f"/api/v1/purchases/{id}/export", headers=bearer("vera"))
    problem(answer, 404)


# --- the list ------------------------------------------------------------------------------------


def test_the_list_has_the_words_that_finances_tools_know(client: TestClient, books: Books) -> None:
    books.write("1", day=3)
    name = made(client, ids=["1"], ext="maart")
    books.write("1", day=3, state="paid")
    answer = client.get(EXPORT, headers=bearer("vera"))
    assert answer.json() == {
        "list": [
            {
                "id": "1", "type": "receipt", "createDate": "2026-01-02T12:00:00+00:00", "invoiceDate": "2026-01-04",
                "status": "paid", "fileName": name, "allFiles": [name],
                "mutations": [{"fieldName": "status", "oldValue": "open", "newValue": "paid"}],
            }
        ],
        "syncDate": None,
        "next": None,
    }  # fmt: skip
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert re.fullmatch(r"purchase-export-\d{8}_\d{6}-\d{4,}-maart\.xlsx", name)


def test_what_is_personal_is_in_no_list_and_its_file_is_for_who_exports(
    client: TestClient, books: Books, warehouse: Connection
) -> None:
    """A document with a line on a personal account: that it changed is told, not what."""
    warehouse.execute("insert into ops.personal_account values ('shop', '2200', '2299')")
    try:
        books.write("1", lines=(("2210", "100"),))
        books.write("2", lines=(("4000", "100"),))
        personal, other = made(client, ids=["1"], ext="one"), made(client, ids=["2"], ext="two")
        books.write("1", lines=(("2210", "110"),))
        books.write("2", lines=(("4000", "110"),))
        changed = {
            id: {one["fieldName"]: one["oldValue"] for one in told["mutations"]}
            for id, told in listed(client).items()
        }
        assert changed["1"]["lines"] == "(hidden)"
        assert changed["2"]["lines"][0]["account"] == "4000"
        assert ask(client, "GET", f"{FILES}/{personal}").status_code == 200
        assert ask(client, "GET", f"{FILES}/{other}", user="vera").status_code == 200
        refused = problem(ask(client, "GET", f"{FILES}/{personal}", user="vera"), 403)
        assert "a line on a personal account" in refused["title"]
        assert audited(warehouse)[-1][:2] == ("vera", "access refused")
    finally:
        warehouse.execute("delete from ops.personal_account")


@pytest.mark.parametrize("status", ["claimed", "stored", "deleting", "deleted", "abandoned", None])
def test_a_file_that_is_not_registered_is_for_who_exports(
    client: TestClient, books: Books, warehouse: Connection, status: str | None
) -> None:
    """It lies in the store, as one does that was deleted before the store answered; what is in it is not known any more."""
    books.write("1")
    name = made(client, ids=["1"])
    if status is None:
        warehouse.execute("truncate ops.export_file cascade")
    else:
        ended = "now()" if status in ("deleting", "deleted", "abandoned") else "null"
        warehouse.execute(
            f"update ops.export_file set status = %s, ended_at = {ended}".encode(), [status]
        )
    refused = problem(ask(client, "GET", f"{FILES}/{name}", user="vera"), 403)
    assert "a file that is not registered" in refused["title"]
    assert audited(warehouse)[-1][:2] == ("vera", "access refused")
    assert ask(client, "GET", f"{FILES}/{name}").status_code == 200
    problem(ask(client, "GET", f"{FILES}/never.xlsx", user="vera"), 404)


def test_a_file_of_personal_documents_is_not_open_to_all_while_it_is_deleted(
    client: TestClient, books: Books, warehouse: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse.execute("insert into ops.personal_account values ('shop', '2200', '2299')")
    try:
        books.write("1", lines=(("2210", "100"),))
        name = made(client, ids=["1"])

        def away(store: AgreementFiles, path: str) -> None:
            raise Unavailable("the store is away")

        with monkeypatch.context() as patch:
            patch.setattr(AgreementFiles, "delete", away)
            problem(ask(client, "DELETE", EXPORT, {"filename": name}), 503)
        problem(ask(client, "GET", f"{FILES}/{name}", user="vera"), 403)
    finally:
        warehouse.execute("delete from ops.personal_account")


def test_the_list_is_read_in_pages_and_by_filters(client: TestClient, books: Books) -> None:
    for id in ("1", "2", "3", "4", "5"):
        books.write(id, day=int(id), state="paid" if id == "3" else "open")
    made(client, ids=["5"])
    books.write("5", state="late")
    seen, cursor = [], None
    while True:
        query = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = client.get(EXPORT, params=query, headers=bearer("vera")).json()
        seen += [one["id"] for one in page["list"]]
        if not (cursor := page["next"]):
            break
    assert seen == ["1", "2", "3", "4", "5"]
    assert [*listed(client, invoiceFrom="2026-01-03", invoiceTo="2026-01-04")] == ["2", "3"]
    assert [*listed(client, createdTo="2026-01-03")] == ["1", "2"]
    assert [*listed(client, state=["paid", "late"])] == ["3", "5"]
    assert [*listed(client, notExported="true")] == ["1", "2", "3", "4"]
    assert [*listed(client, mutated="true")] == ["5"]
    for query in (
        {"limit": 0},
        {"mutated": "maybe"},
        {"createdFrom": "2026"},
        {"colour": "red"},
        {"cursor": "\0"},
    ):
        problem(client.get(EXPORT, params=query, headers=bearer("vera")), 422)


# --- a file --------------------------------------------------------------------------------------


def test_a_file_is_made_downloaded_and_deleted(
    client: TestClient, books: Books, warehouse: Connection
) -> None:
    books.write("1", (("4000", "100"), ("4100", "20.5")))
    books.write("2", day=40)
    answer = ask(client, "POST", EXPORT, {"ids": ["1", "2"]})
    assert answer.status_code == 201
    body = answer.json()
    name = body["fileName"]
    where = f"/saldo{FILES}/{name}"
    assert (body["documents"], body["rows"], body["isLogged"]) == (2, 3, True)
    assert (body["link"], answer.headers["Location"]) == (where, where)
    [file] = files(client)
    assert (file["fileName"], file["documents"], file["rows"], file["mutated"]) == (name, 2, 3, 0)
    assert (file["firstInvoiceDate"], file["lastInvoiceDate"]) == ("2026-01-01", "2026-02-10")
    assert file["firstCreateDate"].startswith("2026-01-02")
    found = ask(client, "GET", f"{FILES}/{name}", user="vera")
    assert found.status_code == 200
    assert found.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert len(found.content) == file["bytes"]
    sheet = openpyxl.load_workbook(io.BytesIO(found.content)).active
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == ["1", "1", "2"]
    gone = ask(client, "DELETE", EXPORT, {"filename": name})
    assert (gone.status_code, gone.json()) == (200, {"filename": name, "documents": 2})
    assert listed(client)["1"]["fileName"] is None
    problem(ask(client, "GET", f"{FILES}/{name}"), 404)
    problem(ask(client, "DELETE", EXPORT, {"filename": name}), 404)
    assert audited(warehouse) == [
        ("ada", "purchases exported", "shop", name),
        ("vera", "export file opened", "shop", name),
        ("ada", "export deleted", "shop", name),
    ]


def test_what_is_exported_is_not_exported_again_unknowingly(
    client: TestClient, books: Books
) -> None:
    books.write("1")
    books.write("2")
    made(client, ids=["1"])
    refused = problem(ask(client, "POST", EXPORT, {"ids": ["1", "2"]}), 409)
    assert refused["ids"] == ["1"]
    assert "again" in refused["detail"]
    assert len(files(client)) == 1
    made(client, ids=["1", "2"], noLog=True)
    made(client, ids=["1", "2"], again=True)
    books.write("2", state="paid")
    made(client, filters={"mutated": True})
    assert len(files(client)) == 4
    assert listed(client)["2"]["mutations"] == []


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        ({"ids": []}, []),
        ({"ids": ["1", "404"]}, ["404"]),
        ({"ids": ["9", "404"]}, ["404", "9"]),
        ({"filters": {"invoiceFrom": "2027-01-01"}}, []),
        ({"ids": ["1"], "ext": "../../etc"}, None),
        ({"ids": ["1"], "ext": "a\x00b"}, None),
        ({"ids": ["1"], "layout": "none"}, None),
        ({"ids": ["1"], "filters": {}}, None),
        ({}, None),
        ({"ids": "1"}, None),
        ({"ids": [1]}, None),
        ({"ids": ["1"], "noLog": "yes"}, None),
        ({"ids": ["1"], "colour": "red"}, None),
        ({"ids": ["1\x00"]}, None),
        ([], None),
    ],
)  # fmt: skip
def test_what_cannot_be_exported_makes_no_file(
    client: TestClient, books: Books, body: Any, ids: Any
) -> None:
    books.write("1")
    books.write("9", is_deleted=True)
    found = problem(ask(client, "POST", EXPORT, body), 422)
    assert found.get("ids") == ids
    assert files(client) == []
    assert listed(client)["1"]["allFiles"] == []


def test_two_at_once_one_is_told(
    client: TestClient, books: Books, warehouse: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    from saldo.api.purchases import exports

    monkeypatch.setattr(exports, "PATIENCE_S", 0.1)
    books.write("1")
    with one_at_a_time(warehouse, "shop", 1):
        found = problem(ask(client, "POST", EXPORT, {"ids": ["1"]}), 409)
        assert found["title"] == "Somebody else is at it"
        problem(ask(client, "DELETE", EXPORT, {"filename": "a.xlsx"}), 409)
    made(client, ids=["1"])


def test_of_many_at_once_one_wins(client: TestClient, books: Books) -> None:
    books.write("1")
    with ThreadPoolExecutor(4) as pool:
        one = [pool.submit(ask, client, "POST", EXPORT, {"ids": ["1"]}) for _ in range(4)]
        answers = [each.result() for each in one]
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert len(files(client)) == 1
    books.write("2")
    with ThreadPoolExecutor(4) as pool:
        one = [
            pool.submit(ask, client, "POST", EXPORT, {"ids": ["2"]}, Idempotency_Key="k")
            for _ in range(4)
        ]
        answers = [each.result() for each in one]
    made_of = {answer.json()["fileName"] for answer in answers if answer.status_code == 201}
    assert len(made_of) == 1, "whoever was not told to come again has the same file"
    assert {answer.status_code for answer in answers} <= {201, 409}


def test_what_is_long_is_asked_of_a_run(
    client: TestClient, books: Books, warehouse: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How such a run ends is in tests/system/api; this Airflow knows no DAG."""
    from saldo.api.purchases import exports

    monkeypatch.setattr(exports, "ROWS_AT_ONCE", 1)
    books.write("1")
    books.write("2")
    made(client, ids=["1"])
    # What cannot be exported is told at once, however long it is.
    assert problem(ask(client, "POST", EXPORT, {"ids": ["1", "2"]}), 409)["ids"] == ["1"]
    respond_async = {"Prefer": "respond-async"}
    assert problem(ask(client, "POST", EXPORT, {"ids": ["1"]}, **respond_async), 409)["ids"] == [
        "1"
    ]
    problem(ask(client, "POST", EXPORT, {"ids": ["404"]}, **respond_async), 422)
    strange = {"ids": ["2"], "ext": "../x"}
    problem(ask(client, "POST", EXPORT, strange, **respond_async), 422)
    long = {"ids": ["1", "2"], "again": True}
    assert "saldo_exports" in problem(ask(client, "POST", EXPORT, long), 404)["detail"]
    [(id, actor, asked)] = warehouse.execute(
        "select request_id, actor, request from ops.export_request"
    ).fetchall()
    assert (actor, asked) == ("ada", long)
    told = ask(client, "GET", f"{EXPORT}/{id}", user="vera").json()
    assert (told["state"], told["message"]) == ("failed", "Airflow does not know this DAG")
    requests.done(warehouse, id, file_name="a.xlsx", documents=2, rows=2)
    told = ask(client, "GET", f"{EXPORT}/{id}", user="vera").json()
    assert (told["state"], told["rows"], told["message"]) == ("done", 2, None)
    assert told["link"] == f"/saldo{FILES}/a.xlsx"
    problem(ask(client, "GET", f"/api/v1/purchases/other/export/{id}"), 404)
    problem(ask(client, "GET", f"{EXPORT}/{NOBODY}"), 404)
    problem(ask(client, "GET", f"{EXPORT}/none"), 422)
    # Its run was removed from Airflow: nobody will make it.
    requests.begin(warehouse, id, "a run that is gone")
    told = ask(client, "GET", f"{EXPORT}/{id}", user="vera").json()
    assert (told["state"], told["message"].split(";")[0]) == (
        "failed", "The run was ended before the file was made",
    )  # fmt: skip
    # It was killed when the file had been made.
    file = books.export("2", made_for=f"request {id}")
    told = ask(client, "GET", f"{EXPORT}/{id}", user="vera").json()
    assert (told["state"], told["fileName"], told["rows"], told["message"]) == (
        "done", file.name, 1, None,
    )  # fmt: skip


def test_a_file_that_was_deleted_by_hand_is_told_of(
    client: TestClient, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    books.write("1")
    name = made(client, ids=["1"])
    for path in books.store.path.rglob(name):
        path.unlink()
    found = problem(ask(client, "GET", f"{FILES}/{name}"), 404)
    assert name in found["detail"]
    books.write("2")
    kept = made(client, ids=["2"])
    assert {one["fileName"]: one["isMissing"] for one in files(client)} == {name: True, kept: False}
    with monkeypatch.context() as patch:
        # What was exported is known, whether or not the store can be asked.
        patch.setenv("SALDO_EXPORTS_URL", "ftp://elsewhere")
        assert [one["isMissing"] for one in files(client)] == [None, None]
    assert ask(client, "DELETE", EXPORT, {"filename": name}).status_code == 200


def test_a_file_on_its_way_to_the_store_has_no_name(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that is killed leaves nothing of it on its disk."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    seen: list[tuple[list[Path], bytes]] = []
    put = AgreementFiles.put

    def looked_at(store: AgreementFiles, path: str, local: Path) -> str:
        seen.append(([*folder.iterdir()], local.read_bytes()))
        return put(store, path, local)

    monkeypatch.setattr(AgreementFiles, "put", looked_at)
    body = {"filename": "a.xlsx", "data": b64encode(b"whole").decode()}
    assert ask(client, "POST", FILES, body).status_code == 201
    assert seen == [([], b"whole")]
    assert ask(client, "GET", f"{FILES}/a.xlsx").content == b"whole"


def test_a_store_that_cannot_be_written_marks_nothing(
    client: TestClient, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    books.write("1")
    blocked = books.store.path / "no_folder"
    blocked.write_text("")
    monkeypatch.setenv("SALDO_EXPORTS_URL", f"file://{blocked}")
    problem(ask(client, "POST", EXPORT, {"ids": ["1"]}), 503)
    assert listed(client)["1"]["fileName"] is None
    assert files(client) == []


@pytest.mark.parametrize(
    "name", ["..%2F..%2Fsecret", "a%00.xlsx", "%2e%2e", ".xlsx", "a%0d%0ab.xlsx", quote('a".xlsx'), "é.xlsx"]
)  # fmt: skip
def test_no_name_leads_elsewhere(client: TestClient, name: str) -> None:
    answer = ask(client, "GET", f"{FILES}/{name}", user="vera")
    assert answer.status_code in (404, 422), answer.text


# --- beside the register -------------------------------------------------------------------------


def test_files_beside_the_register(client: TestClient, books: Books, warehouse: Connection) -> None:
    books.write("1")
    name = made(client, ids=["1"])
    body = {"filename": name, "data": b64encode(b"other").decode()}
    for method, what in (("POST", body), ("DELETE", {"filename": name})):
        assert problem(ask(client, method, FILES, what), 409)["title"] == "The file is registered"
        forced = {**what, "force": True}
        assert problem(ask(client, method, FILES, forced), 403)["title"].startswith("Only an admin")
    # Who may act on another agreement learns nothing of this one's.
    others = "/api/v1/purchases/other/files"
    problem(ask(client, "DELETE", others, {"filename": name}), 404)
    assert ask(client, "POST", others, body).status_code == 201
    assert ask(client, "DELETE", others, {"filename": name}).status_code == 200
    assert ask(client, "POST", FILES, {**body, "filename": "own.xlsx"}).status_code == 201
    assert ask(client, "GET", f"{FILES}/own.xlsx").content == b"other"
    problem(ask(client, "POST", FILES, {**body, "filename": "own.xlsx"}), 409)
    assert ask(client, "DELETE", FILES, {"filename": "own.xlsx"}).status_code == 200
    problem(ask(client, "DELETE", FILES, {"filename": "own.xlsx"}), 404)
    assert ask(client, "POST", FILES, {**body, "force": True}, user="root").status_code == 201
    assert ask(client, "GET", f"{FILES}/{name}").content == b"other"
    gone = ask(client, "DELETE", FILES, {"filename": name, "force": True}, user="root")
    assert gone.status_code == 200
    assert listed(client)["1"]["fileName"] == name, "its documents still count as exported"
    done = [(actor, action) for actor, action, _, file in audited(warehouse) if file == name]
    assert done[-3:] == [
        ("root", "export file stored"), ("ada", "export file opened"), ("root", "export file removed")
    ]  # fmt: skip
    for filename in ("../a.xlsx", "a.exe", "a\x00.xlsx", ".xlsx", "a/b.xlsx"):
        problem(ask(client, "POST", FILES, {**body, "filename": filename}), 422)
    for data in ("%%%", "abc", "=abc"):
        problem(ask(client, "POST", FILES, {"filename": "own.xlsx", "data": data}), 422)


def test_a_file_that_was_stored_and_not_answered_is_stored(
    client: TestClient, books: Books, warehouse: Connection
) -> None:
    body = {"filename": "own.xlsx", "data": b64encode(b"own").decode()}
    first = ask(client, "POST", FILES, body, Idempotency_Key="k")
    # The server was ended before it had written down what it answered.
    warehouse.execute("update ops.idempotency_key set status = null, body = null")
    again = ask(client, "POST", FILES, body, Idempotency_Key="k")
    assert (again.status_code, again.json()) == (201, first.json())
    assert "Idempotent-Replayed" not in again.headers
    assert audited(warehouse) == [("ada", "export file stored", "shop", "own.xlsx")]
    other = {**body, "data": b64encode(b"other").decode()}
    assert problem(ask(client, "POST", FILES, other, Idempotency_Key="k2"), 409)["title"] == (
        "The name is taken"
    )
    problem(ask(client, "POST", FILES, body), 409)
    assert ask(client, "GET", f"{FILES}/own.xlsx").content == b"own"


@pytest.mark.parametrize("is_told", [True, False])
def test_what_is_too_long_is_not_read_to_its_end(client: TestClient, is_told: bool) -> None:
    """Nor is it from whoever is not logged in: a body is read before that is known."""

    def pieces() -> Iterator[bytes]:
        yield from (b" " * (1 << 20) for _ in range(30))

    answer = client.post(FILES, content=b" " * (30 << 20) if is_told else pieces())
    assert (answer.status_code, answer.json()["title"]) == (413, "The request is too long")


# --- requests that come twice --------------------------------------------------------------------


def test_the_same_request_is_carried_out_once(
    client: TestClient, books: Books, warehouse: Connection
) -> None:
    books.write("1")
    books.write("2")
    first = ask(client, "POST", EXPORT, {"ids": ["1"]}, Idempotency_Key="k1")
    again = ask(client, "POST", EXPORT, {"ids": ["1"]}, Idempotency_Key="k1")
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Location"] == first.headers["Location"]
    assert (first.headers.get("Idempotent-Replayed"), again.headers["Idempotent-Replayed"]) == (
        None, "true",
    )  # fmt: skip
    assert len(files(client)) == 1
    other = problem(ask(client, "POST", EXPORT, {"ids": ["2"]}, Idempotency_Key="k1"), 422)
    assert "POST" in other["detail"]
    assert (
        ask(client, "POST", EXPORT, {"ids": ["2"]}, user="root", Idempotency_Key="k1").status_code
        == 201
    )
    # What was refused was not carried out: the key is free.
    problem(ask(client, "POST", EXPORT, {"ids": ["404"]}, Idempotency_Key="k2"), 422)
    books.write("3")
    assert ask(client, "POST", EXPORT, {"ids": ["3"]}, Idempotency_Key="k2").status_code == 201
    with exclusive(warehouse, "ada k3", "idempotency"):
        busy = problem(ask(client, "POST", EXPORT, {"ids": ["3"]}, Idempotency_Key="k3"), 409)
        assert busy["title"] == "The same request is being worked on"
    # Whoever worked on it was ended: nothing was answered, and it starts again.
    warehouse.execute("update ops.idempotency_key set status = null, body = null where key = 'k2'")
    again = ask(client, "POST", EXPORT, {"ids": ["3"]}, Idempotency_Key="k2")
    assert (again.status_code, again.json()["fileName"]) == (201, listed(client)["3"]["fileName"])
    problem(ask(client, "POST", EXPORT, {"ids": ["3"]}, Idempotency_Key="a b"), 422)
    assert len(files(client)) == 3


# --- sync ----------------------------------------------------------------------------------------


def test_a_run_that_waits_is_no_answer_while_the_dag_is_paused(
    client: TestClient, tmp_path: Path
) -> None:
    from airflow.models import DagModel, DagRun
    from airflow.models.dagbundle import DagBundleModel
    from airflow.utils.session import create_session
    from airflow.utils.types import DagRunType

    write_agreement(tmp_path / "SALDO_AGREEMENTS_DIR", "molen", vendor="moneybird")
    now = datetime.now(UTC)
    with create_session() as session:
        session.add(DagBundleModel(name="b"))
        session.flush()
        session.add(
            DagModel(dag_id="saldo__molen", is_stale=False, is_paused=True, bundle_name="b")
        )
        session.flush()
        session.add(
            DagRun(
                dag_id="saldo__molen", run_id="waits", run_type=DagRunType.MANUAL, run_after=now,
                queued_at=now, state="queued",
            )
        )  # fmt: skip
    sync = "/api/v1/purchases/molen/sync"
    assert problem(ask(client, "POST", sync), 409)["title"] == "The DAG is paused"
    with create_session() as session:
        session.get(DagModel, "saldo__molen").is_paused = False
    assert ask(client, "POST", sync).json()["runId"] == "waits"


def test_a_vendor_without_purchase_documents_is_told_of(client: TestClient) -> None:
    found = problem(ask(client, "POST", SYNC), 409)
    assert found["title"] == "There are no purchase documents"
