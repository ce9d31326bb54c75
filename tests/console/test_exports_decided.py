"""Decisions on the page of an export: who may, two people at once, what cannot be, what is typed wrongly."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from playwright.sync_api import Page

from tests.api import runs_of_dags
from tests.api.test_export_review import DAG, Office

from .exporting import BROWSER, office, page_of, send, stuck
from .looking import assert_good

__all__ = ["office"]

FORMS: dict[str, dict[str, str]] = {
    "retry": {}, "cancel": {}, "booked": {"reference": "17"}, "lines": {"line-2-category": "travel"}, "preview": {},
}  # fmt: skip


def seen(office: Office) -> dict[str, str]:
    """The hidden field of what was looked at."""
    return {"seen": office.desk.job().updated_at.isoformat()}


def acts(office: Office) -> list[tuple[Any, ...]]:
    return office.desk.warehouse.execute(
        "select action, actor from ops.audit where action <> 'run started' order by audit_id"
    ).fetchall()


@pytest.mark.parametrize("what", FORMS)
def test_who_may_not_decide_does_not(office: Office, client: TestClient, what: str) -> None:
    path, form = f"/exports/{stuck(office)}/{what}", FORMS[what] | seen(office)
    before = office.desk.jobs()
    page = page_of(client, path.rpartition("/")[0], "vera")
    assert "you need the right to trigger the DAG" in page
    assert '<form method="post"' not in page
    assert send(client, path, form, "vera").status_code == 403
    assert acts(office)[-1] == ("access refused", "vera")
    for user in ("nora", "otto"):
        assert send(client, path, form, user).status_code == 404
        assert page_of(client, path.rpartition("/")[0], user, status=404)
    client.cookies.set("_token", "ada")
    cross = client.post(path, data=form, headers={**BROWSER, "Sec-Fetch-Site": "cross-site"})
    assert cross.status_code == 403
    assert "This came from another site" in cross.text
    assert acts(office)[-1] == ("access refused", "ada")
    assert office.desk.jobs() == before


def test_what_cannot_be_as_it_is_shows_the_form_again_with_why(
    office: Office, client: TestClient
) -> None:
    """Nobody was faster: what was typed stays, and the remedy is said."""
    id = stuck(office)
    office.desk.warehouse.execute(
        "update ops.export_job set status = 'created' where export_id = %s", [id]
    )
    answer = send(client, f"/exports/{id}/cancel", seen(office) | {"note": "was it sent?"})
    assert answer.status_code == 409
    assert "cannot be cancelled" in answer.text
    assert "Your decision was not carried out" not in answer.text


def test_of_several_each_that_may_not_be_decided_about_is_written_down(
    office: Office, client: TestClient
) -> None:
    id = stuck(office)
    chosen = f"{id} {office.desk.job().updated_at.isoformat()}"
    answer = send(client, "/exports/chosen", {"what": "cancel", "chosen": chosen}, "vera")
    assert answer.status_code == 403
    assert "You may not decide about exports" in answer.text
    assert acts(office)[-1] == ("access refused", "vera")


def test_who_may_not_see_an_organisation_sees_nothing_of_it(
    office: Office, client: TestClient
) -> None:
    stuck(office)
    for user in ("nora", "otto"):
        page = page_of(client, "/exports", user)
        assert "EXP-2026-0001" not in page
        assert "example" not in page


def test_the_second_of_two_people_learns_who_was_first(
    office: Office, visit: Callable[..., Page]
) -> None:
    id = stuck(office)
    first, second = visit(f"/exports/{id}", user="ada"), visit(f"/exports/{id}", user="root")
    first.select_option("[name=line-2-category]", "travel")
    first.click("text=Save as next revision")
    second.get_by_label("Number of the voucher in Example").fill("17")
    second.click("section:has(#booked) >> button")
    said = " ".join(second.text_content("main").split())
    assert "Your decision was not carried out" in said
    assert "ada corrected its lines" in said
    assert "It is cancelled now" in said
    assert_good(second, "export-overtaken", may_complain=True)
    assert [(job.revision, job.status) for job in office.desk.jobs()] == [(1, "cancelled"), (2, "pending")]  # fmt: skip
    assert ("accounting export booked by hand", "root") not in acts(office)


def test_what_came_back_is_another_question(office: Office, client: TestClient) -> None:
    """It was tried again, and waits again: whoever looked at it before that decides about something else."""
    path, old = f"/exports/{stuck(office)}", seen(office)
    assert send(client, f"{path}/retry", old).status_code == 303
    office.work()
    assert office.desk.statuses() == ["review"]
    answer = send(client, f"{path}/cancel", old, "root")
    assert answer.status_code == 409
    assert "ada</bdi></strong> sent it on its way again" in answer.text
    assert office.desk.statuses() == ["review"]
    assert send(client, f"{path}/cancel", seen(office), "root").status_code == 303


def test_of_two_at_the_same_moment_one_decides(office: Office, app: FastAPI) -> None:
    id, form = stuck(office), seen(office)

    def decide(user: str, what: str) -> int:
        with TestClient(app, base_url="https://airflow.example.com", root_path="/saldo") as client:
            found: int = send(client, f"/exports/{id}/{what}", form | FORMS[what], user).status_code
            return found

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(
            pool.map(decide, ("ada", "root", "ada", "root"), ("retry", "cancel", "booked", "lines"))
        )
    assert answers == [303, 409, 409, 409]
    decided = [act for act in acts(office) if act[0] != "accounting export asked for"]
    assert len(decided) == 1, decided


def test_what_is_typed_wrongly_is_shown_again_with_what_is_wrong(
    office: Office, client: TestClient
) -> None:
    path = f"/exports/{stuck(office)}"
    for what, form, said in (
        ("booked", {"reference": "  "}, "The number is missing"),
        ("lines", {"line-2-category": "lunch"}, "Nothing was changed"),
        ("lines", {"line-2-date": "2026-02-30", "line-2-text": "kept <i>"}, "kept &lt;i&gt;"),
        ("lines", {"line-2-date": "2026-02-30"}, "Line 2, date"),
        ("retry", {'over:["accounts", "travel"]': "x" * 300}, "This cannot stand over the mapping"),
        ("retry", {}, "cannot be booked"),
    ):
        form = {"note": "a note", **form, **seen(office)}
        answer = send(client, f"{path}/{what}", form)
        if what == "retry" and not form.keys() - {"note", "seen"}:
            assert answer.status_code == 303  # as it is: a run finds out
            continue
        assert answer.status_code == 422, answer.text
        assert said in answer.text
        assert 'value="a note"' in answer.text
    assert send(client, f"{path}/cancel", {"seen": "yesterday"}).status_code == 422


def test_nothing_is_decided_for_a_dag_that_rests(office: Office, client: TestClient) -> None:
    path = f"/exports/{stuck(office)}"
    runs_of_dags.write_dag(office.desk.configuration, is_paused=True)
    answer = send(client, f"{path}/retry", seen(office))
    assert answer.status_code == 409
    assert "The DAG is paused" in answer.text
    assert office.desk.statuses() == ["review"]
    assert send(client, f"{path}/cancel", seen(office)).status_code == 303


def test_many_are_decided_about_each_by_itself(office: Office, client: TestClient) -> None:
    stuck(office)
    job = office.desk.job()
    chosen = f"{job.export_id} {job.updated_at.isoformat()}"
    nobodys = f"{'0' * 8}-0000-0000-0000-{'0' * 12} {job.updated_at.isoformat()}"
    answer = send(
        client, "/exports/chosen", {"what": "cancel", "chosen": [chosen, nobodys, chosen]}
    )
    assert answer.status_code == 200
    assert "1 export cancelled, 2 not." in answer.text
    assert "No such export" in answer.text
    assert "It is cancelled now, and was not touched: ada cancelled it." in answer.text
    assert send(client, "/exports/chosen", {"what": "retry"}).status_code == 422
    assert send(client, "/exports/chosen", {"what": "burn", "chosen": chosen}).status_code == 422
    refused = send(client, "/exports/chosen", {"what": "retry", "chosen": chosen}, "vera")
    assert "1 export" not in refused.text
    assert "You may not decide about exports" in refused.text
    late = send(client, "/exports/chosen", {"what": "cancel", "chosen": chosen}, "root")
    assert late.status_code == 409, "all of them were somebody else's already"
    assert runs_of_dags.runs_of(DAG)[1:] == []
