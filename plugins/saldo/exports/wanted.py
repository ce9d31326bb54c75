"""What is asked for of an export: by a configuration and a form, or by the body of a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from saldo.errors import ConfigError

from .choice import Choice, Filters
from .configuration import XlsxExport

#: What `choose` means, as filters; `all` is for forms only.
_CHOICES = {
    "new": {"not_exported": True},
    "mutated": {"mutated": True},
    "new_and_mutated": {"not_exported": True, "mutated": True},
    "all": {},
}
DEFAULT_LAYOUT = "purchases"


@dataclass(frozen=True)
class Wanted:
    """Which documents, and what file they become. choose: as a person said it; empty where they named ids or filters."""

    choice: Choice
    layout: str
    extension: str | None
    is_logged: bool
    again: bool
    choose: str = ""


def wanted_of(configuration: XlsxExport, form: Mapping[str, Any]) -> Wanted:
    """form: the parameters of a run, which win over the configuration where they are there. Raises ConfigError for what
    cannot be read."""
    of = configuration
    choose = form.get("choose") or of.choose
    if choose not in _CHOICES:
        raise ConfigError(f"choose: {choose!r} is unknown; choose one of: {', '.join(_CHOICES)}")
    filters = Filters(
        created_from=_day(form, "created_from", of.created_from),
        created_to=_day(form, "created_to", of.created_to),
        invoice_from=_day(form, "invoice_from", of.invoice_from),
        invoice_to=_day(form, "invoice_to", of.invoice_to),
        states=of.states,
        **_CHOICES[choose],
    )
    return Wanted(
        Choice(filters=filters),
        layout=form.get("layout") or of.layout,
        extension=form.get("ext", of.ext),
        is_logged=of.log if form.get("log") is None else bool(form["log"]),
        again=bool(form.get("again")),
        choose=choose,
    )


def wanted_by(request: Mapping[str, Any]) -> Wanted:
    """request: the body of a request to the REST route, which has checked it."""
    found = request.get("filters") or {}
    filters = Filters(
        created_from=_date(found.get("createdFrom")),
        created_to=_date(found.get("createdTo")),
        invoice_from=_date(found.get("invoiceFrom")),
        invoice_to=_date(found.get("invoiceTo")),
        states=tuple(found.get("state") or ()),
        not_exported=bool(found.get("notExported")),
        mutated=bool(found.get("mutated")),
    )
    ids = request.get("ids")
    return Wanted(
        Choice(ids=None if ids is None else tuple(ids), filters=filters),
        layout=request.get("layout") or DEFAULT_LAYOUT,
        extension=request.get("ext") or None,
        is_logged=not request.get("noLog"),
        again=bool(request.get("again")),
    )


def _day(form: Mapping[str, Any], name: str, default: date | None) -> date | None:
    """What the form says, which has the configuration's own day where nobody changed it."""
    if name not in form:
        return default
    try:
        return _date(form[name])
    except ValueError:
        raise ConfigError(
            f"{name}: {form[name]!r} is no day; write one such as 2026-01-31"
        ) from None


def _date(value: str | None) -> date | None:
    return date.fromisoformat(value[:10]) if value else None
