"""Import items: what is refused, what is staged, and what the import job makes of it."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pytest

from tests.sandbox.vendors.xledger.asking import Xledger

ADD = (
    "mutation add($inputs: [AddGLImportItemsInput!]!) { addGLImportItems(inputs: $inputs) "
    "{ edges { clientId node { dbId extIdentifier amount account { code } } } } }"
)
ITEMS = "glImportItems(filter: {extIdentifier_in: [%s]}) { edges { node { dbId extIdentifier amount taxAmount quantity text archive "
ITEMS += "account { code } subledger { code } jobLevel { code } createdAt invoiceFile { url } } } }"
LINES = "transactions(filter: {extIdentifier_in: [%s]}) { edges { node { dbId extIdentifier amount account { code } "
LINES += "header { trRegNumber transactionNumber importedAt } } } }"
ERRORS = "glImportItemErrors(filter: {transactionDbId_in: [%s]}) { edges { node { transactionDbId message } } }"
PDF = b"%PDF-1.7\r\n\x00\xff\r\n--not the end--\r\n"
_number = iter(range(1, 1_000))


class Company:
    """One of its own, with a voucher of two lines."""

    def __init__(self, xledger: Xledger, **more: Any) -> None:
        self.xledger, self.id = xledger, f"imports{next(_number)}"
        self.token = xledger.company(self.id, entries=200, **more)

    def add(self, *inputs: dict[str, Any], files: dict[str, Any] | None = None) -> Any:
        asked = {"query": ADD, "operationName": "add", "variables": {"inputs": inputs}}
        if files is None:
            return self.xledger.answer(ADD, self.token, variables={"inputs": inputs}).json()
        parts = {"content": (None, json.dumps(asked), "application/json"), **files}
        headers = {"Authorization": f"token {self.token}"}
        return self.xledger.http.post("/xledger/graphql", headers=headers, files=parts).json()

    def do(self, what: str, **more: Any) -> Any:
        return self.xledger.http.post(
            f"/sandbox/companies/{self.id}/xledger", json={"do": what, **more}
        )

    def nodes(self, query: str, *references: str) -> list[dict[str, Any]]:
        asked = query % ", ".join(json.dumps(one) for one in references)
        [found] = self.xledger.ask(f"{{ {asked} }}", self.token).values()
        return [edge["node"] for edge in found["edges"] or []]

    @property
    def truth(self) -> Any:
        return self.xledger.truth(self.id, "xledger-imports").json()

    @property
    def errors(self) -> list[str]:
        return sorted({one for of in self.truth["errors"].values() for one in of})


@pytest.fixture
def company(xledger: Xledger) -> Company:
    return Company(xledger)


def item(reference: str = "A-1", amount: Any = "125.00", **more: Any) -> dict[str, Any]:
    node = {
        "transactionSource": {"code": "GL"}, "trRegNumber": 7, "postedDate": "2026-10-15", "account": {"code": "2410"},
        "amount": amount, "currency": {"code": "NOK"}, "extIdentifier": reference, "text": "Tog",
    }  # fmt: skip
    return {"clientId": f"c{reference}", "node": node | more}


def owed(reference: str = "A-0", amount: str = "-125.00", **more: Any) -> dict[str, Any]:
    return item(
        reference,
        amount,
        account={"code": "6800"},
        subledger={"code": "0011"},
        invoiceNumber="KEY",
        **more,
    )


# --- staging -------------------------------------------------------------------------------------


def test_lines_are_staged_and_found(company: Company) -> None:
    answer = company.add(
        item(quantity=84.5, glObject1={"code": "1"}, project={"code": "P1000"}), owed()
    )
    edges = answer["data"]["addGLImportItems"]["edges"]
    assert [edge["clientId"] for edge in edges] == ["cA-1", "cA-0"]
    assert edges[0]["node"]["account"] == {"code": "2410"}
    first, second = company.nodes(ITEMS, "A-1", "A-0", "B-1")
    assert (first["amount"], first["quantity"], first["jobLevel"]) == (
        "125.00",
        84.5,
        {"code": "IMPORT"},
    )
    assert (second["subledger"], second["archive"]) == ({"code": "0011"}, False)
    assert isinstance(first["dbId"], str)
    assert company.nodes(LINES, "A-1", "A-0") == []


def test_the_same_lines_twice_are_there_twice(company: Company) -> None:
    for _ in range(2):
        company.add(item(), owed())
    assert len(company.nodes(ITEMS, "A-1")) == 2
    company.do("run_import")
    assert len(company.nodes(LINES, "A-1")) == 2


def test_files_are_parts_of_the_request(company: Company) -> None:
    files = {"1-tåg.pdf": ("tåg.pdf", PDF, "application/pdf")}
    assert "errors" not in company.add(item(invoiceFile="1-tåg.pdf"), owed(), files=files)
    [staged] = company.truth["staged"]["A-1"]
    assert staged["file"] == {
        "name": "tåg.pdf",
        "content_type": "application/pdf",
        "size": len(PDF),
        "sha256": sha256(PDF).hexdigest(),
    }
    assert company.nodes(ITEMS, "A-1")[0]["invoiceFile"]["url"]
    company.do("run_import")
    assert company.truth["posted"]["A-1"][0]["file"]["sha256"] == sha256(PDF).hexdigest()
    [error] = company.add(item(invoiceFile="2-other.pdf"), files=files)["errors"]
    assert error["message"] == "invoiceFile: The request has no part '2-other.pdf'."


# --- refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"account": {"code": "9999"}}, "account.code: No value matching owner"),
        ({"subledger": {"code": "E404"}}, "subledger.code: No value matching owner"),
        ({"subledger": {"code": "1"}}, "subledger.code: More than one value matching owner"),
        ({"project": {"code": "P404"}}, "project.code: No value matching"),
        ({"taxRule": {"code": "XX"}}, "taxRule.code: No value matching"),
        ({"glObject1": {"code": "K01"}}, "glObject1.code: No value matching"),
        ({"glObject4": {"code": "1"}}, "glObject4.code: No value matching"),
        ({"jobLevel": {"code": "NOPE"}}, "jobLevel.code: No value matching"),
        ({"currency": {"code": "XXX"}}, "currency.code: No value matching"),
        ({"transactionSource": {"code": "XX"}}, "transactionSource.code: No value matching"),
        ({"account": None}, "account: A value is required."),
        ({"amount": None}, "amount: A value is required."),
        ({"amount": "12.345"}, "amount: '12.345' is no amount."),
        ({"postedDate": "15.10.2026"}, "postedDate: '15.10.2026' is no date."),
        ({"text": "x" * 256}, "text: At most 255 characters."),
        ({"owner": {"dbId": 4700}}, "owner: No value matching"),
    ],
)  # fmt: skip
def test_one_bad_line_refuses_all_of_a_call(
    company: Company, more: dict[str, Any], words: str
) -> None:
    answer = company.add(owed(), item(**more))
    assert answer["data"] is None
    [error] = answer["errors"]
    assert words in error["message"]
    assert error["extensions"]["code"] == "INVALID_VALUE"
    assert error["path"][:3] == ["addGLImportItems", "inputs", 1]
    assert company.truth["staged"] == {}


@pytest.mark.parametrize(
    "node", [{"trRegNumber": 2**31}, {"trRegNumber": "7"}, {"quantity": "1"}, {"colour": "red"}]
)
def test_what_is_malformed_is_refused_by_the_schema(company: Company, node: dict[str, Any]) -> None:
    answer = company.add(item(**node))
    assert answer["data"] is None
    assert company.truth["staged"] == {}


def test_at_most_five_hundred_inputs(company: Company) -> None:
    [error] = company.add(*(item(f"A-{n}") for n in range(501)))["errors"]
    assert "1 to 500" in error["message"]
    assert "errors" not in company.add(*(item(f"A-{n}") for n in range(500)))


@pytest.mark.parametrize(
    ("tells", "path", "client_id", "value"),
    [("path", True, False, True), ("client_id", False, True, True), ("text", False, False, True),
        ("words", False, False, True), ("nothing", False, False, False)],
)  # fmt: skip
def test_how_a_bad_line_is_told(
    company: Company, tells: str, path: bool, client_id: bool, value: bool
) -> None:
    company.do("set", tells=tells, errors="first")
    [error] = company.add(
        item("B-1", project={"code": "P404"}), item("B-2", project={"code": "P405"})
    )["errors"]
    told = "clientId" in error.get("extensions", ())
    assert ("code" in error) == (tells != "words")
    assert ("path" in error, told, "P404" in error["message"]) == (
        path,
        client_id,
        value,
    )


def test_only_the_bad_ones_may_be_refused(company: Company) -> None:
    company.do("set", refuses="some")
    answer = company.add(item(), owed(project={"code": "P404"}))
    assert [edge["clientId"] for edge in answer["data"]["addGLImportItems"]["edges"]] == ["cA-1"]
    assert len(answer["errors"]) == 1
    assert list(company.truth["staged"]) == ["A-1"]


def test_a_token_without_the_scope(xledger: Xledger) -> None:
    [error] = xledger.answer(
        ADD, "sandbox-xledger-only-projects", variables={"inputs": [item()]}
    ).json()["errors"]
    assert "`addGLImportItems` needs a scope" in error["message"]


# --- the job -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ((item(), owed(amount="-124.99")), "The transaction 7 is not in balance: 0.01."),
        ((item(postedDate="2026-02-01"), owed()), "The period 2026-02 is closed."),
        ((item(postedDate="2039-02-01"), owed()), "There is no period for 2039-02-01."),
        ((item(account={"code": "2200"}), owed()), "The account 2200 is not open for posting."),
    ],
)  # fmt: skip
def test_what_cannot_be_booked_stays_with_an_error(
    company: Company, lines: Any, message: str
) -> None:
    company.add(*lines)
    company.add(item("B-1", trRegNumber=8), owed("B-0", trRegNumber=8))
    company.do("run_import")
    assert company.errors == [message]
    assert set(company.truth["staged"]) == {"A-1", "A-0"}
    assert set(company.truth["posted"]) == {"B-1", "B-0"}
    ids = [one["dbId"] for one in company.nodes(ITEMS, "A-1", "A-0")]
    told = company.nodes(ERRORS, *ids)
    assert {one["message"] for one in told} == {message}
    assert {one["transactionDbId"] for one in told} <= set(ids)


def test_an_error_goes_with_its_cause(company: Company) -> None:
    company.add(item(), owed())
    company.do("close_period", period="2026-10")
    company.do("run_import")
    company.do("run_import")
    assert company.truth["errors"]["A-1"] == ["The period 2026-10 is closed."]
    company.do("open_period", period="2026-10")
    company.do("run_import")
    assert company.truth["errors"] == {}
    assert company.truth["vouchers"] == {"7": ["125.00", "-125.00"]}


@pytest.mark.parametrize(
    ("vat", "amounts"),
    [("apart", ["100.00", "25.00", "-125.00"]), ("within", ["125.00", "-125.00"])],
)
def test_the_tax_of_a_line(company: Company, vat: str, amounts: list[str]) -> None:
    company.do("set", vat=vat)
    company.add(item(taxRule={"code": "I25"}, taxAmount="25.00"), owed())
    company.do("run_import")
    assert company.truth["vouchers"]["7"] == amounts
    assert company.truth["payables"] == {"KEY": [{"amount": "-125.00", "subledger": "0011"}]}


@pytest.mark.parametrize(
    ("processed", "left"), [("gone", []), ("listed", [False] * 2), ("archived", [True] * 2)]
)
def test_what_becomes_of_staged_lines(company: Company, processed: str, left: list[bool]) -> None:
    company.do("set", processed=processed)
    company.add(item(), owed())
    company.do("run_import")
    items = company.nodes(ITEMS, "A-1", "A-0")
    assert [one["archive"] for one in items] == left
    lines = company.nodes(LINES, "A-1", "A-0")
    assert all(one["createdAt"] < lines[0]["header"]["importedAt"] for one in items)
    company.do("run_import")
    assert len(company.nodes(LINES, "A-1", "A-0")) == 2
    assert company.truth["staged"] == {}


def test_the_job_runs_after_so_many_reads(company: Company) -> None:
    company.do("set", runs_after_reads=2)
    company.add(item(), owed())
    assert [len(company.nodes(ITEMS, "A-1")) for _ in range(3)] == [1, 1, 0]
    assert len(company.nodes(LINES, "A-1")) == 1


def test_the_job_runs_after_so_many_seconds(company: Company) -> None:
    company.do("set", runs_after_s=0)
    company.add(item(), owed())
    assert len(company.nodes(LINES, "A-1")) == 1


def test_what_is_held_waits_for_somebody(company: Company) -> None:
    held = {"jobLevel": {"code": "HOLD"}}
    company.add(item(**held), owed(**held))
    company.do("run_import")
    assert company.nodes(LINES, "A-1") == []
    company.do("run_import", releases=True)
    assert len(company.nodes(LINES, "A-1")) == 1


# --- in the ledger -------------------------------------------------------------------------------


def test_booked_lines_are_lines_of_the_ledger(company: Company) -> None:
    before = company.xledger.rows("transactions", token=company.token)
    company.add(item(), owed())
    company.do("run_import")
    after = company.xledger.rows("transactions", token=company.token, size=100)
    assert after[: len(before)] == before
    assert [row["amount"] for row in after[len(before) :]] == ["125.00", "-125.00"]
    ids = [int(row["dbId"]) for row in after]
    assert ids == sorted(ids)
    payables = company.xledger.rows("apTransactions", token=company.token)
    assert payables[-1]["invoiceNumber"] == "KEY"
    assert payables[-1]["dbId"] < 2**31
    newest = company.xledger.ask(
        f'{{ transactions(last: 3) {{ edges {{ cursor node {{ dbId }} }} }} one: transactions(filter: {{dbId: "{ids[-1]}"}}) {{ edges {{ node {{ amount }} }} }} }}',
        company.token,
    )  # fmt: skip
    assert [int(edge["node"]["dbId"]) for edge in newest["transactions"]["edges"]] == ids[-3:]
    assert newest["one"]["edges"] == [{"node": {"amount": "-125.00"}}]


def test_booked_lines_are_told_as_changes(company: Company) -> None:
    company.xledger.next_day(company.id)
    asked = "{ transaction_deltas(last: 4) { edges { cursor node { dbId mutationType amount header { postedDate } } } } }"
    before = company.xledger.ask(asked, company.token)["transaction_deltas"]["edges"][-1]["cursor"]
    company.add(item(), owed())
    company.do("run_import")
    company.do("delete_posted", extIdentifier="A-1")
    after = asked.replace("last: 4", f'first: 9, after: "{before}"')
    edges = company.xledger.ask(after, company.token)["transaction_deltas"]["edges"]
    assert [edge["node"]["mutationType"] for edge in edges] == ["ADDED"] * 2 + ["DELETED"] * 2
    assert len({edge["node"]["dbId"] for edge in edges}) == 2


def test_it_goes_to_the_entity_that_is_said(xledger: Xledger) -> None:
    above = Company(xledger)
    below = Company(xledger, xledger_above=above.id)
    owner = xledger.ask("{ viewer { entity { dbId } } }", below.token)["viewer"]["entity"]["dbId"]
    above.add(item(owner={"dbId": owner}), owed(owner={"dbId": owner}))
    above.add(item("B-1"))
    assert set(below.truth["staged"]) == {"A-1", "A-0"}
    assert set(above.truth["staged"]) == {"B-1"}
    assert len(above.nodes(ITEMS, "A-1", "B-1")) == 2


# --- somebody at work ----------------------------------------------------------------------------


def test_somebody_changes_and_deletes(company: Company) -> None:
    company.add(item(), owed())
    company.do("change_item", extIdentifier="A-1", amount="130.00", account="3410")
    assert company.truth["staged"]["A-1"][0]["amount"] == "130.00"
    company.do("delete_item", extIdentifier="A-1")
    assert set(company.truth["staged"]) == {"A-0"}
    assert company.do("delete_item", extIdentifier="A-1").status_code == 404
    assert company.do("change_item", extIdentifier="A-0", account="9999").status_code == 400
    assert company.do("nothing").status_code == 400
    assert company.do("set", colour="red").status_code == 400


def test_somebody_reverses_a_voucher(company: Company) -> None:
    company.add(item(), owed())
    company.do("run_import")
    company.do("reverse_posted", extIdentifier="A-1")
    assert [one["amount"] for one in company.truth["posted"]["A-1"]] == ["125.00", "-125.00"]
    assert [one["amount"] for one in company.truth["payables"]["KEY"]] == ["-125.00", "125.00"]


def test_somebody_pays_what_is_owed(company: Company) -> None:
    company.add(item(), owed())
    company.do("run_import")
    company.do("pay_posted", extIdentifier="A-0", postedDate="2026-11-02")
    assert [one["amount"] for one in company.truth["payables"]["KEY"]] == ["-125.00", "125.00"]
    assert company.do("pay_posted", extIdentifier="A-1").status_code == 404


def test_registers_and_names_are_changed(company: Company) -> None:
    company.do("change", root="accounts", code="2410", posting=False)
    company.do("rename", description="Nytt navn AS")
    found = company.xledger.ask(
        "{ viewer { entity { description } } entities { edges { node { description } } } "
        'accounts(filter: {code: "2410"}) { edges { node { posting } } } }',
        company.token,
    )
    assert found["viewer"]["entity"]["description"] == "Nytt navn AS"
    assert found["entities"]["edges"][0]["node"]["description"] == "Nytt navn AS"
    assert found["accounts"]["edges"] == [{"node": {"posting": False}}]


def test_a_company_that_begins_anew_has_nothing_staged(company: Company) -> None:
    company.add(item())
    company.xledger.company(company.id, entries=200)
    assert company.truth["staged"] == {}
