"""`make template`: workbooks and CSV files for people to fill in, empty or with an agreement's own accounts."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path

from saldo.errors import ConfigError, SaldoError
from saldo.warehouse.connection import connect, translated
from saldo.workbooks import templates
from saldo.workbooks.layout import Kind
from saldo.workbooks.periods import Month
from saldo.workbooks.templates import Template

from . import chart
from .screen import fail, say


def write(
    kind: Kind, language: str, *, year: int | None, fiscal: str, agreement: str, into: Path, replace: bool
) -> int:  # fmt: skip
    """Writes the template as .xlsx and as .csv. fiscal: its first month, as 2025-07; agreement: empty for an empty
    template. Returns the exit code. Raises ConfigError for what cannot be meant, and for files that are there already:
    somebody may have filled them in."""
    if agreement and kind == "exchange_rates":
        raise ConfigError("AGREEMENT: exchange rates belong to no agreement; leave it out")
    first = _first_month(year, fiscal)
    template = Template(kind, language, first)
    if agreement:
        try:
            template = _filled(template, agreement)
        except ConfigError:
            raise
        except SaldoError as error:
            fail(str(error))
            return 1
    name = f"{template.name} {agreement}".strip()
    files = {into / f"{name}.xlsx": templates.workbook, into / f"{name}.csv": templates.text}
    if there := [path.name for path in files if path.exists() and not replace]:
        raise ConfigError(
            f"{' and '.join(there)} are there already; move them, or give REPLACE=1 (--replace)"
        )
    into.mkdir(parents=True, exist_ok=True)
    for path, content in files.items():
        path.write_bytes(content(template))
        say(str(path))
    return 0


def _first_month(year: int | None, fiscal: str) -> Month:
    """Of the calendar year after this one where nothing is said."""
    if not fiscal:
        return (year or datetime.now(UTC).year + 1, 1)
    match = re.fullmatch(r"(20\d\d)-(0[1-9]|1[0-2])", fiscal)
    if match is None:
        raise ConfigError("FISCAL: write the first month of the year, such as 2025-07")
    if year is not None and year != int(match[1]):
        raise ConfigError("YEAR and FISCAL say different years; give one of them")
    return int(match[1]), int(match[2])


def _filled(template: Template, agreement: str) -> Template:
    # As in Airflow's own commands: else connections made in the UI are not seen from a shell.
    os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"
    from saldo.hooks.warehouse import WarehouseHook

    with translated(), connect(WarehouseHook().dsn()) as connection:
        return chart.filled(connection, template, agreement)
