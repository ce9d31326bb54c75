"""What Saldo adds to Airflow's API server and scheduler; everything is imported when it is asked for, not before.

Airflow loads this file in every process, tasks among them.
"""

from __future__ import annotations

import multiprocessing
import sys
from functools import cached_property
from multiprocessing import forkserver
from typing import Any, ClassVar
from urllib.parse import urlsplit

from airflow.configuration import conf
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

    @cached_property
    def fastapi_root_middlewares(self) -> list[dict[str, Any]]:  # type: ignore[override]
        from saldo.api.slash import WithSlash

        return [{"middleware": WithSlash, "args": [], "kwargs": {}, "name": "saldo"}]

    @cached_property
    def external_views(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """The console in Airflow's own navigation, and a tab of it on every DAG of ours."""
        # Airflow may be served below a path.
        root = urlsplit(conf.get("api", "base_url", fallback="") or "").path.rstrip("/")
        return [
            {
                "name": "Saldo", "href": f"{root}/saldo/", "destination": "nav", "url_route": "saldo",
                "nav_top_level": True, "icon": f"{root}/saldo/static/saldo.svg",
            },
            {"name": "Saldo", "href": f"{root}/saldo/dags/{{DAG_ID}}", "destination": "dag", "url_route": "saldo_dag"},
        ]  # fmt: skip
