"""What a person does after writing a file: the connection, the check, the first night. It never
asks for secrets, it says where they go."""

from __future__ import annotations

import json
import textwrap
from typing import Any

from saldo.agreements.agreement import Agreement
from saldo.airflow.provider import CONNECTION_TYPES


def connection_steps(agreement: Agreement) -> str:
    """How the connection is made, by the fields of its own form."""
    form = next(t for t in CONNECTION_TYPES if t["connection-type"] == agreement.vendor)
    variable = json.dumps(_skeleton(form), ensure_ascii=False)
    steps = f"""\
        The connection {agreement.connection}, unless it is there. Its secrets belong nowhere in this folder.
          In Airflow's UI: Admin, Connections, Add; type {form["hook-name"]}; then Test.
          Or in the environment of every Airflow process (leave out what is optional):
          AIRFLOW_CONN_{agreement.connection.upper()}='{variable}'

        Then: make check AGREEMENT={agreement.id}"""
    if not agreement.enabled:
        steps += "\n        Then: remove the line `enabled: false`; the first run starts within a minute."
    return textwrap.dedent(steps)


def _skeleton(form: dict[str, Any]) -> dict[str, Any]:
    """The connection as JSON, with the labels of its form where the values go."""
    behaviour = form["ui-field-behaviour"]
    shown = {
        k: v for k, v in behaviour["relabeling"].items() if k not in behaviour["hidden-fields"]
    }
    found: dict[str, Any] = {"conn_type": form["connection-type"]}
    # The address of production need not be given.
    found |= {field: f"<{label}>" for field, label in shown.items() if field != "host"}
    extra = {field: f"<{one['label']}>" for field, one in form.get("conn-fields", {}).items()}
    return found | ({"extra": extra} if extra else {})
