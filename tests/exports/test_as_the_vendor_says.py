"""A file of all purchase documents of a played company, beside the vendor's own records, by column.

What each cell must hold is computed here from the JSON that the vendor answers, with nothing of what lands, computes or writes it.
"""

from __future__ import annotations

import calendar
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest

from saldo.declarations.source import EVERYTHING, Keys
from saldo.exports.layouts import load_layouts
from saldo.exports.making import make_file
from saldo.warehouse.connection import connect
from tests.moneybird import ENTITIES, MoneybirdCompany, moneybird_company
from tests.support import Sandbox, land

from .papers import cells, local

Record = dict[str, Any]
_NAMED = (
    "administrations", "ledger_accounts", "tax_rates", "projects", "contacts", "purchase_invoices", "receipts",
)  # fmt: skip
_NAME = "purchase-export-20260301_101500-0001.xlsx"
_CENT = Decimal("0.01")


@pytest.fixture(scope="module")
def company(sandbox: Sandbox, dsn: str) -> MoneybirdCompany:
    found = moneybird_company(sandbox, "mbexport", entries=900, currencies=["USD", "GBP"])
    found.next_day(3)
    client = found.client()
    with connect(dsn) as connection:
        for entity in _NAMED:
            land(connection, dsn, client, found.agreement, entity)
    return found


def records(company: MoneybirdCompany, entity: str) -> dict[str, Record]:
    """As the vendor answers them, by id."""
    client, of = company.client(), ENTITIES[entity]
    keys: Any = EVERYTHING
    if entity in ("contacts", "purchase_invoices", "receipts"):
        keys = Keys(tuple(key for part in client.versions(of, None) for key, _ in part))
    found = (json.loads(bytes(one)) for page in client.pages(of, keys) for one in page.records)
    return {one["id"]: one for one in found}


class Vendor:
    """The vendor's records, and what the file must say of them."""

    def __init__(self, company: MoneybirdCompany) -> None:
        self.administration = company.administration_id
        self.rates = records(company, "tax_rates")
        self.accounts = records(company, "ledger_accounts")
        self.contacts = records(company, "contacts")
        self.documents = {**records(company, "purchase_invoices"), **records(company, "receipts")}

    def rows(self) -> Iterator[Record]:
        for document in sorted(self.documents.values(), key=lambda one: (one["date"], one["id"])):
            details = sorted(document["details"], key=lambda one: (one["row_order"], one["id"]))
            amounts = [self.amounts(document, details, base) for base in ("", "_base")]
            if not details:
                yield self.row(document, {}, *(column[0] for column in amounts))
            for place, detail in enumerate(details):
                yield self.row(document, detail, *(column[place] for column in amounts))

    def amounts(
        self, document: Record, details: list[Record], base: str
    ) -> list[tuple[Decimal | None, ...]]:
        """(net, tax, gross) of each line, in currency or (`_base`) in the books' own; what lacks is on the largest tax."""
        gross = _number(document[f"total_price_incl_tax{base}"])
        if not details:
            net = _number(document[f"total_price_excl_tax{base}"])
            return [(net, None if gross is None or net is None else gross - net, gross)]
        nets = [Decimal(one[f"total_price_excl_tax_with_discount{base}"]) for one in details]
        in_currency = [Decimal(one["total_price_excl_tax_with_discount"]) for one in details]
        percents = [self.charged(one) for one in details]
        taxes = [_rounded(net * percent / 100) for net, percent in zip(nets, percents, strict=True)]
        if gross is not None:
            sizes = [
                (-abs(_rounded(net * percent / 100)), -abs(net))
                for net, percent in zip(in_currency, percents, strict=True)
            ]
            taxes[sizes.index(min(sizes))] += gross - sum(nets) - sum(taxes)
        return [(net, tax, net + tax) for net, tax in zip(nets, taxes, strict=True)]

    def charged(self, detail: Record) -> Decimal:
        rate = self.rates[detail["tax_rate_id"]]
        return Decimal(rate["percentage"] or 0) if rate["show_tax"] is not False else Decimal(0)

    def row(self, document: Record, detail: Record, own: Any, base: Any) -> Record:
        contact = self.contacts.get(document["contact_id"] or "", {})
        person = " ".join(filter(None, (contact.get("firstname"), contact.get("lastname"))))
        rate = self.rates.get(detail.get("tax_rate_id", ""), {})
        account = self.accounts.get(detail.get("ledger_account_id", ""), {})
        first, last = _period(detail.get("period"))
        return {
            "id": document["id"], "link": "link", "referentie": _text(document["reference"]), "status": document["state"],
            "datum": _day(document["date"]), "vervaldatum": _day(document["due_date"]),
            "contact": _text(contact.get("company_name") or person), "contactnummer": contact.get("customer_id"),
            "valuta": document["currency"], "betaald op": _day(document["paid_at"]), "aantal": _text(detail.get("amount")),
            "aantal (decimaal)": _number(detail.get("amount_decimal")), "omschrijving": _text(detail.get("description")),
            "categorie": account.get("name"), "categorienummer": account.get("account_id"),
            "totaalprijs exclusief btw": own[0], "btw-tarief": _number(rate.get("percentage")),
            "totaalprijs inclusief btw": own[2], "totaalprijs exclusief btw (EUR)": base[0],
            "totaalprijs inclusief btw (EUR)": base[2], "btw-tarief naam": rate.get("name"), "btw": base[1],
            "begin periode": first, "eind periode": last, "datum aanmaak": _day(document["created_at"]),
            "laatste update": _day(document["updated_at"]),
        }  # fmt: skip


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _text(text: str | None) -> str | None:
    """What could be a formula has an apostrophe before it."""
    return f"'{text}" if text and text[0] in "=+-@\t\r\n" else text or None


