"""What Saldo adds to Airflow's API server and scheduler; everything is imported when it is asked for, not before.

Airflow loads this file in every process, tasks among them.
"""

from __future__ import annotations

import multiprocessing
import sys
from functools import cached_property
from multiprocessing import forkserver
from typing import Any, ClassVar

from airflow.listeners import hookimpl
from airflow.sdk.plugins_manager import AirflowPlugin


@hookimpl
def on_starting(component: object) -> None:
    """LocalExecutor starts its fork server with the first task, which then waits until all is imported: start it
    with the scheduler."""
    # Told of a job before it has a type; only the scheduler's process is set to fork from a server.
    is_job = type(component).__name__ == "Job"
    if is_job and multiprocessing.get_start_method(allow_none=True) == "forkserver":
        forkserver.ensure_running()


class SaldoPlugin(AirflowPlugin):
    name = "saldo"
    listeners: ClassVar[list[Any]] = [sys.modules[__name__]]

    @cached_property
    def fastapi_apps(self) -> list[dict[str, Any]]:  # type: ignore[override]
        from saldo.api.app import create_app
        from saldo.api.backport import mend_test_button

        mend_test_button()
        return [{"app": create_app(), "url_prefix": "/saldo", "name": "saldo"}]
