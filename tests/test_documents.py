"""Which documents may be asked for, and what they are called; how they are opened is in tests/system/api."""

from __future__ import annotations

import pytest

from saldo.declarations.source import DocumentKind
from saldo.documents import Document, find
from saldo.errors import ConfigError
from saldo.vendors import SOURCES, VENDORS
from saldo.warehouse.connection import Connection

INVOICE = VENDORS["economic"].documents.kinds["invoice"]


def test_names_of_files_hold_nothing_a_header_or_a_disk_minds() -> None:
    year = Document("nordlys", "voucher", "901", "311", "2025/2026")
    assert year.filename == "nordlys-voucher-2025-2026-311.pdf"
    assert Document("nordlys", "invoice", "7", "7", None).filename == "nordlys-invoice-7.pdf"
    odd = Document("nordlys", "invoice", "7", '7"; x=\r\n/../ø', None)
    assert odd.filename == "nordlys-invoice-7-x-..-.pdf"


@pytest.mark.parametrize(
    "number", ["", "-1", "1.0", "1 ", "١٢", "7/../8", "9" * 19, "-3", "(none)"]
)
def test_only_digits_are_looked_up(warehouse: Connection, number: str) -> None:
    assert find(warehouse, "nordlys", INVOICE, number) is None


def test_the_members_for_no_document_are_no_documents(warehouse: Connection) -> None:
    for kind in ("(unknown)", "(none)"):
        asked = DocumentKind(kind, "x/{number}", number="document_number")
        assert find(warehouse, "nordlys", asked, "1") is None


def test_a_warehouse_of_before_says_what_is_missing(warehouse: Connection) -> None:
    with warehouse.transaction(force_rollback=True):
        warehouse.execute("alter table mart.dim_document rename to dim_document_away")
        with pytest.raises(ConfigError, match="comes with the first run"):
            find(warehouse, "nordlys", INVOICE, "1")


def test_every_kind_is_declared_under_its_name() -> None:
    for vendor in SOURCES.values():
        for name, kind in vendor.documents.kinds.items():
            assert kind.name == name
            assert kind.path.count("{number}") == 1
            assert 0 < vendor.documents.per_minute < vendor.documents.per_day