def _rounded(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, rounding=ROUND_HALF_UP)


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    return (
        datetime.fromisoformat(text).astimezone(UTC).date()
        if "T" in text
        else date.fromisoformat(text)
    )


def _period(text: str | None) -> tuple[date | None, date | None]:
    if not text:
        return None, None
    first, _, last = text.partition("..")
    last = last or first
    if len(first) == 6:
        year, month = int(last[:4]), int(last[4:])
        first, last = f"{first}01", f"{last}{calendar.monthrange(year, month)[1]}"
    return datetime.strptime(first, "%Y%m%d").date(), datetime.strptime(last, "%Y%m%d").date()  # noqa: DTZ007


def test_every_column_is_what_the_vendor_says(
    company: MoneybirdCompany, dsn: str, tmp_path: Path
) -> None:
    vendor = Vendor(company)
    with connect(dsn) as connection:
        made = make_file(
            connection, company.id, [*vendor.documents], load_layouts()["purchases"], _NAME, local(tmp_path)
        )  # fmt: skip
    found, expected = cells(tmp_path / made.path), [*vendor.rows()]
    assert [row["id"] for row in found] == [row["id"] for row in expected]
    for name in expected[0]:
        shown = [_shown(row[name]) for row in found]
        wanted = [_shown(row[name]) for row in expected]
        assert shown == wanted, name
    # What the test is about is there.
    assert len({row["valuta"] for row in found}) > 1
    assert any(row["begin periode"] for row in found)
    assert any(row["btw"] and row["btw"] < 0 for row in found)
    totals = {one["id"]: one["total_price_incl_tax"] for one in vendor.documents.values()}
    for id, total in totals.items():
        if total is not None:
            amounts = [
                Decimal(repr(r["totaalprijs inclusief btw"])) for r in found if r["id"] == id
            ]
            assert sum(amounts) == Decimal(total), id


def _shown(value: object) -> object:
    """Numbers as decimals; a code that is a number as that; nothing as nothing."""
    if isinstance(value, int | float):
        return Decimal(repr(value))
    if isinstance(value, str) and value.replace(".", "", 1).isdigit() and len(value) < 12:
        return value if value.startswith("0") else Decimal(value)
    return value
