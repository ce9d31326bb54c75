"""The rooms of the console, in the app that Airflow's API server mounts."""

from __future__ import annotations

from fastapi import FastAPI

from . import doors, exports
from .agreement import page as agreement
from .changes import page as changes
from .files import routes as files
from .health import page as health
from .overview import page as overview
from .progress import routes as progress
from .proof import page as proof
from .purchases import routes as purchases
from .shell.static import Static

ROUTERS = (
    doors.router,
    overview.router,
    *agreement.routers,
    *changes.routers,
    *exports.routers,
    *files.routers,
    health.router,
    progress.router,
    *proof.routers,
    *purchases.routers,
)


def add_to(app: FastAPI) -> None:
    """Pages are for people: no document of the routes names them."""
    for router in ROUTERS:
        app.include_router(router, include_in_schema=False)
    app.mount("/static", Static())
