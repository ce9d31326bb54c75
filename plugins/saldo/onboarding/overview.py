"""What `make up` says of the agreements: what keeps one from its night, and how those without a schedule start."""

from __future__ import annotations

from collections.abc import Iterator

from saldo.agreements.agreement import Agreement
from saldo.agreements.cautions import cautions
from saldo.agreements.loading import load_agreements
from saldo.errors import SaldoError
from saldo.vendors import entity_names

from .screen import say


def overview() -> int:
    """Print a line for each thing to know; nothing where all have a night ahead of them. Returns the exit code.

    No vendor is asked: `make check` does that.
    """
    found = load_agreements(vendors=entity_names())
    lines = [f"{file}\n  It has no DAG until its file is corrected." for file in found.broken]
    lines += [f"{one.id}: {text}" for one in found.good for text in _of_agreement(one)]
    if lines:
        say("\nAgreements to look at")
        for line in lines:
            say("  " + line.replace("\n", "\n  "))
    return 0


def _of_agreement(agreement: Agreement) -> Iterator[str]:
    # Imported here: what needs no Airflow does not wait for it.
    from .airflow_side import environment_of

    try:
        environment_of(agreement).source()
    except SaldoError as error:
        yield str(error)
    if agreement.schedule is None:
        yield (
            "it has no schedule. Start it in the UI (Trigger), or in the stack's shell: "
            f"airflow dags trigger {agreement.dag_id}"
        )
    yield from cautions(agreement)
