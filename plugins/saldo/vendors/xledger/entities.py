"""The entities of Xledger that are landed; data, no logic; the order is the landing order.

An entity's fields are those of its query (queries/<entity>.graphql); its path is the root field of that query. Registers
and balances are read whole. What grows is read whole once, and from then on by its stream of changes.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from saldo.declarations.entity import Entity, Record
from saldo.ways.delta import Delta
from saldo.ways.snapshot import Snapshot
from saldo.ways.way import Way

from . import records as r
from .queries import query

#: Xledger forgets changes after three days, and an older cursor is not refused: a margin of half a day.
_MAX_AGE = timedelta(hours=60)


def _whole(name: str, record: type[Record], *, is_small: bool = True) -> Entity:
    return _entity(name, record, Snapshot(), is_small=is_small)


def _by_changes(name: str, record: type[Record], **more: Any) -> Entity:
    reads = Delta(query(name).selection, _MAX_AGE, pages_tell_cursor=True)
    return _entity(name, record, reads, **more)


def _entity(name: str, record: type[Record], reads: Way[Any, Any], **more: Any) -> Entity:
    return Entity(name, query(name).root, record, "dbId", reads=reads, **more)


def _subledger(name: str) -> Entity:
    return _by_changes(name, r.PartyTransaction, window="invoiceDate", after="transactions")


ENTITIES = (
    _whole("entities", r.Entity, is_small=False),
    _whole("accounts", r.Account),
    _whole("object_kinds", r.ObjectKind),
    _whole("object_values", r.ObjectValue),
    _whole("tax_rules", r.TaxRule),
    _whole("currencies", r.Currency),
    _whole("exchange_rates", r.ExchangeRate),
    _whole("periods", r.Period),
    _by_changes("projects", r.Project, is_small=True),
    _by_changes("employees", r.Employee, is_small=True),
    _by_changes("customers", r.Customer, is_small=True),
    _by_changes("suppliers", r.Supplier, is_small=True),
    _by_changes("timesheets", r.Timesheet, window="assignmentDate"),
    _by_changes("transactions", r.Transaction, window="header.postedDate"),
    _subledger("ar_transactions"),
    _subledger("ap_transactions"),
    _whole("account_balances", r.AccountBalance),
)
