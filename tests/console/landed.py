"""Companies that have landed and been proven, for pages about their books."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from saldo.errors import NotProven
from saldo.warehouse.connection import connect
from tests.support import SECRET, Company, night, proven, write_agreement

#: When the first proof was, and the second.
FIRST = datetime(2026, 11, 25, 3, tzinfo=UTC)
SECOND = FIRST + timedelta(days=1)


def land_and_prove(dsn: str, company: Company, *, now: datetime = FIRST) -> None:
    """A night with its proof."""
    night(dsn, company)
    proven(dsn, company, now=now)


def differs(dsn: str, company: Company, *, now: datetime) -> None:
    """A proof that finds something."""
    with suppress(NotProven):
        proven(dsn, company, now=now, run_id=f"{company.run_id}-again")


def show(folder: Path, company: Company, **more: Any) -> None:
    """The agreement's file, where the app of a test looks for it."""
    agreement = company.agreement
    write_agreement(
        folder, company.id, name=company.id, vendor=agreement.vendor, connection=agreement.connection,
        timezone=agreement.timezone, **more,
    )  # fmt: skip


def connection_of(company: Company) -> tuple[str, str]:
    """The variable and the value of the Airflow connection that documents of an e-conomic company are fetched by."""
    connection = {
        "conn_type": "economic",
        "host": f"{company.sandbox.url}/economic/rest",
        "password": f"sandbox-grant-{company.id}",
        "extra": {"app_secret_token": SECRET, "openapi_host": f"{company.sandbox.url}/economic/openapi", "environment": "test"},
    }  # fmt: skip
    return f"AIRFLOW_CONN_ECONOMIC_{company.id.upper()}", json.dumps(connection)


def damage(dsn: str, company: Company, account: str, *, by: str = "0.01") -> tuple[str, int]:
    """Change the newest posting of an account in the warehouse; its accounting year and period."""
    with connect(dsn) as connection:
        row = connection.execute(
            "update mart.fact_journal_entries set amount_base = amount_base + %s::numeric where journal_entry_key = "
            "(select journal_entry_key from mart.fact_journal_entries where agreement_id = %s and account_number = %s "
            "order by date desc, journal_entry_key desc limit 1) returning accounting_year, period",
            [by, company.id, account],
        ).fetchone()
    assert row
    return row[0], row[1]
