"""Nights of a whole company of any vendor: every entity landed, core included, and proof."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from saldo.agreements.agreement import Agreement
from saldo.landing import Landing
from saldo.proof import prove
from saldo.run_request import RunRequest
from saldo.runs.sync_run import Counts, Run, recorded
from saldo.vendors import VENDORS, entity_of
from saldo.warehouse.connection import Connection

from .landing_lap import COMPANY

_RUN = Run("bench", f"bench-{datetime.now(UTC).isoformat()}")


def agreement_at(vendor: str, timezone: str) -> Agreement:
    """The company of the benchmarks, at a vendor."""
    return Agreement(
        id=f"{COMPANY}_{vendor}",
        name=COMPANY,
        vendor=vendor,
        connection="bench",
        schedule=None,
        timezone=timezone,
        start_date=date(2024, 1, 1),
    )


@dataclass(frozen=True)
class Books:
    """Of one agreement. client, controls: make them anew."""

    connection: Connection
    dsn: str
    agreement: Agreement
    client: Callable[[], Any]
    controls: Callable[[Any], Any]

    def land(self, source: Any, name: str) -> Counts:
        """What was read and written of one entity."""
        with recorded(self.connection, self.dsn, self.agreement.key, name, _RUN) as sync_run:
            Landing(
                self.connection,
                source,
                self.agreement,
                entity_of(self.agreement.vendor, name),
                run_request=RunRequest(),
                sync_run=sync_run,
            ).run(now=datetime.now(UTC))
        return sync_run.counts

    def night(self) -> dict[str, int]:
        """Every entity, one after the other; small ones share a client."""
        sources: dict[str, Any] = {}
        read = written = 0
        for entity in VENDORS[self.agreement.vendor].entities:
            name = "small" if entity.is_small else entity.name
            source = sources.setdefault(name, self.client())
            counts = self.land(source, entity.name)
            read, written = read + counts.read, written + counts.changed
        asked = sum(source.usage.requests for source in sources.values())
        return {"rows": read, "written": written, "requests": asked}

    def prove(self) -> dict[str, int]:
        """Rows are comparisons."""
        source = self.client()
        with recorded(self.connection, self.dsn, self.agreement.key, "prove", _RUN) as sync_run:
            found = prove(
                self.connection,
                self.controls(source),
                self.agreement,
                run_request=RunRequest(),
                sync_run=sync_run,
                now=datetime.now(UTC),
            )
        return {"rows": len(found.comparisons), "requests": source.usage.requests}
