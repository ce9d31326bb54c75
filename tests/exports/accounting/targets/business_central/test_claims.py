"""Claims as lines of the journal: looked up, made all or nothing, and never twice."""

from __future__ import annotations

import json
import time
from typing import Any

import msgspec
import pytest

from saldo.errors import AuthError, ConfigError, RateLimited
from saldo.exports.accounting.document import AccountingDocument
from saldo.exports.accounting.targets.business_central.lines import line_number
from saldo.exports.accounting.targets.business_central.sending import open_target
from saldo.exports.accounting.targets.target import Found
from saldo.transport import Policy
from tests.support import Sandbox

from .support import Desk, desk, dinner, opened, taxi


@pytest.fixture
def one(sandbox: Sandbox) -> Desk:
    return desk(sandbox, "bcclaims")


def test_a_claim_is_made_once_found_and_the_same(one: Desk) -> None:
    claim = one.claim(
        "EXP-1", taxi(), dinner(2, dimensions={"department": "ops"}), taxi(3, "-20.5"), number=7
    )
    assert one.look(claim) == {claim.key: Found(where="nowhere")}
    assert {key: (out.what, out.reference) for key, out in one.send(claim).items()} == {claim.key: ("done", claim.key)}  # fmt: skip
    assert one.look(claim) == {claim.key: Found(where="waiting", reference=claim.key)}
    rows = one.books.truth()["lines"][claim.key]
    assert [(row["account"], row["balancing"], row["amount"], row["date"]) for row in rows] == [
        ("4410", "V00031", "121.00", "2026-03-02"), ("4430", "V00031", "125.00", "2026-03-02"),
        ("4410", "V00031", "-20.50", "2026-03-02"),
    ]  # fmt: skip
    ((keys, method, path, body, what, status, _),) = one.register.calls
    assert (keys, method, what, status) == ([claim.key], "POST", "done", 200)
    assert path.endswith("/$batch")
    sent = [request["body"] for request in body["requests"]]
    assert [(line["lineNumber"], line["amount"]) for line in sent] == [(800, "121.00"), (801, "125.00"), (802, "-20.50")]  # fmt: skip
    json.dumps(body)


def as_jsonb_keeps_it(found: dict[str, Any]) -> dict[str, Any]:
    """Short names first."""
    return dict(sorted(found.items(), key=lambda item: (len(item[0]), item[0])))


def test_it_is_the_same_after_the_register_has_written_it_as_json(one: Desk) -> None:
    claim = one.claim("EXP-1", taxi(dimensions={"department": "ops"}))
    kept = json.loads(msgspec.json.encode(claim.document), object_hook=as_jsonb_keeps_it)
    stored = msgspec.convert(kept, AccountingDocument, strict=False)
    again = msgspec.structs.replace(claim, document=stored)
    assert one.send(again)[claim.key].what == "done"
    assert one.anew().look(again)[claim.key] == Found(where="waiting", reference=claim.key)
    # The account's own text would be there, were it said after ours.
    [line] = claim.document.payload["journalLines"]
    assert [row["text"] for row in one.books.truth()["lines"][claim.key]] == [line["description"]]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"amount": 1.5}, "line 1: 1.50 there, 121.00 here"),
        ({"accountNumber": "4420"}, "line 1: account 4420 there, 4410 here"),
        ({"postingDate": "2026-03-03"}, "line 1: posting date 2026-03-03 there, 2026-03-02 here"),
        ({"balancingAccountNumber": "V00032"}, "line 1: owed to Vendor V00032 there, Vendor V00031 here"),
        ({"taxCode": "STANDARD"}, "line 1: VAT code STANDARD there, ZERO here"),
        ({"externalDocumentNumber": "OTHER"}, "line 1 (121.00) is not there; a line more: 121.00 on account 4410"),
        ({"description": "Taxi from the airport"}, ""),
    ],
)  # fmt: skip
def test_what_somebody_changed_is_said(one: Desk, change: dict[str, Any], words: str) -> None:
    claim = one.claim("EXP-1")
    one.send(claim)
    one.books.do("change_line", documentNumber=claim.key, **change)
    found = one.look(claim)[claim.key]
    assert (found.difference, found.copies, found.where) == (words, 1, "waiting")


