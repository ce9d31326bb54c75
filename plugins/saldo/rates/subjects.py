"""The banks as subjects of the watch."""

from __future__ import annotations

import os
from collections.abc import Mapping

from saldo.banks import BANKS
from saldo.banks.choice import chosen_banks
from saldo.errors import ConfigError
from saldo.subject import Alerts, Subject

from .landing import ENTITY, subject

DAG_ID = "saldo_exchange_rates"


def bank_subjects(environ: Mapping[str, str] = os.environ) -> list[Subject]:
    """One per bank that is asked; none where the setting cannot be read, which the DAG's import error says."""
    try:
        names = chosen_banks(environ)
    except ConfigError:
        return []
    return [
        Subject(
            key=subject(name),
            name=f"Exchange rates of {BANKS[name].title}",
            dag_id=DAG_ID,
            system=name,
            system_name=BANKS[name].title,
            alerts=Alerts(),
            task_ids={ENTITY: ENTITY},
        )
        for name in names
    ]
