"""GET /saldo/dags/<dag>: from a DAG in Airflow's UI to the page that is about it."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from saldo.api.answers import GUARDS, Problem, link
from saldo.api.routers import member_router

router = member_router()
#: Prefix of the DAG's id, and where what follows it leads. The page itself asks who may see it.
_DOORS = (
    ("saldo_export__", "/exports?organisation={}"),
    ("saldo__", "/agreements/{}"),
    ("saldo_file", "/files"),
    ("saldo_exports", "/purchases"),
    ("saldo_", "/health"),
)


@router.get("/dags/{dag_id}")
def door(dag_id: str, request: Request) -> Response:
    for prefix, path in _DOORS:
        if dag_id.startswith(prefix):
            target = path.format(dag_id.removeprefix(prefix))
            return RedirectResponse(link(request, target), 302, GUARDS)
    raise Problem(
        404,
        "This DAG is none of Saldo's",
        "The console shows agreements, files and exports. Their DAGs begin with saldo_.",
    )