def test_lines_that_were_deleted_or_are_there_twice(one: Desk) -> None:
    claim = one.claim("EXP-1", taxi(), taxi(2, "10.00"))
    one.send(claim)
    again = msgspec.structs.replace(claim, number=99)
    one.send(again)
    found = one.look(claim)[claim.key]
    assert (found.copies, found.difference) == (2, "")
    one.books.do("delete_line", documentNumber=claim.key)
    assert one.look(claim)[claim.key].difference == "line 2 (10.00) is there 2 times"


def test_dimensions_are_compared_and_those_of_accounts_may_come_on_top(one: Desk) -> None:
    claim = one.claim("EXP-1", taxi(dimensions={"department": "OPS"}))
    one.send(claim)
    (line,) = one.books.truth()["lines"][claim.key]
    path = f"journalLines({line['id']})/dimensionSetLines"
    one.books.made(path, {"code": "PROJEKT", "valueCode": "P1"})
    assert one.look(claim)[claim.key].difference == ""
    (department, _) = one.books.found(path)
    one.books.do("ask", method="PATCH", path=f"{path}({department['id']})", body={"valueCode": "ADM"})  # fmt: skip
    assert one.look(claim)[claim.key].difference == "line 1: AFDELING ADM there, OPS here"


def test_one_that_is_refused_keeps_no_other_from_being_made(one: Desk) -> None:
    good = [one.claim(f"EXP-{n}", taxi(), taxi(2)) for n in (1, 2, 5)]
    blocked = one.claim("EXP-3", taxi(), taxi(2, category="old"))
    missing = one.claim("EXP-4", taxi(), employee="V77777")
    outcomes = one.send(good[0], good[1], blocked, missing, good[2])
    assert {key: out.what for key, out in outcomes.items()} == {
        **{claim.key: "done" for claim in good}, blocked.key: "refused", missing.key: "refused",
    }  # fmt: skip
    assert one.lines() == {claim.key: 2 for claim in good}
    said = outcomes[blocked.key]
    assert said.message.startswith(
        "Business Central refuses it: Blocked must be equal to 'No' in G/L Account: No.=4450. Current value is 'Yes'. "
        "[Application_FieldValidationException, correlation id "
    )
    assert said.message.endswith(
        "Remedy: have the account unblocked, or map the category to another"
    )
    assert (said.family, said.where) == ("BadResponse", "nowhere")
    assert "(V77777) that cannot be found" in outcomes[missing.key].message
    assert one.register.told() == [("$batch", "refused", 200), ("$batch", "refused", 200), ("$batch", "done", 200)]  # fmt: skip
    assert {found.where for found in one.look(*good).values()} == {"waiting"}


def test_groups_fit_a_batch(one: Desk) -> None:
    many = one.claim("EXP-1", *[taxi(n) for n in range(1, 81)])
    few = [one.claim(f"EXP-{n}", taxi(), taxi(2)) for n in range(2, 13)]
    paid = [one.honorarium(f"HON-{n}") for n in range(21)]
    groups = one.target.groups([many, *few, *paid])
    assert [len(group) for group in groups] == [11, 1, 20, 1]
    assert [d for group in groups for d in group] == [many, *few, *paid]


def test_line_numbers_are_of_32_bits_and_never_the_same() -> None:
    numbers = [line_number(n, place) for n in (1, 2, 20_999_999, 21_000_000) for place in range(100)]  # fmt: skip
    assert len(set(numbers)) == len(numbers)
    assert min(numbers) > 0
    assert max(numbers) < 2**31


# --- outcomes nobody saw -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "more"), [("drop", {}), ("lost", {}), ("lost", {"by": 503}), ("late", {"seconds": 3}), ("truncate", {}), ("html", {})]
)  # fmt: skip
def test_what_nobody_saw_is_unknown_and_then_found(one: Desk, kind: str, more: Any) -> None:
    claims = [one.claim("EXP-1"), one.claim("EXP-2", dinner())]
    one.books.company.fault(kind, match="journalLines", **more)
    outcomes = one.send(*claims)
    assert {out.what for out in outcomes.values()} == {"unknown"}
    assert {out.family for out in outcomes.values()} == {"OutcomeUnknown"}
    assert one.register.told()[0][1] == "unknown"
    assert {found.where for found in one.look(*claims).values()} == {"waiting"}
    # A person, or a bug, sends it all the same: numbers of lines keep it from being there twice.
    again = one.anew().send(*claims)
    assert {out.what for out in again.values()} == {"done"}
    assert one.lines() == {claim.key: 1 for claim in claims}


