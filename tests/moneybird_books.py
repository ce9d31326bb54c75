"""Books of Moneybird made by hand: records as the vendor writes them, put into staging without a client."""

from __future__ import annotations

import hashlib
import itertools
import json
from typing import Any

from saldo.agreements.agreement import Agreement
from saldo.run_request import RunRequest
from saldo.runs import watermark
from saldo.transform.core import to_core
from saldo.transform.facts import refresh
from saldo.transform.mart.writer import Changes
from saldo.vendors import entity_of
from saldo.warehouse.connection import Connection
from tests.support import agreement

Record = dict[str, Any]
_versions = itertools.count(1_772_000_000)


def moneybird_agreement(id: str) -> Agreement:
    return agreement(
        id, vendor="moneybird", connection=f"moneybird_{id}", timezone="Europe/Amsterdam"
    )


class Books:
    """What the vendor has now, by entity and id; `land` brings the warehouse there."""

    def __init__(self, connection: Connection, id: str) -> None:
        self.connection, self.id = connection, id
        self.records: dict[str, dict[str, Record]] = {}

    def add(self, entity: str, *records: Record) -> None:
        for record in records:
            self.records.setdefault(entity, {})[str(record["id"])] = record

    def change(self, entity: str, id: str, **fields: Any) -> None:
        self.records[entity][id] |= {**fields, "version": next(_versions)}

    def remove(self, entity: str, id: str) -> Record:
        return self.records[entity].pop(id)

    def land(self, *entities: str) -> None:
        """Of these entities, of all where none is named; in landing order."""
        for entity in entities or tuple(self.records):
            self._stage(entity)
            to_core(
                self.connection,
                "moneybird",
                entity_of("moneybird", entity),
                self.id,
                everything=False,
            )

    def refresh(self, mode: str = "auto") -> dict[str, Changes]:
        request = RunRequest(mode)  # type: ignore[arg-type]
        return refresh(self.connection, moneybird_agreement(self.id), request)

    def night(self) -> dict[str, Changes]:
        self.land()
        return self.refresh()

    def _stage(self, entity: str) -> None:
        table, run = f"staging.moneybird_{entity}", self.connection.execute
        run(f"create table if not exists {table} (like staging.template including all)")
        row = run("select nextval('staging.change_seq')").fetchone()
        change = row[0] if row else 0
        for key, record in self.records.get(entity, {}).items():
            text = json.dumps(record)
            run(
                f"insert into {table} as s (agreement_id, source_key, payload, payload_hash, landed_at, run_id, "
                "change_seq) values (%s, %s, %s, %s, '2026-01-01', 'hand', %s) on conflict (agreement_id, source_key) "
                "do update set payload = excluded.payload, payload_hash = excluded.payload_hash, deleted_at = null, "
                "change_seq = excluded.change_seq where s.payload_hash <> excluded.payload_hash "
                "or s.deleted_at is not null",
                [self.id, key, text, hashlib.blake2b(text.encode()).digest(), change],
            )
        run(
            f"update {table} set deleted_at = '2026-01-02', change_seq = %s where agreement_id = %s "
            "and deleted_at is null and source_key <> all (%s)",
            [change, self.id, list(self.records.get(entity, {}))],
        )
        watermark.save_progress(self.connection, self.id, "staging", {entity: change})


# --- records -------------------------------------------------------------------------------------


def account(
    id: str,
    code: str | None,
    name: str,
    type: str,
    rgs: str | None = None,
    *,
    bank: str | None = None,
    **more: Any,
) -> Record:
    return {
        "id": id, "name": name, "account_type": type, "account_id": code, "active": True, "parent_id": None,
        "financial_account_id": bank, "taxonomy_item": {"code": rgs} if rgs else None,
        "allowed_document_types": ["financial_mutation", "general_journal_document"], **more,
    }  # fmt: skip


def detail(
    id: str,
    account: str,
    net: str,
    *,
    tax: str | None = "t21",
    base: str | None = None,
    **more: Any,
) -> Record:
    return {
        "id": id, "ledger_account_id": account, "tax_rate_id": tax, "amount": "1 x", "amount_decimal": "1.0",
        "description": f"line {id}", "price": net, "row_order": 0, "total_price_excl_tax_with_discount": net,
        "total_price_excl_tax_with_discount_base": base or net, **more,
    }  # fmt: skip


def payment(id: str, price: str, day: str, *, base: str | None = None, **more: Any) -> Record:
    return {
        "id": id, "invoice_type": "Document", "price": price, "price_base": base or price, "payment_date": day,
        "financial_account_id": None, "financial_mutation_id": None, "ledger_account_id": None, **more,
    }  # fmt: skip


