"""Data docs: the library's own pages in a frame of ours that loads nothing from other hosts.

The library's frame fetches scripts and styles from seven content networks, which would then run in the
address space of the Airflow that the reader is logged in to, and shows nothing where there is no internet.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from great_expectations.render import RenderedDocumentContent, RenderedSectionContent
from great_expectations.render.renderer.content_block import (
    ValidationResultsTableContentBlockRenderer,
)
from great_expectations.render.view import DefaultJinjaPageView
from jinja2 import Environment, FileSystemLoader

from saldo.agreements.agreement import Agreement

from .expectations import Validated
from .folder import INDEX

_TEMPLATES = Path(__file__).parent / "templates"


class _PageView(DefaultJinjaPageView):
    _template: ClassVar[str] = "saldo_page.j2"


def render_pages(
    agreement: Agreement,
    run_id: str,
    at: datetime,
    validated: Sequence[Validated],
    unchanged: dict[str, datetime],
) -> dict[str, str]:
    """File name -> html: a page per validated table, and the index. `unchanged`: tables that were not
    looked at again, and when they were last."""
    view = _PageView(custom_views_directory=str(_TEMPLATES))
    said = {
        "agreement": html.escape(agreement.name),
        "run_id": html.escape(run_id),
        "at": _when(at),
    }
    pages = {f"{v.table}.html": _page(view, v, said) for v in validated}
    env = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True)
    rows = [_row(v) for v in validated]
    pages[INDEX] = env.get_template("saldo_index.j2").render(
        agreement=agreement.name,
        run_id=run_id,
        at=_when(at),
        tables=sorted(rows, key=lambda row: (-row["broken"], -row["warnings"])),
        unchanged={table: _when(when) for table, when in sorted(unchanged.items())},
    )
    return pages


def _page(view: Any, validated: Validated, said: dict[str, str]) -> str:
    """One table of all rules, broken ones first: the library's own page has a section per column."""
    results = sorted(validated.result.results, key=lambda evaluated: bool(evaluated.success))
    table = ValidationResultsTableContentBlockRenderer.render(results)
    table.header_row = ["", "Rule", "Found"]
    document = RenderedDocumentContent(
        renderer_type="ValidationResultsPageRenderer",
        sections=[RenderedSectionContent(content_blocks=[table])],
    )
    rendered: str = view.render(document, table=validated.table, **said)
    return rendered


def _row(validated: Validated) -> dict[str, Any]:
    bad = [f.rule for f in validated.findings if not f.ok]
    return {
        "table": validated.table,
        "rules": len(validated.findings),
        "broken": sum(1 for rule in bad if rule.severity == "critical"),
        "warnings": sum(1 for rule in bad if rule.severity != "critical"),
    }


def _when(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
