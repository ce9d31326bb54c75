"""GET /saldo/data-docs/<agreement>/<run>/<page>.html: what a validation found, as written by the task.

Static pages of one folder, to whoever may see the agreement's DAG in Airflow. Where the API server does not
share a disk with the workers they are not here; ops.validation_result has the same findings.
"""

from __future__ import annotations

import re

from fastapi.responses import HTMLResponse, Response

from saldo.validation.folder import ROUTE, data_docs_dir

from .answers import GUARDS, Problem
from .problems import responses
from .routers import reader_router

router = reader_router(ROUTE.removeprefix("/saldo"))

#: The pages hold figures and texts of a company, and need nothing but their own styles.
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-same-origin"
)
#: Names as the task writes them: no path, nothing hidden.
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*")


@router.get(
    "/{agreement_id}/{run}/{page}",
    summary="A page of what a validation found",
    description="As the task wrote it; the newest runs only.",
    response_class=HTMLResponse,
    responses=responses(404),
)
def data_docs(agreement_id: str, run: str, page: str) -> Response:
    """Not async on purpose: it runs in a thread and does not block the server."""
    if not all(_NAME.fullmatch(name) for name in (agreement_id, run, page)):
        raise _missing(agreement_id)
    root = data_docs_dir().resolve()
    file = (root / agreement_id / run / page).resolve()
    # A link in the folder must not lead out of it either.
    if not file.is_relative_to(root / agreement_id) or file.suffix != ".html":
        raise _missing(agreement_id)
    try:
        html = file.read_bytes()
    except OSError:
        raise _missing(agreement_id) from None
    return HTMLResponse(html, headers={**GUARDS, "Content-Security-Policy": _POLICY})


def _missing(agreement_id: str) -> Problem:
    return Problem(
        404,
        "These data docs are not here",
        "Only the newest runs of an agreement are kept, on the machine that wrote them unless "
        "SALDO_DATA_DOCS_DIR is a folder all share. The findings themselves are in "
        f"ops.validation_result of the warehouse, agreement {agreement_id}.",
    )
