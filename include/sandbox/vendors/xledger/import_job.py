"""The import job: vouchers of staged lines become transactions, or each of their lines gets an error and stays where it is.

Lines of one source and trRegNumber are one voucher, whoever staged them. A line that was refused is looked at again whenever the
job runs.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any

from .access import Asker
from .entity import Entity
from .import_checks import JOB_LEVELS, Checks
from .registers import currencies_by_code, tax_tables
from .written import Kept, Written

ITEMS, ERRORS, LINES, PAYABLES = (
    "glImportItems",
    "glImportItemErrors",
    "transactions",
    "apTransactions",
)
Row = dict[str, Any]


def run_when_due(asker: Asker, *, is_read: bool) -> None:
    """Before a request is answered. is_read: whether it is about staged lines."""
    for entity in (asker.own, *asker.below):
        kept = asker.kept(entity)
        if not kept.rows.get(ITEMS):
            continue
        kept.reads += is_read
        settings = kept.settings
        by_reads = settings.runs_after_reads is not None and kept.reads > settings.runs_after_reads
        waited = time.monotonic() - kept.at
        if by_reads or (settings.runs_after_s is not None and waited >= settings.runs_after_s):
            run(asker, entity)


def run(asker: Asker, entity: Entity, *, releases: bool = False) -> None:
    """Book what waits. releases: what is held, too."""
    kept, checks = asker.kept(entity), Checks(asker, entity)
    held = JOB_LEVELS[1]["code"]
    vouchers: dict[tuple[str, Any], list[Written]] = defaultdict(list)
    for row in list(kept.rows[ITEMS].values()):
        if not row["_booked"] and (releases or row["jobLevel"]["code"] != held):
            vouchers[row["transactionSource"]["code"], row["trRegNumber"]].append(row)
    periods = list(checks.rows("periods"))
    accounts = {row["dbId"]: row for row in checks.rows("accounts")}
    for rows in vouchers.values():
        _forget_errors(kept, entity, rows)
        told = list(_wrong(rows, periods, accounts))
        if told:
            for row, message in told:
                _tell(kept, entity, row, message)
        else:
            _book(kept, entity, rows, periods)


# --- what is wrong with a voucher ----------------------------------------------------------------


def _wrong(
    rows: list[Written], periods: list[Row], accounts: dict[int, Row]
) -> Iterator[tuple[Written, str]]:
    off = sum(row["amount"] for row in rows)
    if off:
        number = rows[0]["trRegNumber"]
        for row in rows:
            yield row, f"The transaction {number} is not in balance: {off / 100:.2f}."
    for row in rows:
        period = _period(periods, row["postedDate"])
        if period is None:
            yield row, f"There is no period for {row['postedDate']}."
        elif period["periodStatus"]["name"] == "CLOSED":
            yield row, f"The period {period['description']} is closed."
        account = accounts[row["account"]["dbId"]]
        if not account["posting"]:
            yield row, f"The account {account['code']} is not open for posting."
        for name in ("subledger", "project", *(f"glObject{n}" for n in range(1, 6))):
            if row[name] and _ended(row[name], row["postedDate"]):
                yield row, f"{name} {row[name]['code']} is closed."


def _period(periods: list[Row], day: str) -> Row | None:
    """The month of a day; not the period of adjustments."""
    on = date.fromisoformat(day)
    months = (p for p in periods if p["fromDate"] != p["toDate"])
    return next((p for p in months if p["fromDate"] <= on <= p["toDate"]), None)


def _ended(value: Row, day: str) -> bool:
    ends = value.get("toDate") or value.get("dateTo")
    return ends is not None and str(ends) < day


def _tell(kept: Kept, entity: Entity, row: Written, message: str) -> None:
    level = {"code": "ERROR", "name": "ERROR"}
    values = {"transactionDbId": row["dbId"], "message": message, "errorLevel": level}
    kept.add(entity, ERRORS, {**values, "createdAt": kept.moment(entity)})


def _forget_errors(kept: Kept, entity: Entity, rows: list[Written]) -> None:
    ids = {row["dbId"] for row in rows}
    for error in list(kept.rows[ERRORS].values()):
        if error["transactionDbId"] in ids:
            kept.remove(entity, ERRORS, error)


# --- booking -------------------------------------------------------------------------------------


def _book(kept: Kept, entity: Entity, rows: list[Written], periods: list[Row]) -> None:
    moment = kept.moment(entity)
    db_id = kept.header_id()
    first = rows[0]
    period = _period(periods, first["postedDate"])
    header = Written({
        "dbId": db_id, "ownerDbId": entity.db_id, "transactionNumber": 900_000 + db_id % 10_000_000,
        "trRegNumber": first["trRegNumber"], "text": first["text"], "postedDate": first["postedDate"],
        "createdAt": moment, "modifiedAt": moment, "importedAt": moment, "registeredAt": moment,
        "fiscalYear": period and period["fiscalYear"], "transactionSource": first["transactionSource"],
        "invoiceFile": next((row["invoiceFile"] for row in rows if row["invoiceFile"]), None),
    })  # fmt: skip
    for row in rows:
        for line in _lines(kept, entity, row):
            kept.add(
                entity,
                LINES,
                {**line, "header": header, "period": period, "periodId": period and period["dbId"]},
            )
        if row["subledger"] and row["transactionSource"]["code"] != "AR":
            kept.add(
                entity, PAYABLES, {**_payable(row), "transactionHeader": header, "period": period}
            )
        _leave(kept, entity, row)


def _lines(kept: Kept, entity: Entity, row: Written) -> Iterator[Row]:
    """A line as it is in the ledger, and that of its tax."""
    is_apart = kept.settings.vat == "apart" and row["taxRule"] and row["taxAmount"]
    tax = row["taxAmount"] or 0
    objects = {f"glObject{n}": row[f"glObject{n}"] for n in range(1, 6)}
    if row["project"]:
        objects["glObject3"] = row["project"]
    currency = row["currency"] or entity.of(currencies_by_code)[entity.company.base_currency]
    common = {
        "text": row["text"],
        "currency": currency,
        "postedDate": row["postedDate"],
        "reconciled": False,
        "matchId": 0,
    }
    amount = row["amount"] - tax if is_apart else row["amount"]
    yield {
        **common, "amount": amount, "invoiceAmount": amount, "taxAmount": row["taxAmount"], "account": row["account"],
        "accountDbId": row["account"]["dbId"], "taxRule": row["taxRule"], "quantity": row["quantity"],
        "extIdentifier": row["extIdentifier"] if kept.settings.references == "kept" else None, "glDimension": Written(objects), "_file": row["_file"],
        **{f"{name}DbId": value and value["dbId"] for name, value in objects.items()},
    }  # fmt: skip
    if is_apart:
        account = next(
            r["account"]
            for r in tax_tables(entity.top)
            if r["objectValueDbId"] == row["taxRule"]["dbId"]
        )
        yield {
            **common,
            "amount": tax,
            "invoiceAmount": tax,
            "account": account,
            "accountDbId": account["dbId"],
        }


def _payable(row: Written) -> Row:
    subledger = row["subledger"]
    return {
        "text": row["text"], "amount": row["amount"], "invoiceAmount": row["amount"], "invoiceRemaining": row["amount"],
        "exchangeRate": 1.0, "invoiceNumber": row["invoiceNumber"], "invoiceDate": row["invoiceDate"] or row["postedDate"],
        "dueDate": row["dueDate"], "extIdentifier": row["extIdentifier"], "subledgerDbId": subledger["dbId"],
        "subledger": subledger, "account": row["account"], "accountDbId": row["account"]["dbId"], "currency": row["currency"],
        "matchId": 0, "reconciled": False,
        "slTransactionType": {"name": "INVOICE" if row["amount"] < 0 else "CREDIT_MEMO"},
    }  # fmt: skip


def _leave(kept: Kept, entity: Entity, row: Written) -> None:
    """What becomes of a staged line that was booked."""
    if kept.settings.processed == "gone":
        kept.remove(entity, ITEMS, row)
    else:
        is_archived = kept.settings.processed == "archived"
        kept.change(
            entity, ITEMS, row, _booked=True, archive=is_archived, modifiedAt=kept.moment(entity)
        )
