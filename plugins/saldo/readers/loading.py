"""Readers: one YAML file each, read by the rules of agreement files (saldo/yaml_files.py)."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from saldo.agreements.agreement import Agreement
from saldo.paths import folders_of
from saldo.yaml_files import BrokenFile, YamlFiles

from .reader import Reader


@dataclass(frozen=True)
class Readers:
    """good: in order of id. broken: in order of path. held: ids that a broken file holds or is named after."""

    good: tuple[Reader, ...]
    broken: tuple[BrokenFile, ...]
    held: frozenset[str] = frozenset()


def reader_dirs(environ: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """The folders of readers: the user's own (SALDO_READERS_DIR), and the sandbox's unless SALDO_SANDBOX=0."""
    return folders_of("readers", environ)


def reader_files(
    *, agreements: Collection[str] | None = None, directories: Collection[Path] | None = None
) -> YamlFiles[Reader]:
    """The files of readers. agreements: the ids there are; None where nobody asks."""
    return YamlFiles(
        Reader,
        what="reader",
        guide="docs/rights.md",
        directories=reader_dirs() if directories is None else tuple(directories),
        check=lambda reader: () if agreements is None else _unknown(reader, agreements),
    )


def _unknown(reader: Reader, agreements: Collection[str]) -> Iterator[str]:
    """One that is switched off gives no rights: whose books it names may be anybody's, as in the example."""
    for id in () if reader.agreements == "all" or not reader.enabled else reader.agreements:
        if id not in agreements:
            known = ", ".join(sorted(agreements)) or "(there is none)"
            yield f"agreements: {id!r} is no agreement; write one of: {known}"


def load_readers(
    *, agreements: Collection[str] | None = None, directories: Collection[Path] | None = None
) -> Readers:
    """Those that are enabled, and every broken file: one with the user or the log-in of another among them."""
    files = reader_files(agreements=agreements, directories=directories)
    found = files.load()
    claims = files.claims() if _are_shared(found.good) else {}
    broken = []
    for key in ("user", "login"):
        owners: dict[str, str] = {}
        for reader in found.good:
            value = getattr(reader, key)
            if value is not None and owners.setdefault(value, reader.id) != reader.id:
                problem = f"{key}: {value!r} is that of {owners[value]}, too; one file says all a reader may read"
                broken.append((reader.id, BrokenFile(claims[reader.id][0], (problem,))))
    wrong = {id for id, _ in broken}
    all_broken = sorted((*found.broken, *(b for _, b in broken)), key=lambda file: file.path)
    return Readers(
        tuple(reader for reader in found.good if reader.id not in wrong),
        tuple(all_broken),
        files.held(all_broken),
    )


def readers_of(agreements: YamlFiles[Agreement]) -> Readers:
    """Those of the user's folders, each of agreements that have a file, whatever its state."""
    if not reader_files().paths():
        return Readers((), ())
    return load_readers(agreements=agreements.claims())


def _are_shared(readers: Collection[Reader]) -> bool:
    users = [r.user for r in readers if r.user]
    logins = [r.login for r in readers if r.login]
    return len(set(users)) < len(users) or len(set(logins)) < len(logins)
