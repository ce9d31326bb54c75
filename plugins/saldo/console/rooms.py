"""The rooms of the console, in the app that Airflow's API server mounts."""

from __future__ import annotations

from fastapi import FastAPI

from . import doors
from .exports import acting, chosen
from .exports import page as exports
from .health import page as health
from .shell.static import Static

ROUTERS = (
    doors.router,
    exports.router,
    acting.router,
    chosen.router,
    health.router,
)


def add_to(app: FastAPI) -> None:
    """Pages are for people: no document of the routes names them."""
    for router in ROUTERS:
        app.include_router(router, include_in_schema=False)
    app.mount("/static", Static())
