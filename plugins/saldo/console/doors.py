"""GET /saldo/dags/<dag>: from a DAG in Airflow's UI to the page that is about it."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from saldo.api.answers import GUARDS, Problem, link
from saldo.api.auth import User, visible_dags
from saldo.api.routers import member_router
from saldo.exports.configuration import dag_id_of
from saldo.exports.loading import load_export_configurations

router = member_router()
EXPORT = dag_id_of("")
#: Prefix of the DAG's id, and where what follows it leads. The page itself asks who may see it.
_DOORS = (
    ("saldo__", "/agreements/{}"),
    ("saldo_file", "/files"),
    ("saldo_exports", "/purchases"),
    ("saldo_", "/health"),
)


def _export(dag_id: str, user: Any) -> str | None:
    """A configuration's DAG has its name, whatever it exports: files of an agreement's documents, or claims of an organisation."""
    name = dag_id.removeprefix(EXPORT)
    if name == dag_id:
        return None
    # Of which agreement it is, is told to who may see the DAG.
    found = load_export_configurations(only=name, with_disabled=True).good
    for one in found if visible_dags(user, {dag_id}) else ():
        if one.name == name:
            return f"/purchases/{one.agreement}/files"
    return f"/exports?organisation={name}"


def _other(dag_id: str) -> str | None:
    for prefix, path in _DOORS:
        if dag_id.startswith(prefix):
            return path.format(dag_id.removeprefix(prefix))
    return None


@router.get("/dags/{dag_id}")
def door(dag_id: str, request: Request, user: User) -> Response:
    if target := _export(dag_id, user) or _other(dag_id):
        return RedirectResponse(link(request, target), 302, GUARDS)
    raise Problem(
        404,
        "This DAG is none of Saldo's",
        "The console shows agreements, files and exports. Their DAGs begin with saldo_.",
    )
