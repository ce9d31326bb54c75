"""GET /saldo/files/<id>/template: a workbook or CSV file to fill in, as `make template` writes it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from saldo.api.answers import GUARDS, Problem
from saldo.api.auth import User, may_see
from saldo.api.routers import viewer_router
from saldo.console.shell import warehouse
from saldo.errors import ConfigError
from saldo.files.configuration import FileConfiguration
from saldo.onboarding.chart import filled
from saldo.workbooks import templates
from saldo.workbooks.templates import Template

from .rights import fed_by, seen_by

#: Kinds there is something to fill in of.
KINDS = ("budget", "account_mapping", "exchange_rates")
_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}

router = viewer_router()


class TemplateQuery(BaseModel):
    """month: the first of the fiscal year."""

    model_config = ConfigDict(extra="ignore")

    month: str = Field("", max_length=7)
    language: str = Field("en", max_length=2)
    format: Literal["xlsx", "csv"] = "xlsx"


@router.get("/files/{config_id}/template")
def template(
    config_id: str, request: Request, user: User, query: Annotated[TemplateQuery, Query()]
) -> Response:
    of = seen_by(user, config_id)
    if of.kind not in KINDS:
        raise Problem(
            404,
            "There is no template",
            "Of expenses there is none; docs/expenses.md says which columns they have.",
        )
    wanted = _wanted(of, query)
    if of.agreement and of.kind != "exchange_rates" and may_see(request, user, fed_by(of)):
        with warehouse() as books:
            try:
                wanted = filled(books.connection, wanted, of.agreement)
            except ConfigError as error:
                raise Problem(409, "The books are not there yet", f"{error}.") from None
    made = templates.workbook(wanted) if query.format == "xlsx" else templates.text(wanted)
    name = f"{wanted.name} {of.agreement or ''}".strip() + f".{query.format}"
    headers = {
        **GUARDS,
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
    }
    return Response(made, headers=headers, media_type=_TYPES[query.format])


def suggested_month() -> str:
    """The first month of the calendar year after this one."""
    return f"{datetime.now(UTC).year + 1}-01"


def _wanted(of: FileConfiguration, query: TemplateQuery) -> Template:
    said = re.fullmatch(r"(\d{4})-(\d\d)", query.month or suggested_month(), re.ASCII)
    try:
        if said is None:
            raise ConfigError("month: write the first month of the fiscal year, such as 2027-01")
        return Template(of.kind, query.language, (int(said[1]), int(said[2])))
    except ConfigError as error:
        raise Problem(422, "This cannot be made", f"{error}.") from None
