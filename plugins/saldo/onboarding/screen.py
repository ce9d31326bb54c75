"""What people see: tables and sentences. Texts from outside are never read as markup."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from saldo.readers.reader import Reader
from saldo.readiness import Finding

#: Where the width is not known (a pipe, a log), tables are as wide as they need to be to be read.
_WIDE = 160
_SIGNS = {
    "ok": "[green]ok[/]",
    "skipped": "[yellow]not bought[/]",
    "fails": "[red]fails[/]",
    "not tried": "[dim]not tried[/]",
}


def console(*, stderr: bool = False) -> Console:
    """A console that is wide enough where the width is not known."""
    found = Console(highlight=False, stderr=stderr)
    if not found.is_terminal and "COLUMNS" not in found._environ:
        found.width = _WIDE
    return found


def say(text: str) -> None:
    console().print(text, markup=False, soft_wrap=True)


def fail(text: str, *, stderr: bool = True) -> None:
    console(stderr=stderr).print(f"[red]{escape(text)}[/]", soft_wrap=True)


def show_findings(title: str, findings: Sequence[Finding]) -> None:
    table = Table(title=escape(title), title_justify="left", expand=False)
    for name in ("", "Result", "Found", "Without it", "What to do"):
        table.add_column(name, overflow="fold")
    for found in findings:
        texts = (found.says, found.without, found.remedy)
        table.add_row(found.what, _SIGNS[found.verdict], *map(escape, texts))
    console().print(table)


def show_readers(readers: Sequence[Reader]) -> None:
    table = Table()
    for name in ("Reader", "Power BI", "Log-in", "Agreements", "Personal"):
        table.add_column(name, overflow="fold")
    for one in readers:
        ids = "all" if one.agreements == "all" else ", ".join(one.agreements) or "none"
        shown = ("shown" if one.personal else "hidden") if one.login else "-"
        table.add_row(*map(escape, (one.id, one.user or "", one.login or "", ids, shown)))
    console().print(table)
    if any(one.user and not one.personal for one in readers):
        say(
            "Personal is what the log-in sees in Postgres. In Power BI a user reads what the model has imported: all of it, unless its "
            "parameter PgSchema is mart_masked."
        )


def show_files(rows: Sequence[tuple[str, str, str]]) -> None:
    table = Table()
    for name in ("Agreement", "File", "Result"):
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*map(escape, row))
    console().print(table)
