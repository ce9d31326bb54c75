"""Saldo's routes as Airflow mounts them, without the rest of Airflow's server: `uvicorn --factory tests.system.metrics.served:app`."""

from __future__ import annotations

from fastapi import FastAPI

from saldo.api.app import create_app


def app() -> FastAPI:
    whole = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    whole.mount("/saldo", create_app())
    return whole
