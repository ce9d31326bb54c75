"""Files of accounting exports: what they may say, and what is said of those that cannot be used."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from saldo.errors import ConfigError
from saldo.exports.accounting.targets.business_central.configuration import BusinessCentralExport
from saldo.exports.accounting.targets.xledger.configuration import XledgerExport
from saldo.exports.loading import (
    accounting_export,
    load_accounting_exports,
    load_export_configurations,
)
from tests.support import PROJECT

from .examples import ORGANISATIONS, configurations

FJELL = (ORGANISATIONS / "fjell.yaml").read_text()
HAVN = (ORGANISATIONS / "havn.yaml").read_text()
KOERSEL = (ORGANISATIONS / "koersel.yaml").read_text()


def test_what_files_say() -> None:
    found = configurations()
    assert {name: type(one) for name, one in found.items()} == {
        "fjell": BusinessCentralExport, "havn": XledgerExport, "koersel": BusinessCentralExport,
    }  # fmt: skip
    fjell, havn = found["fjell"], found["havn"]
    assert isinstance(fjell, BusinessCentralExport)
    assert isinstance(havn, XledgerExport)
    assert (fjell.batch.journal, fjell.limits.largest_amount, fjell.mapping.booking) == (
        "SALDO",
        Decimal(50000),
        "leave",
    )
    assert (fjell.limits.settle_minutes, havn.limits.settle_minutes) == (20, 10)
    assert found["koersel"].rules.accounts == {"fee": "4510", "fuel": "4520"}, "digits are texts"
    assert fjell.rules.vat["25"].rate == 25
    assert (havn.environment, havn.batch.size, str(havn.key)) == ("production", 500, "export havn")
    assert havn.payable("honorarium") is not None
    assert fjell.payable("honorarium") is None


@pytest.mark.parametrize(
    ("text", "old", "new", "said"),
    [
        (FJELL, "company: Fjellbygg AS\n", "", "company: is missing; add it"),
        (FJELL, "environment: Production\n", "", "environment: is missing; add it"),
        (FJELL, "batch: {journal: SALDO}\n", "", "batch: is missing; add it"),
        (FJELL, "currency: NOK", "currency: kroner", "currency: 'kroner' is no currency; write three capitals such as NOK"),
        (FJELL, "Europe/Oslo", "Europe/Atlantis", "timezone: 'Europe/Atlantis' is no timezone"),
        (FJELL, "journal: SALDO", "journal: saldo", "batch.journal: 'saldo' is no code of a journal batch; write 1 to 10 of"),
        (FJELL, "mapping:\n", "colour: red\nmapping:\n", "colour: unknown key; remove it or correct its spelling (known: organisation, target"),
        (FJELL, "  no_vat:", "  novat:", "mapping.novat: unknown key; remove it or correct its spelling (known: accounts"),
        (FJELL, 'country: "NO", code: high', "country: NO, code: high", "mapping.vat.25.country: YAML reads this as False, not as a text; write it in quotes"),
        (FJELL, 'country: "NO", code: high', "country: Norge, code: high", "mapping.vat.25.country: 'Norge' is no country"),
        (FJELL, "rate: 25", "rate: lots", "mapping.vat.25.rate: 'lots' is no number; write one such as 25"),
        (FJELL, "rate: 25", "rate: 100", "mapping.vat.25.rate: "),
        (FJELL, "rate: 25", "rate: yes", "mapping.vat.25.rate: True is no number"),
        (FJELL, "code: high", f"code: {'X' * 21}", f"mapping.vat: '{'X' * 21}' (25) is no code of the target; write 1 to 20 characters"),
        (FJELL, '"7140"', '" 7140"', "mapping.accounts: ' 7140' (travel) is no code of the target"),
        (FJELL, "to: PROSJEKT", "to: avdeling", "mapping.dimensions: two of them go to AVDELING; give each a place of its own"),
        (FJELL, '"20": DRIFT', f'"20": {"D" * 21}', f"mapping.dimensions: '{'D' * 21}' (20) is no code of the target"),
        (FJELL, "{text}, {quantity}", "{text}, {km}", "mapping.texts.line: {km} is nothing that a text may name; write some of: {id}"),
        (FJELL, "{text}, {quantity}", "{text.__class__}", "mapping.texts.line: {text.__class__} is nothing that a text may name"),
        (FJELL, "{text}, {quantity}", "{text:>999999999}", "mapping.texts.line: {text} takes no form; write only {text}"),
        (FJELL, "{text}, {quantity}", "{text", "mapping.texts.line: '{text' has a brace without its other"),
        (FJELL, "texts: {line", "texts: {document", "mapping.texts.document: {text} is nothing that a text may name"),
        (FJELL, "type: employee", "type: account", "mapping.payable.expense: account: belongs to `type: account`, and only there"),
        (FJELL, "type: employee", "type: friend", "mapping.payable.expense.type: "),
        (FJELL, "batch:", "owner_mail: [nobody]\nbatch:", "owner_mail: 'nobody' is not a mail address"),
        (FJELL, "batch:", "schedule: weekly\nbatch:", "schedule: 'weekly' is not a cron expression"),
        (FJELL, "largest_amount: 50000", "largest_amount: 0", "limits.largest_amount: "),
        (FJELL, "largest_amount: 50000", "max_tries: 0", "limits.max_tries: "),
        (FJELL, "largest_amount: 50000", "settle_minutes: 17", "limits.settle_minutes: "),
        (KOERSEL, "type: vendor", "type: employee", "mapping: payable.honorarium.type: a purchase invoice is of a vendor"),
        (KOERSEL, "booking: post", "booking: perhaps", "mapping.booking: "),
        (KOERSEL, "posting_date: month_end", "posting_date: monday", "mapping.posting_date: "),
        (HAVN, "to: glObject1", "to: glObject9", "mapping.dimensions: 'glObject9' is no place of a dimension in Xledger; write one of: project"),
        (HAVN, "to: glObject1", "to: project", "mapping.dimensions: two of them go to project"),
        (HAVN, 'account: "2910"', "subledger: true", "mapping.payable.expense.account: is missing; add it"),
        (HAVN, "currency: NOK", "currency: NOK\nenvironment: staging", "environment: "),
        (HAVN, "currency: NOK", "currency: NOK\nbatch: {size: 501}", "batch.size: "),
        (HAVN, "target: xledger", "target: visma", "target: 'visma' is unknown; write one of: business_central, example_target, xledger, xlsx"),
        (HAVN, "organisation: havn", "organisation: Havn", "organisation: 'Havn' is not an id"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_says_why(
    tmp_path: Path, text: str, old: str, new: str, said: str
) -> None:
    assert old in text
    (tmp_path / "koersel.yaml").write_text(KOERSEL)
    (tmp_path / "bad.yaml").write_text(
        text.replace(old, new, 1).replace("organisation: koersel", "organisation: other")
    )
    found = load_accounting_exports(directories=[tmp_path])
    assert [one.organisation for one in found.good] == ["koersel"], "one broken file harms no other"
    [broken] = found.broken
    assert f"bad.yaml: {said}" in str(broken)


def test_a_file_must_say_who_is_owed(tmp_path: Path) -> None:
    kept, _ = FJELL.split("  payable:")
    (tmp_path / "fjell.yaml").write_text(kept + "  payable: {}\nbatch: {journal: SALDO}\n")
    with pytest.raises(
        ConfigError, match=r"mapping\.payable: says neither `expense` nor `honorarium`"
    ):
        accounting_export("fjell", directories=[tmp_path])


def test_each_kind_of_export_is_loaded_by_itself(tmp_path: Path) -> None:
    (tmp_path / "havn.yaml").write_text(HAVN)
    (tmp_path / "weekly.yaml").write_text("name: weekly\ntarget: xlsx\nagreement: shop\n")
    (tmp_path / "copy.yaml").write_text("name: havn\ntarget: xlsx\nagreement: shop\n")
    files, accounts = (
        load_export_configurations(directories=[tmp_path]),
        load_accounting_exports(directories=[tmp_path]),
    )
    assert [one.name for one in files.good] == ["weekly"]
    assert [one.organisation for one in accounts.good] == ["havn"]
    assert files.broken == accounts.broken
    [broken] = files.broken
    assert "'havn' is taken by havn.yaml" in str(broken), "exports share one set of names"
    assert accounting_export("havn", directories=[tmp_path]) == accounts.good[0]


def test_the_examples_are_good_and_switched_off() -> None:
    folder = [PROJECT / "include" / "exports"]
    found = load_accounting_exports(directories=folder, with_disabled=True)
    assert found.broken == ()
    assert {one.target: one.enabled for one in found.good} == {
        "business_central": False,
        "xledger": False,
    }
