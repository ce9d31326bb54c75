"""The words of tests of files: a drop folder, a look at it, and what counts afterwards."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from fsspec.implementations.local import LocalFileSystem

from saldo.files.companies import Companies
from saldo.files.configuration import FileConfiguration
from saldo.files.intake import Intake
from saldo.files.outcome import Listener, Outcome
from saldo.files.places.folder import FolderSource
from saldo.run_request import RunRequest
from saldo.transform.facts import refresh
from saldo.warehouse.connection import Connection
from tests.support import Company, agreement

MONTHS = ("Jan", "Feb", "Mar", "Apr", "Maj", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dec")
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def wide(*lines: tuple[Any, ...], head: str = "Konto;Afdeling", year: int = 2026) -> str:
    """CSV: account, department, and one amount that stands in each month, or twelve."""
    text = [";".join([head, *(f"{month} {year}" for month in MONTHS)])]
    for *key, amounts in lines:
        listed = amounts if isinstance(amounts, list) else [amounts] * 12
        text.append(";".join(map(str, [*key, *listed])))
    return "\n".join(text) + "\n"


@dataclass
class Drop:
    """A folder that one configuration is about. days: how long after NOW files are saved, unless said."""

    connection: Connection
    folder: Path
    company: Company
    others: tuple[Company, ...] = ()
    values: dict[str, Any] = field(default_factory=dict)
    listener: Listener | None = None
    id: str = "drop"
    looks: int = 0
    now: datetime = NOW

    def configuration(self, **more: Any) -> FileConfiguration:
        values = {
            "id": self.id, "kind": "budget", "source": {"folder": f"file://{self.folder}"}, "match": "*.csv",
            "agreement": self.company.id, **self.values, **more,
        }  # fmt: skip
        return FileConfiguration.model_validate({k: v for k, v in values.items() if v is not None})

    def put(self, name: str, text: str | bytes, *, day: int | None = None) -> None:
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        self.looks += 1
        moment = (NOW + timedelta(days=self.looks if day is None else day)).timestamp()
        os.utime(path, (moment, moment))

    def look(
        self,
        *,
        again: bool = False,
        confirm_deletes: bool = False,
        with_facts: bool = True,
        known: tuple[str, ...] = (),
        **more: Any,
    ) -> Outcome:
        configuration = self.configuration(**more)
        agreements = [agreement(c.id) for c in (self.company, *self.others)]
        outcome = Intake(
            self.connection,
            configuration,
            FolderSource(LocalFileSystem(auto_mkdir=False), str(self.folder), configuration),
            Companies(agreements, configuration.agreement),
            run_id=f"run {self.looks}",
            now=self.now,
            listener=self.listener,
            known=known,
        ).run(again=again, confirm_deletes=confirm_deletes)
        if with_facts:
            for one in agreements:
                refresh(self.connection, one, RunRequest())
        return outcome

    def facts(
        self, columns: str = "account_number, department_number, amount_base", **where: Any
    ) -> list[Any]:
        """Rows of fact_budget of the company in January, or as `where` says."""
        wanted = {"agreement_id": self.company.id, "month": "2026-01-01", **where}
        condition = " and ".join(f"{name} = %({name})s" for name in wanted)
        return self.connection.execute(
            f"select {columns} from mart.fact_budget where {condition} order by 1, 2".encode(),
            wanted,
        ).fetchall()

    def total(self, year: int = 2026) -> Decimal:
        [(found,)] = self.connection.execute(
            "select coalesce(sum(amount_base), 0) from mart.fact_budget where agreement_id = %s "
            "and extract(year from month) = %s",
            [self.company.id, year],
        ).fetchall()
        return Decimal(found)

    def register(self, columns: str = "name, version, status, is_in_force") -> list[Any]:
        return self.connection.execute(
            f"select {columns} from ops.file where config_id = %s order by file_id, version".encode(),
            [self.id],
        ).fetchall()
