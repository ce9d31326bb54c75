"""What the check asks of Airflow, from a shell: connections, the vendor's hook, the pool."""

from __future__ import annotations

import os

# As Airflow's own commands do: else connections made in the UI are not seen from a shell.
os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"

from airflow.models.pool import Pool
from sqlalchemy.exc import SQLAlchemyError

from saldo.agreements.agreement import Agreement
from saldo.hooks.vendors import HOOKS, client_of
from saldo.hooks.warehouse import WarehouseHook
from saldo.paths import PROJECT
from saldo.readiness import HASTY, Environment
from saldo.vendors import VENDORS


def environment_of(agreement: Agreement) -> Environment:
    """What the check asks of Airflow for this agreement."""
    return Environment(
        dsn=WarehouseHook().dsn,
        pool=lambda: pool_of(VENDORS[agreement.vendor].pool),
        test_connection=lambda: _test(agreement),
        source=lambda: client_of(agreement, policy=HASTY),
        lake=lambda: _files(agreement),
    )


def _files(agreement: Agreement) -> int:
    from saldo.hooks.lake import environment, lake_store
    from saldo.lake.manifest import folder_of

    return len(lake_store().sizes(folder_of(agreement.vendor, environment(), agreement.id)))


def pool_of(name: str) -> str:
    """What is wrong with a pool; empty if nothing."""
    try:
        found = Pool.get_pool(name)
    except SQLAlchemyError as error:
        # Its text holds the address, and may hold more.
        return (
            f"Airflow's database cannot be asked ({type(error).__name__}): connections made in the UI are "
            "not seen. Start Airflow, or correct AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
        )
    if found is None:
        pools = PROJECT / "include" / "pools.json"
        return (
            f"the pool {name} is missing: tasks would wait for ever. airflow pools import {pools}"
        )
    return ""


def _test(agreement: Agreement) -> tuple[bool, str]:
    works, says = HOOKS[agreement.vendor](agreement.connection).test_connection()
    return works, says.replace("from Airflow's API server", "from here")
