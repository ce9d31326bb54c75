"""`make check`: would a night of this agreement succeed?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from croniter import croniter

from saldo.agreements.agreement import Agreement
from saldo.agreements.cautions import cautions
from saldo.agreements.loading import Agreements, load_agreements
from saldo.errors import ConfigError
from saldo.readiness import Finding, check_agreement, would_succeed
from saldo.vendors import entity_names, title_of
from saldo.yaml_files import BrokenFile

from .screen import console, fail, say, show_findings


def check(ids: Sequence[str]) -> int:
    """Try these agreements, switched on or not; `all` are all there are. Returns the exit code. Raises
    ConfigError for an id nobody has, before anything is tried."""
    found = load_agreements(vendors=entity_names(), with_disabled=True)
    if list(ids) == ["all"]:
        chosen: list[Agreement | BrokenFile] = [*found.good, *found.broken]
    else:
        chosen = of_ids(ids, found)
    if not chosen:
        raise ConfigError("there is no agreement file; write one with `make agreement`")
    results = [_check(one) for one in chosen]
    if len(results) > 1:
        say(f"\n{sum(results)} of {len(results)} agreements are ready for a night.")
    return 0 if all(results) else 1


def of_ids(ids: Sequence[str], found: Agreements) -> list[Agreement | BrokenFile]:
    """Each once. Raises ConfigError for an id nobody has."""
    return [_of_id(id, found) for id in dict.fromkeys(ids)]


def _of_id(id: str, found: Agreements) -> Agreement | BrokenFile:
    for agreement in found.good:
        if agreement.id == id:
            return agreement
    for file in found.broken:
        if file.path.stem == id:
            return file
    known = ", ".join(agreement.id for agreement in found.good) or "none"
    broken = ", ".join(file.path.name for file in found.broken)
    raise ConfigError(
        f"there is no agreement {id!r}; known: {known}"
        + (f"; broken files: {broken}" if broken else "")
    )


def _check(one: Agreement | BrokenFile) -> bool:
    if isinstance(one, BrokenFile):
        fail(f"{one}\nThis agreement has no DAG until its file is corrected.")
        return False
    # Imported here: what needs no Airflow does not wait for it.
    from .airflow_side import environment_of

    findings: list[Finding] = []
    with console().status(f"{one.id} …") as status:
        for finding in check_agreement(one, environment_of(one)):
            findings.append(finding)
            status.update(f"{one.id}: {finding.what} …")
    show_findings(
        f"{one.id}: {one.name}, {title_of(one.vendor)}, connection {one.connection}", findings
    )
    is_ready = would_succeed(findings)
    failing = [f.what for f in findings if f.verdict == "fails"]
    say("A night would succeed." if is_ready else f"A night would fail: {', '.join(failing)}.")
    say(_next_night(one))
    for text in cautions(one):
        say(text)
    return is_ready


def _next_night(agreement: Agreement) -> str:
    if not agreement.enabled:
        return "Switched off: remove `enabled: false` from its file, and its first run starts within a minute."
    if agreement.schedule is None:
        return "It has no schedule: it runs when somebody triggers it."
    next = croniter(agreement.schedule, datetime.now(UTC).astimezone(agreement.zone))
    return f"Next night: {next.get_next(datetime):%Y-%m-%d %H:%M} {agreement.timezone}."
