"""A staging company of an accounting system, really asked: off unless SALDO_LIVE_EXPORTS names a folder (tests/README.md).

Of each organisation there: a check, a dry run, one claim that is left and not posted, looked up, asked for again, and deleted.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from saldo.exports.accounting.configuration import AccountingExport
from saldo.exports.accounting.expense import Expense, parse_expense
from saldo.exports.accounting.intake import store_expense
from saldo.exports.accounting.jobs import job_of, jobs_of
from saldo.exports.accounting.preview import preview
from saldo.exports.accounting.registering import register
from saldo.exports.accounting.sending import Export
from saldo.exports.accounting.targets.target import Dispatch, Found, Target
from saldo.exports.loading import load_accounting_exports
from saldo.transport import Policy
from saldo.vendors.business_central.client import BusinessCentralClient
from saldo.vendors.business_central.odata import Query
from saldo.warehouse.connection import Connection

VARIABLE = "SALDO_LIVE_EXPORTS"
FOLDER = Path(os.environ.get(VARIABLE) or "/nowhere")
ORGANISATIONS = sorted(file.stem for file in FOLDER.glob("*.yaml"))
pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(
        not ORGANISATIONS,
        reason=f"{VARIABLE} names no folder with <organisation>.yaml of a staging company, and a claim in <organisation>.json",
    ),
]


class Desk:
    """An organisation of the folder, its company, and a claim that nobody has sent before."""

    def __init__(self, organisation: str, dsn: str, warehouse: Connection) -> None:
        from saldo.hooks.accounting import open_target

        [self.configuration] = _named(organisation)
        assert self.configuration.rules.booking == "leave", (
            "write `booking: leave`: nothing is posted by a test"
        )
        self.target: Target = open_target(self.configuration)
        self.dsn, self.warehouse = dsn, warehouse
        self.claim = self._claim()

    def _claim(self) -> Expense:
        values: dict[str, Any] = json.loads(
            (FOLDER / f"{self.configuration.organisation}.json").read_text()
        )
        claim = parse_expense({
            **values, "id": f"LIVE-{time.time_ns()}", "organisation": self.configuration.organisation,
        })  # fmt: skip
        store_expense(self.warehouse, claim, actor="live", source="sql")
        return claim

    def export(self) -> Export:
        return Export(self.dsn, self.configuration, self.target, actor="live")

    def dispatch(self) -> Dispatch:
        [job] = jobs_of(
            self.warehouse,
            organisations=[self.configuration.organisation],
            source_id=self.claim.id,
        )
        assert job.document is not None
        return Dispatch(
            document=job.document, number=job.sequence_number, reference=job.external_reference
        )

    def found(self) -> Found:
        one = self.dispatch()
        return self.target.look_up([one])[one.key]


def _named(organisation: str) -> list[AccountingExport]:
    found = load_accounting_exports(directories=[FOLDER], only=organisation)
    assert found.broken == ()
    return [one for one in found.good if one.organisation == organisation]


@pytest.fixture(params=ORGANISATIONS)
def desk(request: pytest.FixtureRequest, dsn: str, warehouse: Connection) -> Iterator[Desk]:
    found = Desk(request.param, dsn, warehouse)
    yield found
    warehouse.execute("truncate ops.expense, ops.export_job, ops.export_breaker, ops.audit cascade")


def test_one_claim_is_sent_once_found_and_deleted_again(desk: Desk) -> None:
    seen = preview(desk.warehouse, desk.configuration, desk.claim.id, desk.target)
    assert [str(one) for one in seen.problems] == []
    job = register(desk.warehouse, desk.configuration, desk.claim.id, actor="live")
    try:
        desk.export().run()
        assert _words(job_of(desk.warehouse, job.export_id)) == ("created", "")
        found = desk.found()
        assert (found.where, found.difference, found.copies) == ("waiting", "", 1)
        # As after a kill: what is there is found, and not sent again.
        desk.warehouse.execute(
            "update ops.export_job set status = 'unknown' where export_id = %s", [job.export_id]
        )
        desk.export().run()
        assert _words(job_of(desk.warehouse, job.export_id)) == ("created", "")
        assert desk.found().copies == 1
    finally:
        is_deleted = _delete(desk)
    if not is_deleted:
        key = desk.dispatch().key
        pytest.skip(f"{key} was sent, and found once. Xledger's API deletes nothing: delete its staged lines there")  # fmt: skip
    assert desk.found().where == "nowhere"


def _words(job: Any) -> tuple[str, str]:
    return job.status, job.last_error or ""


def _delete(desk: Desk) -> bool:
    """What lies in the journal, or as a draft; whether it could be: Xledger's API deletes nothing."""
    from saldo.hooks.vendors import HOOKS

    of = desk.configuration
    if of.target != "business_central":
        return False
    document = desk.dispatch().document
    client = HOOKS[of.target]().client_by_id(
        of.connection, of.organisation, needed_by="a live test", policy=Policy()
    )
    assert isinstance(client, BusinessCentralClient)
    [company] = [one.id for one in client.companies() if one.is_called(of.company)]
    journals, invoices = client.read(
        company,
        [
            Query("journals", expand=f"journalLines($filter=documentNumber eq '{document.key}')"),
            Query("purchaseInvoices", f"vendorInvoiceNumber eq '{document.reference}'"),
        ],
    )  # fmt: skip
    lines = [f"journalLines({one['id']})" for row in journals for one in row["journalLines"]]
    for path in [*lines, *(f"purchaseInvoices({one['id']})" for one in invoices)]:
        client.write("DELETE", company, path, key=document.key, etag="*")
    return True