def test_one_that_is_carried_out_after_it_was_sent_again(one: Desk) -> None:
    """The first request waits in a queue there, longer than anybody waited for it."""
    claim = one.claim("EXP-1", taxi(), taxi(2))
    hasty = opened(one.books, policy=Policy(max_tries=1, read_timeout_s=1.5))
    hasty.look(claim)
    one.books.company.fault("latency", match="journalLines", seconds=2.5)
    assert hasty.send(claim)[claim.key].what == "unknown"
    assert hasty.look(claim)[claim.key].where == "nowhere"
    assert one.send(claim)[claim.key].what == "done"
    time.sleep(2)
    assert one.lines() == {claim.key: 2}
    assert one.look(claim)[claim.key] == Found(where="waiting", reference=claim.key)


def test_line_numbers_that_others_have_taken(one: Desk) -> None:
    claim = one.claim("EXP-1", number=7)
    (journal,) = one.books.found("journals", "code eq 'SALDO'")
    other = one.claim("EXP-2", number=8)
    body = {**other.document.payload["journalLines"][0], "lineNumber": 800, "amount": 1.0, "postingDate": "2026-03-02"}  # fmt: skip
    one.books.made(f"journals({journal['id']})/journalLines", body)
    outcome = one.send(claim)[claim.key]
    assert (outcome.what, outcome.where) == ("refused", "nowhere")
    assert "line numbers from 800 on are taken by other lines of the journal SALDO" in outcome.message  # fmt: skip


def test_it_was_sent_before_and_somebody_changed_it(one: Desk) -> None:
    claim = one.claim("EXP-1")
    one.send(claim)
    one.books.do("change_line", documentNumber=claim.key, amount=5)
    outcome = one.send(claim)[claim.key]
    assert outcome.what == "unknown"  # and its look-up says so
    assert "is there already, and another: line 1: 5.00 there, 121.00 here" in outcome.message


def test_a_request_in_the_middle_that_fails_takes_one_claim_with_it(one: Desk) -> None:
    claims = [one.claim(f"EXP-{n}", taxi(), taxi(2)) for n in (1, 2, 3)]
    one.books.company.fault("partial", match="journalLines")
    outcomes = one.send(*claims)
    assert [outcomes[claim.key].what for claim in claims] == ["done", "failed", "done"]
    assert one.lines() == {claims[0].key: 2, claims[2].key: 2}
    assert outcomes[claims[1].key].family == "Unavailable"


def test_a_lock_is_waited_for_by_all(one: Desk) -> None:
    claims = [one.claim(f"EXP-{n}") for n in range(6)]
    one.books.do("lock", writes=9)
    outcomes = one.send(*claims)
    assert {out.what for out in outcomes.values()} == {"failed"}
    assert len(one.register.calls) == 3
    assert one.lines() == {}


# --- what concerns all ---------------------------------------------------------------------------


def test_too_many_requests_are_waited_out_or_raised(one: Desk) -> None:
    claim = one.claim("EXP-1")
    one.look(claim)
    one.books.company.fault("429", match="journalLines", retry_after=1)
    assert one.send(claim)[claim.key].what == "done"
    one.books.company.fault("429", match="journalLines", times=9)
    with pytest.raises(RateLimited):
        one.send(one.claim("EXP-2"))
    assert one.register.told()[-1] == ("$batch", "failed", 429)
    assert set(one.lines()) == {claim.key}


def test_a_token_that_is_refused_once_is_fetched_anew(one: Desk) -> None:
    claim = one.claim("EXP-1")
    one.look(claim)
    one.books.company.fault("expired", match="journalLines")
    assert one.send(claim)[claim.key].what == "done"
    one.books.company.fault("revoked", match="journalLines", times=2)
    with pytest.raises(AuthError):
        one.send(one.claim("EXP-2"))