def _totals(net: str, gross: str, bases: tuple[str, str] | None) -> Record:
    net_base, gross_base = bases or (net, gross)
    return {
        "total_price_excl_tax": net, "total_price_excl_tax_base": net_base, "total_price_incl_tax": gross,
        "total_price_incl_tax_base": gross_base,
    }  # fmt: skip


def purchase(
    id: str,
    day: str,
    net: str,
    gross: str,
    details: list[Record],
    *,
    bases: tuple[str, str] | None = None,
    **more: Any,
) -> Record:
    return {
        "id": id, "contact_id": "c1", "reference": f"ref {id}", "date": day, "due_date": None, "state": "open",
        "currency": "EUR", "exchange_rate": "1.0", "prices_are_incl_tax": False, "paid_at": None, "origin": None,
        "entry_number": 1, **_totals(net, gross, bases), "created_at": f"{day}T23:30:00.000Z",
        "updated_at": f"{day}T23:30:00.000Z", "version": next(_versions), "details": details, "payments": [],
        "attachments": [], **more,
    }  # fmt: skip


def sale(
    id: str,
    number: str | None,
    day: str,
    net: str,
    gross: str,
    details: list[Record],
    *,
    unpaid: str,
    **more: Any,
) -> Record:
    return {
        "id": id, "invoice_id": number, "contact_id": "c1", "invoice_date": day if number else None,
        "due_date": day, "state": "open" if number else "draft", "currency": "EUR", "prices_are_incl_tax": False,
        **_totals(net, gross, None), "total_unpaid": unpaid, "total_unpaid_base": unpaid,
        "created_at": f"{day}T10:00:00.000Z", "updated_at": f"{day}T10:00:00.000Z", "version": next(_versions),
        "details": details, "payments": [], **more,
    }  # fmt: skip


def mutation(id: str, day: str, amount: str, *, open: str = "0.0", **more: Any) -> Record:
    return {
        "id": id, "date": day, "amount": amount, "amount_open": open, "message": f"bank {id}", "currency": "EUR",
        "contra_account_name": None, "financial_account_id": "b1", "state": "processed", "version": next(_versions),
        "payments": [], "ledger_account_bookings": [], **more,
    }  # fmt: skip


