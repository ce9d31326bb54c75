"""The words the tests of exports are written in: purchase documents in core as a vendor's SQL leaves them, and files in a
folder."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import fsspec
from openpyxl import load_workbook
from psycopg import sql

from saldo.exports.layouts import Layout
from saldo.exports.store import FileStore
from saldo.exports.xlsx import Written, write_workbook
from saldo.warehouse.connection import Connection

ADMINISTRATION = "300000000000000001"
_agreements, _ids = itertools.count(1), itertools.count(412_233_445_566_778_899)


def local(folder: Path) -> FileStore:
    return FileStore(fsspec.filesystem("file"), str(folder), f"file://{folder}")


@dataclass
class Books:
    """An agreement of its own with what its documents name: contacts K1 (a company) and K2 (a person without a code), accounts
    A1 to A3, rates V21, V9 and V0, Vnull, which has no percentage, and V21R, which the supplier does not charge."""

    warehouse: Connection
    id: str = field(default_factory=lambda: f"exports{next(_agreements)}")

    def __post_init__(self) -> None:
        self._insert(
            "agreement", vendor="moneybird", agreement_number=ADMINISTRATION, company_name="Molen BV",
            base_currency="EUR",
        )  # fmt: skip
        for number, name, code in (
            ("K1", "Bakkerij Jansen B.V.", "K-001"), ("K2", "Saïda de Vries", "K-017"),
        ):  # fmt: skip
            self._insert("supplier", supplier_number=number, name=name, code=code, is_barred=False)
        for number, name, called in (
            ("A1", "Reiskosten", "4000"), ("A2", "Kantoorkosten", "04010"), ("A3", "Oud", None),
        ):  # fmt: skip
            self._insert(
                "account", account_number=number, name=name, code=called, account_type="expenses", sort_key=1,
            )  # fmt: skip
        for code, name, rate in (
            ("V21", "21% btw", "21.0"), ("V9", "9% btw", "9.0"), ("V0", "Geen btw", "0"), ("Vnull", "Vrijgesteld", None),
            ("V21R", "21% btw verlegd", "21.0"),
        ):  # fmt: skip
            self._insert(
                "vat",
                vat_code=code,
                name=name,
                rate_percent=rate,
                is_charged=code != "V21R",
                is_barred=False,
            )

    def document(self, *lines: Mapping[str, Any], **values: Any) -> str:
        """Its number. lines: the columns of each that matter; net and rate make the totals unless those are given."""
        number = str(values.pop("number", None) or next(_ids))
        net = sum((Decimal(str(line.get("net_amount", 0) or 0)) for line in lines), Decimal(0))
        found: dict[str, Any] = {
            "kind": "purchase_invoice", "reference": f"F{number[-4:]}", "date": date(2026, 2, 27),
            "state": "open", "supplier_number": "K1", "currency": "EUR", "exchange_rate": "1.0",
            "net_amount": net, "created_at": datetime(2026, 2, 27, 23, 30, tzinfo=UTC),
            "updated_at": datetime(2026, 3, 1, 9, 12, tzinfo=UTC), "version": 1772183520, **values,
        }  # fmt: skip
        if found["currency"] == "EUR":
            found.setdefault("net_amount_base", found["net_amount"])
            found.setdefault("gross_amount_base", found.get("gross_amount"))
        self._insert("purchase_document", document_number=number, **found)
        for place, line in enumerate(lines):
            self.line(number, place, found["currency"], line)
        return number

    def line(self, number: str, place: int, currency: str, values: Mapping[str, Any]) -> None:
        found: dict[str, Any] = {
            "line_id": f"{number}-{place}", "line_number": place, "description": "Taxi",
            "account_number": "A1", "vat_code": "V21", **values,
        }  # fmt: skip
        if currency == "EUR":
            found.setdefault("net_amount_base", found.get("net_amount"))
        self._insert("purchase_document_line", document_number=number, **found)

    def _insert(self, table: str, **values: Any) -> None:
        given = {"agreement_id": self.id, "is_deleted": False, "change_seq": 1, **values}
        if table == "agreement":
            del given["is_deleted"]
        self.warehouse.execute(
            sql.SQL("insert into {} ({}) values ({})").format(
                sql.Identifier("core", table),
                sql.SQL(", ").join(map(sql.Identifier, given)),
                sql.SQL(", ").join(sql.Placeholder() * len(given)),
            ),
            list(given.values()),
        )


def written(layout: Layout, rows: list[Mapping[str, Any]]) -> tuple[bytes, Written]:
    into = BytesIO()
    found = write_workbook(layout, rows, into)
    return into.getvalue(), found


def cells(content: bytes | Path) -> list[dict[str, Any]]:
    """The rows below a workbook's header, by the header's names; dates without a time."""
    book = load_workbook(BytesIO(content) if isinstance(content, bytes) else content)
    header, *rows = book.worksheets[0].iter_rows(values_only=True)
    return [
        {
            str(name): value.date() if isinstance(value, datetime) else value
            for name, value in zip(header, row, strict=True)
        }
        for row in rows
    ]
