"""What Saldo adds to Airflow's API server; everything is imported when it is asked for, not before.

Airflow loads this file in every process, tasks among them.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from airflow.sdk.plugins_manager import AirflowPlugin


class SaldoPlugin(AirflowPlugin):
    name = "saldo"

    @cached_property
    def fastapi_apps(self) -> list[dict[str, Any]]:  # type: ignore[override]
        from saldo.api.app import create_app
        from saldo.api.backport import mend_test_button

        mend_test_button()
        return [{"app": create_app(), "url_prefix": "/saldo", "name": "saldo"}]
