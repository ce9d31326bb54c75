"""`make check FILE=id`: what would become of the files of a configuration?"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from saldo.agreements.agreement import Agreement
from saldo.agreements.loading import load_agreements
from saldo.errors import ConfigError, SaldoError
from saldo.files.choice import KINDS
from saldo.files.companies import Companies
from saldo.files.configuration import FileConfiguration
from saldo.files.loading import FileConfigurations, load_file_configurations
from saldo.files.places.source import File, FileSource, Seen
from saldo.files.trial import Trial, Tried
from saldo.readiness import HASTY
from saldo.vendors import entity_names
from saldo.warehouse.connection import Connection, connect, translated
from saldo.warehouse.migrations import pending
from saldo.workbooks.places import in_order
from saldo.yaml_files import BrokenFile

from .screen import console, fail, say


def check(ids: Sequence[str]) -> int:
    """Try these file configurations, switched on or not; `all` are all there are. Nothing is written. Returns the exit code:
    0 where every file would be accepted, and there are some. Raises ConfigError for an id nobody has, before anything is
    tried."""
    agreements = load_agreements(vendors=entity_names(), with_disabled=True).good
    found = load_file_configurations(
        agreements=[agreement.id for agreement in agreements], with_disabled=True
    )
    chosen: list[FileConfiguration | BrokenFile] = [*found.good, *found.broken]
    if list(ids) != ["all"]:
        chosen = _of_ids(ids, found)
    if not chosen:
        raise ConfigError("there is no file configuration; write one as docs/files.md says")
    results = [_check(one, agreements) for one in chosen]
    if len(results) > 1:
        say(f"\n{sum(results)} of {len(results)} file configurations are ready for a run.")
    return 0 if all(results) else 1


def _of_ids(ids: Sequence[str], found: FileConfigurations) -> list[FileConfiguration | BrokenFile]:
    """Each once. Raises ConfigError for an id nobody has."""
    known: dict[str, FileConfiguration | BrokenFile] = {f.path.stem: f for f in found.broken}
    known |= {one.id: one for one in found.good}
    for id in ids:
        if id not in known:
            raise ConfigError(
                f"there is no file configuration {id!r}; known: {', '.join(sorted(known)) or 'none'}"
            )
    return [known[id] for id in dict.fromkeys(ids)]


def _check(one: FileConfiguration | BrokenFile, agreements: Sequence[Agreement]) -> bool:
    if isinstance(one, BrokenFile):
        fail(f"{one}\nIts files are not read until this is corrected.")
        return False
    say(f"\n{one.id}: {one.kind}, {one.match} in {_place(one)}")
    if one.kind not in KINDS:
        fail(f"{one.id}: files of the kind {one.kind} are not read yet.")
        return False
    try:
        return _tried(one, agreements)
    except SaldoError as error:
        fail(f"{one.id}: {error}")
        return False


def _tried(one: FileConfiguration, agreements: Sequence[Agreement]) -> bool:
    # As Airflow's own commands do: else connections made in the UI are not seen from a shell.
    os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"
    from saldo.hooks.files import source_of
    from saldo.hooks.warehouse import WarehouseHook

    with console().status(f"{one.id} …"):
        source = source_of(one, policy=HASTY)
        listed = source.changes(Seen()).changed
    say(
        f"{_counted(len(listed), 'file')} there{': ' if listed else ''}{', '.join(f.name for f in listed)}"
    )
    if not listed:
        fail(f"{one.id}: nothing to try; put a file there, or correct `match` or the folder")
        return False
    with translated(), connect(WarehouseHook().dsn()) as connection:
        if pending(connection):
            raise ConfigError(
                "the warehouse is of an earlier version of Saldo; start any of its DAGs once, which brings it up to date"
            )
        is_good = _try_files(one, source, listed, agreements, connection)
    say("All of it would be accepted." if is_good else "Not all of it would be accepted.")
    if not one.enabled:
        say("Switched off: remove `enabled: false` from its file, and the next run reads it.")
    return is_good


def _try_files(
    one: FileConfiguration,
    source: FileSource,
    listed: Sequence[File],
    agreements: Sequence[Agreement],
    connection: Connection,
) -> bool:
    names = {agreement.id: agreement.name for agreement in agreements}
    trial = Trial(connection, one, source, Companies(agreements, one.agreement), names)
    is_good = True
    for tried in trial.files(listed):
        _show(tried, names)
        is_good = is_good and tried.is_good
    return is_good


def _show(tried: Tried, names: Mapping[str, str]) -> None:
    file = tried.file
    by = f" by {file.modified_by}" if file.modified_by else ""
    saved = f", saved {file.modified_at:%Y-%m-%d %H:%M}{by}" if file.modified_at else ""
    say(f"\n{file.name} ({-(-file.size // 1024):,} kB{saved})")
    if tried.rejected is not None:
        problems = in_order(tried.rejected.problems)
        count = _counted(len(problems) + tried.rejected.more, "thing")
        fail(f"would be refused: {count} to correct", stderr=False)
        for problem in problems:
            say(f"  {problem}")
        if tried.rejected.more:
            say(f"  And {tried.rejected.more:,} more like these.")
    elif tried.staged is None:
        fail(f"would have to wait: {tried.trouble}", stderr=False)
    else:
        whose = ", ".join(sorted(names.get(id, id) for id in tried.staged.agreements))
        say(f"would be accepted: {_counted(tried.staged.rows, 'row')} of {whose}")
        for total in tried.totals:
            # As written: income is positive where the configuration says `sign: natural`.
            say(
                f"  {total.company}, {total.scenario} {total.year}: {_counted(total.rows, 'row')}, "
                f"sum {total.amount:,.2f}"
            )


def _place(one: FileConfiguration) -> str:
    says = one.source.sharepoint
    if says is None:
        return str(one.source.folder)
    parts = (says.site, says.library, says.folder.strip("/"))
    return f"{'/'.join(part for part in parts if part)}, connection {says.connection}"


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
