"""The entities that are landed; data, no logic; the order is the landing order."""

from __future__ import annotations

from datetime import timedelta

from saldo.declarations.entity import Entity
from saldo.ways.delta import Delta
from saldo.ways.snapshot import Snapshot

from . import records as r

#: The vendor forgets what changed more than three days ago.
_MAX_AGE = timedelta(hours=72)

ENTITIES = (
    Entity("company", path="company", record=r.Company, key="company_id", reads=Snapshot()),
    Entity("accounts", path="accounts", record=r.Account, key="account_code", reads=Snapshot()),
    Entity(
        "fiscal_years",
        path="fiscal-years",
        record=r.FiscalYear,
        key="fiscal_year",
        reads=Snapshot(),
        is_small=True,
    ),
    Entity(
        "contacts",
        path="contacts",
        record=r.Contact,
        key="contact_id",
        reads=Delta("contacts/changes", max_age=_MAX_AGE),
    ),
    Entity(
        "postings",
        path="postings",
        record=r.Posting,
        key=("journal_code", "line_id"),
        reads=Delta("postings/changes", max_age=_MAX_AGE),
    ),
)