def golden(connection: Connection, id: str) -> Books:
    """Three purchase invoices, a receipt in dollars, a new document, a credit note, an invoice that is paid in part, a
    draft, two vouchers and six bank transactions; their balances were computed by hand."""
    books = Books(connection, id)
    books.add("administrations", {
        "id": "300000000000000001", "name": "Het Anker BV", "currency": "EUR", "country": "NL",
        "period_start_date": "2026-01-01", "period_locked_until": "2026-01-31",
    })  # fmt: skip
    books.add(
        "ledger_accounts",
        account("a1100", "1100", "Bank", "current_assets", "BLimBanRba", bank="b1"),
        account("a13011", "13011", "Debiteuren", "current_assets", "BVorDebHad"),
        account("a16011", "16011", "Crediteuren", "current_liabilities", "BSchCreHac"),
        account("aout", "16221.03", "Te betalen btw", "current_liabilities", "BSchBepBtwOlo"),
        account("ain", "16221.04", "Te vorderen btw", "current_liabilities", "BSchBepBtwVoo"),
        account("aset", "16221.01", "Betaalde btw", "current_liabilities", "BSchBepBtwAfo"),
        account("ax", "84601", "Koersverschillen", "other_income_expenses", "WFbeWisWis"),
        account("await", "10510.04", "Te rubriceren transacties", "current_assets", "BLimKruSto"),
        account(
            "apaid", "10510.05", "Te rubriceren betalingen", "current_liabilities", "BLimKruSto"
        ),
        account("a8000", "8000", "Omzet", "revenue", "WOmzNohOlh"),
        account("a4500", "4500", "Verkoopkosten", "expenses"),
        account("a4600", "4600", "Kantoorkosten", "expenses"),
        account("a4600old", "4600", "Kantoorkosten (oud)", "expenses", active=False),
        account("anone", None, "Vraagposten", "current_assets"),
        account("a0500", "0500", "Eigen vermogen", "equity", "BEivKapOnd"),
    )
    books.add(
        "tax_rates",
        *(
            {"id": id, "name": name, "percentage": rate, "tax_rate_type": "purchase_invoice", "show_tax": shown,
             "active": None}
            for id, name, rate, shown in (
                ("t21", "21% btw", "21.0", True), ("t9", "9% btw", "9.0", None), ("t0", "0% btw", "0.0", True),
                ("tnone", "Geen btw", None, False), ("tshift", "Btw verlegd, 21%", "21.0", False),
            )
        ),
    )  # fmt: skip
    books.add(
        "financial_accounts",
        {"id": "b1", "name": "Bank", "identifier": "NL91", "currency": "EUR", "active": True},
    )
    books.add("projects", {"id": "p1", "name": "Webshop", "state": "active"})
    books.add(
        "contacts",
        {"id": "c1", "company_name": "Bakker BV", "customer_id": "K-1", "country": "NL"},
        {
            "id": "c2",
            "company_name": None,
            "firstname": "Saïda",
            "lastname": "de Vries",
            "customer_id": "K-2",
        },
    )
    books.add(
        "purchase_invoices",
        purchase(
            "P1", "2026-02-10", "110.05", "131.95",
            [detail("P1a", "a4500", "100.0", project_id="p1", period="20260201..20260228"),
             detail("P1b", "a4600", "10.05", tax="t9", row_order=1)],
            state="paid", paid_at="2026-02-20",
            payments=[payment("Y1", "131.95", "2026-02-20", financial_mutation_id="M1", financial_account_id="b1",
                              ledger_account_id="a1100")],
        ),
        purchase(
            "P3", "2026-03-01", "1.5", "1.82",
            [detail(f"P3{x}", "a4500", "0.5", row_order=n) for n, x in enumerate("abc")],
        ),
        purchase("P4", "2026-03-02", "10.0", "12.1", [detail("P4a", "a4500", "10.0")], state="new", contact_id=None),
        purchase("P5", "2026-03-03", "-50.0", "-60.5", [detail("P5a", "a4500", "-50.0", period="202603..202604")]),
    )  # fmt: skip
    books.add(
        "receipts",
        purchase(
            "P2", "2026-02-27", "100.0", "121.0",
            [detail("P2a", "a4500", "100.0", base="92.0", price="60.5", amount="2 x", amount_decimal="2.0")],
            bases=("92.0", "111.32"), currency="USD", exchange_rate="0.92", prices_are_incl_tax=True, contact_id="c2",
            state="paid", paid_at="2026-03-05",
            payments=[payment("Y2", "121.0", "2026-03-05", base="113.0", ledger_account_id="apaid")],
        ),
    )  # fmt: skip
    books.add("general_journal_documents", {
        "id": "J1", "reference": "Beginbalans", "date": "2026-01-01", "journal_type": None, "version": 1,
        "general_journal_document_entries": [
            {"id": "J1a", "ledger_account_id": "a1100", "debit": "5000.0", "credit": "0.0", "description": "Bank"},
            {"id": "J1b", "ledger_account_id": "a0500", "debit": "0.0", "credit": "5000.0", "description": None},
        ],
    }, {
        "id": "J2", "reference": "Correctie", "date": "2026-02-01", "journal_type": None, "version": 1,
        "general_journal_document_entries": [
            {"id": "J2a", "ledger_account_id": "a4600", "debit": "200.0", "credit": "0.0", "description": None},
            {"id": "J2b", "ledger_account_id": "a16011", "debit": "0.0", "credit": "200.0", "contact_id": "c2",
             "description": None},
        ],
    })  # fmt: skip
    books.add(
        "sales_invoices",
        sale(
            "S1", "2026-0001", "2026-02-15", "1000.0", "1210.0", [detail("S1a", "a8000", "1000.0")], unpaid="710.0",
            payments=[payment("Y3", "500.0", "2026-02-25", invoice_type="SalesInvoice", financial_mutation_id="M2")],
        ),
        sale("S2", None, "2026-03-20", "10.0", "12.1", [detail("S2a", "a8000", "10.0")], unpaid="12.1"),
    )  # fmt: skip
    booking = {
        "id": "K1",
        "ledger_account_id": "a4600",
        "price": "-25.0",
        "description": "Kosten",
        "project_id": None,
    }
    books.add(
        "financial_mutations",
        mutation("M1", "2026-02-20", "-131.95", payments=[payment("Y1", "131.95", "2026-02-20")]),
        mutation("M2", "2026-02-25", "500.0"),
        mutation("M3", "2026-03-01", "-25.0", ledger_account_bookings=[booking]),
        mutation("M4", "2026-03-10", "77.0", open="77.0", state="unprocessed"),
        mutation(
            "M5",
            "2026-03-11",
            "-300.0",
            payments=[payment("Y5", "300.0", "2026-03-11", invoice_type="VatDocument")],
        ),
        mutation(
            "M6",
            "2026-03-12",
            "-40.0",
            ledger_account_bookings=[{**booking, "id": "K6", "price": "40.0"}],
        ),
    )
    return books
