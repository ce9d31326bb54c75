"""GET /saldo/metrics: how Saldo is doing, for Prometheus and whatever else reads OpenMetrics.

Off until there is a token of its own, in the Airflow connection `saldo_metrics`.
"""

from __future__ import annotations

from pathlib import Path
from threading import BoundedSemaphore

from fastapi import Request
from fastapi.responses import Response
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from saldo.hooks.warehouse import WarehouseHook
from saldo.metrics import Collector

from .airflow_state import airflow_numbers
from .answers import GUARDS, Problem
from .problems import responses
from .routers import scraper_router

router = scraper_router()

#: Two Prometheis of a pair may ask at once; more wait a moment, then are refused.
_AT_ONCE, _PATIENCE_S = 2, 5
_seats = BoundedSemaphore(_AT_ONCE)
_OPENMETRICS = "application/openmetrics-text"


@router.get(
    "/metrics",
    summary="Gauges for Prometheus",
    description="In OpenMetrics, or in Prometheus' own format for whoever asks for that. With the token of the Airflow connection "
    "`saldo_metrics` as `Authorization: Bearer`; a user's token opens nothing here.",
    response_class=Response,
    responses={
        200: {"content": {_OPENMETRICS: {"schema": {"type": "string"}}}},
        **responses(503),
    },
)
def metrics(request: Request) -> Response:
    """Not async on purpose: it runs in a thread and does not block the server."""
    accepts = request.headers.get("accept", "")
    # The library gives whoever takes anything the older format.
    encode, content_type = choose_encoder(accepts if "text/plain" in accepts else _OPENMETRICS)
    if not _seats.acquire(timeout=_PATIENCE_S):
        raise Problem(
            503,
            "Too many scrapes at once",
            f"{_AT_ONCE} are being answered already. Scrape less often.",
            {"Retry-After": "30"},
        )
    try:
        registry = CollectorRegistry()
        registry.register(
            Collector(lambda: WarehouseHook().dsn(), {"logs": _logs()}, airflow_numbers)
        )
        body = encode(registry)
    finally:
        _seats.release()
    return Response(body, headers=GUARDS, media_type=content_type)


def _logs() -> Path:
    """Where Airflow of this machine writes the logs of tasks: what fills its disk."""
    from airflow.configuration import conf

    return Path(conf.get("logging", "base_log_folder"))
