"""Postings of customers and suppliers, and the voucher they are of: it is in the year that the ledger's lines state."""

from __future__ import annotations

from typing import Any

import pytest

from saldo.warehouse.connection import Connection
from tests.transform.hand import Hand

_PARTIES = [
    pytest.param("ar_transactions", "fact_receivables", id="receivables"),
    pytest.param("ap_transactions", "fact_payables", id="payables"),
]
_JANUARY, _THIRTEENTH = 9001, 9013


class Vouchers(Hand):
    """Books whose years 2024 and 2025 have a December and a thirteenth period, and 2026 a January."""

    def __init__(self, connection: Connection, entity: str, fact: str) -> None:
        super().__init__(connection, "xledger", "vouchers")
        self._entity, self.fact = entity, fact
        [period, *_] = self.records["periods"]
        for number, year, first, last, key in (
            (12, 2025, "2025-12-01", "2025-12-31", 9012),
            (13, 2025, "2025-12-01", "2025-12-31", _THIRTEENTH),
            (1, 2026, "2026-01-01", "2026-01-31", _JANUARY),
        ):
            self.add(
                "periods", period, dbId=key, fiscalYear=year, fiscalPeriod=number, fromDate=first, toDate=last
            )  # fmt: skip
        self._line = self.records["transactions"][1]
        self._posting = self.records[entity][0]

    def line(self, id: int, voucher: int, period: int, **more: Any) -> dict[str, Any]:
        """A line of the ledger on the account of the parties, unless said."""
        year = 2025 if period == _THIRTEENTH else 2026
        return self.add(
            "transactions",
            self._line,
            **{
                "dbId": str(id), "account": self._posting["account"], "period": {"dbId": period, "fiscalYear": year},
                "header": {**self._line["header"], **_header(id, voucher)}, **more,
            },
        )  # fmt: skip

    def posting(self, id: int, voucher: int | None) -> dict[str, Any]:
        header = {**self._posting["transactionHeader"], **_header(id, voucher)}
        return self.add(self._entity, self._posting, dbId=id, transactionHeader=header)

    def of(self, id: int) -> tuple[Any, ...]:
        """(year, period, entries of the ledger's voucher) of a posting."""
        [(year, period, key)] = self.rows(
            f"select accounting_year, period, voucher_key from mart.{self.fact} "
            f"where agreement_id = %(id)s and entry_number = '{id}'"
        )
        entries = self.rows(
            "select entry_number from mart.fact_journal_entries where agreement_id = %(id)s "
            f"and voucher_key = {key} order by 1"
        )
        return (year, period, [number for (number,) in entries] if entries else key)


def _header(id: int, voucher: int | None) -> dict[str, Any]:
    return {"dbId": id, "transactionNumber": voucher, "postedDate": "2026-01-05"}


@pytest.mark.parametrize(("entity", "fact"), _PARTIES)
def test_a_posting_is_in_the_year_of_its_voucher(
    warehouse: Connection, entity: str, fact: str
) -> None:
    books = Vouchers(warehouse, entity, fact)
    books.line(1, 801, _THIRTEENTH)
    books.line(2, 801, _THIRTEENTH, account={"code": "1020"})
    books.line(3, 802, _JANUARY)
    for id, voucher in ((11, 801), (12, 802), (13, 803), (14, None)):
        books.posting(id, voucher)
    # Another voucher of that number, of the year that the day is in.
    books.line(4, 801, _JANUARY)["header"]["postedDate"] = "2026-01-20"
    books.night()
    assert books.of(11) == ("2025", 2, ["1", "2"])
    assert books.of(12) == ("2026", 1, ["3"])
    assert books.of(13) == ("2026", 1, -1)
    assert books.of(14) == ("2026", 1, -3)
    assert books.is_as_rebuilt()


@pytest.mark.parametrize(("entity", "fact"), _PARTIES)
def test_a_posting_follows_what_the_ledger_says_of_its_voucher(
    warehouse: Connection, entity: str, fact: str
) -> None:
    books = Vouchers(warehouse, entity, fact)
    books.posting(11, 801)
    books.night()
    assert books.of(11) == ("2026", 1, -1)
    line = books.line(1, 801, _THIRTEENTH)
    books.night("transactions")
    assert books.of(11) == ("2025", 2, ["1"])
    assert books.is_as_rebuilt()
    line["period"] = {"dbId": _JANUARY, "fiscalYear": 2026}
    books.night("transactions")
    assert books.of(11) == ("2026", 1, ["1"])
    assert books.is_as_rebuilt()
    # It was not of this voucher.
    line["header"]["transactionNumber"] = 900
    books.night("transactions")
    assert books.of(11) == ("2026", 1, -1)
    assert books.is_as_rebuilt()
    line["header"]["transactionNumber"] = 801
    books.night("transactions")
    assert books.of(11) == ("2026", 1, ["1"])
    books.records["transactions"].remove(line)
    books.night("transactions")
    assert books.of(11) == ("2026", 1, -1)
    assert books.is_as_rebuilt()


@pytest.mark.parametrize(("entity", "fact"), _PARTIES)
def test_of_two_vouchers_of_one_number_and_day_the_account_tells(
    warehouse: Connection, entity: str, fact: str
) -> None:
    books = Vouchers(warehouse, entity, fact)
    books.line(1, 801, _THIRTEENTH)
    books.line(2, 801, _JANUARY, account={"code": "1020"})
    # Where both are on it, that of the day's own year.
    books.line(3, 802, _THIRTEENTH)
    books.line(4, 802, _JANUARY)
    books.posting(11, 801)
    books.posting(12, 802)
    books.night()
    assert books.of(11) == ("2025", 2, ["1"])
    assert books.of(12) == ("2026", 1, ["4"])
    assert books.is_as_rebuilt()
