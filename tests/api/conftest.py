"""Saldo's routes without a server: Airflow has a home of its own, and an auth manager of the tests' own stands in for its."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI, HTTPException, Request
from fastapi.testclient import TestClient

from tests.airflow.running import warehouse_connection
from tests.exports.support import Books, Folder
from tests.support import write_agreement

_home = tempfile.mkdtemp(prefix="saldo-api-")
# Before anything imports airflow: it reads its configuration on import.
os.environ.update(
    {
        "AIRFLOW_HOME": _home,
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{_home}/airflow.db",
    }
)

#: Users: vera may see everything, ada may also act on it, root is an administrator, nora may see nothing, and otto has the rights of
#: ada over what the organisation `havn` exports.
USERS = ("vera", "ada", "root", "nora", "otto")
AGREEMENTS = ("shop", "other")


async def _get_user(request: Request, _: Any, credentials: Any) -> Any:
    name = credentials.credentials if credentials else request.cookies.get("_token")
    if name not in USERS:
        raise HTTPException(401)
    return SimpleNamespace(get_name=lambda: name)


def _requires_access_dag(method: str, access_entity: Any = None, param_dag_id: str = "") -> Any:
    def check(request: Request, user: Any) -> None:
        who = user.get_name()
        is_ottos = param_dag_id == "saldo_export__havn"
        if who == "nora" or (who == "otto" and not is_ottos) or (method != "GET" and who == "vera"):
            raise HTTPException(403)

    return check


class _AuthManager:
    def is_authorized_connection(self, *, method: str, user: Any) -> bool:
        return bool(user.get_name() == "root")

    def filter_authorized_dag_ids(self, *, dag_ids: set[str], user: Any) -> set[str]:
        who = user.get_name()
        return {
            id
            for id in dag_ids
            if who in ("vera", "ada", "root") or (who == "otto" and id == "saldo_export__havn")
        }


@pytest.fixture(scope="session")
def airflows_tables() -> None:
    """Airflow's own database, empty."""
    from airflow import settings
    from airflow.models import import_all_models
    from airflow.models.base import Base

    import_all_models()
    settings.configure_orm()
    Base.metadata.create_all(settings.engine)


@pytest.fixture(scope="session")
def the_app() -> FastAPI:
    """It keeps nothing between requests, and takes a tenth of a second to make."""
    from saldo.api.app import create_app

    return create_app()


@pytest.fixture
def app(
    airflows_tables: None,
    the_app: FastAPI,
    monkeypatch: pytest.MonkeyPatch,
    dsn: str,
    tmp_path: Path,
) -> FastAPI:
    """The product's own, on the module's warehouse, with two agreements and a folder that files go to."""
    from saldo.api import auth

    security = SimpleNamespace(
        get_user=_get_user,
        requires_access_dag=_requires_access_dag,
        DagAccessEntity=SimpleNamespace(RUN="RUN"),
        get_auth_manager=_AuthManager,
    )
    monkeypatch.setattr(auth, "_security", lambda: security)
    monkeypatch.setenv("AIRFLOW_CONN_SALDO_WAREHOUSE", warehouse_connection(dsn))
    monkeypatch.setenv("SALDO_SANDBOX", "0")
    for variable in ("SALDO_AGREEMENTS_DIR", "SALDO_EXPORTS_DIR"):
        (tmp_path / variable).mkdir()
        monkeypatch.setenv(variable, str(tmp_path / variable))
    for id in AGREEMENTS:
        write_agreement(tmp_path / "SALDO_AGREEMENTS_DIR", id)
    monkeypatch.setenv("SALDO_EXPORTS_URL", f"file://{tmp_path}/exports")
    return the_app


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, base_url="https://airflow.example.com", root_path="/saldo") as found:
        yield found


@pytest.fixture
def books(dsn: str, tmp_path: Path) -> Books:
    """The purchase documents of the agreement `shop`."""
    return Books(dsn, Folder(tmp_path), "shop")
