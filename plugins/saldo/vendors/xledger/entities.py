"""The entities of Xledger that are landed; data, no logic; the order is the landing order.

An entity's fields are those of its query (queries/<entity>.graphql); its path is the root field of that query. Registers
and balances are read whole. What grows is read whole once, and from then on by its stream of changes. Postings and hours come
before what they name, since books go on while a run reads: a line that was read names nothing that is made later.
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
#: What names registers and members.
_POSTED = ("timesheets", "transactions", "ar_transactions", "ap_transactions")


def _whole(name: str, record: type[Record], *, is_small: bool = True, **more: Any) -> Entity:
    return _entity(name, record, Snapshot(), is_small=is_small, **more)


def _register(name: str, record: type[Record]) -> Entity:
    return _whole(name, record, named_by=_POSTED)


def _members(name: str, record: type[Record]) -> Entity:
    return _by_changes(name, record, is_small=True, named_by=_POSTED)


def _by_changes(name: str, record: type[Record], **more: Any) -> Entity:
    reads = Delta(query(name).selection, _MAX_AGE, pages_tell_cursor=True)
    return _entity(name, record, reads, **more)


def _entity(name: str, record: type[Record], reads: Way[Any, Any], **more: Any) -> Entity:
    return Entity(name, query(name).root, record, "dbId", reads=reads, **more)


def _subledger(name: str) -> Entity:
    return _by_changes(name, r.PartyTransaction, window="invoiceDate", after="transactions")


ENTITIES = (
    _whole("entities", r.Entity, is_small=False),
    _by_changes("timesheets", r.Timesheet, window="assignmentDate"),
    _by_changes("transactions", r.Transaction, window="header.postedDate"),
    _subledger("ar_transactions"),
    _subledger("ap_transactions"),
    # Projects name employees and customers.
    _members("projects", r.Project),
    _members("employees", r.Employee),
    _members("customers", r.Customer),
    _members("suppliers", r.Supplier),
    _register("object_values", r.ObjectValue),
    _register("object_kinds", r.ObjectKind),
    _register("tax_rules", r.TaxRule),
    _register("accounts", r.Account),
    _register("currencies", r.Currency),
    _whole("exchange_rates", r.ExchangeRate),
    _register("periods", r.Period),
    _whole("account_balances", r.AccountBalance),
)