def test_trouble_after_a_refusal_is_an_outcome(one: Desk) -> None:
    """Something was refused already: that is told, and the others wait."""
    bad, good = one.claim("EXP-1", taxi(category="old")), one.claim("EXP-2")
    one.look(good)
    one.books.company.fault("429", match="journalLines", times=9, after=1)
    outcomes = one.send(bad, good)
    assert (outcomes[bad.key].what, outcomes[good.key].what) == ("refused", "failed")
    assert outcomes[good.key].family == "RateLimited"


def test_the_company_is_known_by_its_id(one: Desk) -> None:
    id = one.books.truth()["id"]
    assert one.target.company == f"business_central fjordgruppen.example/sandbox {id}"
    one.books.do("rename", name="NEW NAME", display_name="New name ApS")
    assert one.anew().target.company == one.target.company


def test_a_company_a_journal_or_an_environment_that_is_not_there(one: Desk) -> None:
    other = one.configuration.model_copy(update={"company": "Nobody AS"})
    with pytest.raises(ConfigError, match=r"no company is called 'Nobody AS' .* which has .* keeps its id"):  # fmt: skip
        _ = open_target(one.client, other).company
    with pytest.raises(ConfigError, match="the environment Production, and the Airflow connection 'bygg_bc' is to Sandbox"):  # fmt: skip
        open_target(one.client, one.configuration.model_copy(update={"environment": "Production"}))
    one.into("NONE")
    with pytest.raises(ConfigError, match="create the batch NONE under General Journals"):
        one.look(one.claim("EXP-1"))


# --- companies that take no dimensions within a line ---------------------------------------------


@pytest.mark.parametrize("value", ["OPS", "ADM"])
def test_a_dimension_the_account_has_by_default_is_ours_then(one: Desk, value: str) -> None:
    """Business Central gives it to the line, and refuses a second one of that code, even of the same value."""
    one.books.do("account", number="4410", _defaults={"AFDELING": value})
    one.books.do("vendor", number="V00031", _defaults={"PROJEKT": "P2"})
    claims = [
        one.claim("EXP-1", taxi(dimensions={"department": "OPS", "project": "P1"}), dinner(2)),
        one.claim("EXP-2", taxi(dimensions={"department": "OPS"})),
    ]
    assert {out.what for out in one.send(*claims).values()} == {"done"}
    found = one.look(*claims)
    assert [(one.difference, one.is_complete) for one in found.values()] == [("", True)] * 2
    changed = one.books.truth()["lines"][claims[1].key][0]["id"]
    path = f"journalLines({changed})/dimensionSetLines"
    department = next(row for row in one.books.found(path) if row["code"] == "AFDELING")
    one.books.do("ask", method="PATCH", path=f"{path}({department['id']})", body={"valueCode": "SALG"})  # fmt: skip
    one.complete(claims[1])  # what a bookkeeper has changed since stays, and is told
    assert one.look(claims[1])[claims[1].key].difference == "line 1: AFDELING SALG there, OPS here"


def test_dimensions_are_sent_apart_where_they_must_be(one: Desk) -> None:
    one.books.do("set", takes_inner_dimensions=False)
    claims = [
        one.claim("EXP-1", taxi(dimensions={"department": "OPS", "project": "P1"})),
        one.claim("EXP-2"),
    ]
    assert {out.what for out in one.send(*claims).values()} == {"done"}
    assert {found.is_complete for found in one.look(*claims).values()} == {True}
    third = one.claim("EXP-3", taxi(dimensions={"department": "ADM"}))
    one.books.company.fault("503", match="dimensionSetLines", after=0, times=9)
    outcome = one.send(third)[third.key]
    assert (outcome.what, one.lines()[third.key]) == ("unknown", 1)
    one.books.company.sandbox.clear_faults()
    found = one.look(third)[third.key]
    assert (found.where, found.difference, found.is_complete) == ("waiting", "", False)
    posted = one.post(third, expected=[claim.key for claim in claims])
    assert (posted[third.key].what, one.books.truth()["posted"]) == ("failed", {})
    assert one.complete(third)[third.key].what == "done"
    assert one.look(third)[third.key] == Found(where="waiting", reference=third.key)
