"""`make lake`: the Parquet files an agreement lacks, from what has landed, without a night."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime

from saldo.agreements.agreement import Agreement
from saldo.agreements.loading import load_agreements
from saldo.errors import ConfigError, SaldoError
from saldo.run_request import RunRequest
from saldo.vendors import entity_names
from saldo.warehouse.connection import connect, translated
from saldo.warehouse.migrations import migrate
from saldo.yaml_files import BrokenFile

from .check import of_ids
from .screen import fail, say
from .steps import steps


def write(ids: Sequence[str]) -> int:
    """Write what the lakes of these agreements lack; `all` are those with `lake: true`. Returns the exit code.
    Raises ConfigError for an id nobody has, before anything is written."""
    found = load_agreements(vendors=entity_names(), with_disabled=True)
    if list(ids) == ["all"]:
        chosen: list[Agreement | BrokenFile] = [one for one in found.good if one.lake]
    else:
        chosen = of_ids(ids, found)
    if not chosen:
        raise ConfigError("no agreement has `lake: true`; name one, or write it into its file")
    return 0 if all([_write(one) for one in chosen]) else 1


def _write(agreement: Agreement | BrokenFile) -> bool:
    if isinstance(agreement, BrokenFile):
        fail(str(agreement))
        return False
    # As in Airflow's own commands: else connections made in the UI are not seen from a shell.
    os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"
    from saldo.hooks.lake import lake_store
    from saldo.hooks.warehouse import WarehouseHook
    from saldo.operators.lake import writer_of

    now = datetime.now(UTC)
    run_id = f"make_lake__{now.isoformat(timespec='seconds')}"
    try:
        dsn = WarehouseHook().dsn()
        migrate(dsn)
        with (
            translated(),
            connect(dsn) as connection,
            steps(agreement.id, "entities") as tell,
        ):
            store = lake_store()
            writer = writer_of(connection, store, agreement, run_id, RunRequest(), now, tell=tell)
            errors = writer.run(may_be_empty=True)
    except SaldoError as error:
        fail(f"{agreement.id}: {error}")
        return False
    for each in errors:
        fail(str(each))
    for file in writer.written.files:
        say(f"{store.url}/{file.path}")
    say(f"{agreement.id}: {writer.written.note}")
    if not agreement.lake:
        say("Nights add nothing to it: write `lake: true` into its file for that.")
    return not errors
