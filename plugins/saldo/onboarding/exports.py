"""`make check EXPORT=organisation`: would an organisation's expenses reach its accounting system?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from saldo.errors import ConfigError, SaldoError
from saldo.exports.accounting.configuration import AccountingExport
from saldo.exports.accounting.targets import kind_of
from saldo.exports.accounting.trial import check_file
from saldo.exports.loading import AccountingExports, load_accounting_exports
from saldo.readiness import HASTY, Finding, would_succeed
from saldo.warehouse.connection import connect, translated
from saldo.warehouse.migrations import pending
from saldo.yaml_files import BrokenFile

from .screen import console, fail, say, show_findings


def check(organisations: Sequence[str]) -> int:
    """Try these organisations' exports, switched on or not; `all` are all there are. Nothing is written. Returns the exit code.
    Raises ConfigError for one nobody has, before anything is tried."""
    found = load_accounting_exports(with_disabled=True)
    chosen: list[AccountingExport | BrokenFile] = [*found.good, *found.broken]
    if list(organisations) != ["all"]:
        chosen = [_of(one, found) for one in dict.fromkeys(organisations)]
    if not chosen:
        raise ConfigError(
            "there is no accounting export; write one as docs/accounting-exports.md says"
        )
    results = [_check(one) for one in chosen]
    if len(results) > 1:
        say(f"\n{sum(results)} of {len(results)} accounting exports are ready.")
    return 0 if all(results) else 1


def _of(organisation: str, found: AccountingExports) -> AccountingExport | BrokenFile:
    known: dict[str, AccountingExport | BrokenFile] = {f.path.stem: f for f in found.broken}
    known |= {one.organisation: one for one in found.good}
    if organisation not in known:
        raise ConfigError(
            f"there is no accounting export {organisation!r}; known: {', '.join(sorted(known)) or 'none'}"
        )
    return known[organisation]


def _check(one: AccountingExport | BrokenFile) -> bool:
    if isinstance(one, BrokenFile):
        fail(f"{one}\nThis organisation has no DAG until its file is corrected.")
        return False
    findings: list[Finding] = []
    with console().status(f"{one.organisation} …") as status:
        for finding in _findings(one):
            findings.append(finding)
            status.update(f"{one.organisation}: {finding.what} …")
    title = f"{one.organisation}: {kind_of(one).title}, {one.company}, connection {one.connection}"
    show_findings(title, findings)
    is_ready = would_succeed(findings)
    failing = [found.what for found in findings if found.verdict != "ok"]
    say("Expenses would be sent." if is_ready else f"Not ready: {', '.join(failing)}.")
    if not one.enabled:
        say("Switched off: remove `enabled: false` from its file.")
    return is_ready


def _findings(one: AccountingExport) -> Iterator[Finding]:
    # Imported here: what needs no Airflow does not wait for it.
    from saldo.hooks.accounting import open_target
    from saldo.hooks.vendors import HOOKS

    from .airflow_side import pool_of

    yield _warehouse()
    wrong = pool_of("saldo_accounting")
    yield Finding("pool", "fails" if wrong else "ok", wrong or "is there")
    works, says = HOOKS[one.target](one.connection).test_connection()
    says = says.replace("from Airflow's API server", "from here")
    yield Finding("connection", "ok" if works else "fails", says)
    if not works:
        yield Finding("company", "not tried", "since the connection fails")
        return
    try:
        yield from check_file(one, open_target(one, policy=HASTY), now=datetime.now(UTC))
    except SaldoError as error:
        yield Finding("company", "fails", str(error))


def _warehouse() -> Finding:
    from saldo.hooks.warehouse import WarehouseHook

    try:
        with translated(), connect(WarehouseHook().dsn()) as connection:
            waiting = len(pending(connection))
    except SaldoError as error:
        return Finding("warehouse", "fails", str(error))
    later = f"; {waiting} migration(s) wait, the first task applies them" if waiting else ""
    return Finding("warehouse", "ok", f"answers{later}")
