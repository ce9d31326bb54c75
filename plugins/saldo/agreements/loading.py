"""Agreements: one YAML file each (yaml_files.py), which may ask for the entities of its vendor."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from saldo.paths import folders_of
from saldo.yaml_files import BrokenFile, Loaded, YamlFiles

from .agreement import Agreement

Agreements = Loaded[Agreement]


def agreement_dirs(environ: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """The folders of agreement files: the user's own, and the sandbox's unless SALDO_SANDBOX=0."""
    return folders_of("agreements", environ)


def agreement_files(
    *, vendors: Mapping[str, Collection[str]], directories: Collection[Path] | None = None
) -> YamlFiles[Agreement]:
    """The files of agreements. vendors: vendor name -> its entity names."""
    return YamlFiles(
        Agreement,
        what="agreement",
        guide="docs/adding-an-agreement.md",
        directories=agreement_dirs() if directories is None else tuple(directories),
        context={"vendors": vendors},
        check=lambda agreement: _problems(agreement, vendors),
    )


def load_agreements(
    *,
    vendors: Mapping[str, Collection[str]],
    directories: Collection[Path] | None = None,
    only: str | None = None,
    with_disabled: bool = False,
) -> Agreements:
    """See agreement_files and YamlFiles.load."""
    files = agreement_files(vendors=vendors, directories=directories)
    found = files.load(only=only, with_disabled=with_disabled)
    return found if only else _without_twins(found, files)


def _without_twins(found: Agreements, files: YamlFiles[Agreement]) -> Agreements:
    """Without those that take over the books of one that is not disabled: both would hold them."""
    enabled = {agreement.id for agreement in found.good if agreement.enabled}
    twins = [agreement for agreement in found.good if agreement.replaces in enabled]
    if not twins:
        return found
    claims = files.claims()
    broken = [
        BrokenFile(
            claims[agreement.id][0],
            (
                f"replaces: {agreement.replaces!r} is still enabled; write `enabled: false` in its file",
            ),
        )
        for agreement in twins
    ]
    return Agreements(
        tuple(agreement for agreement in found.good if agreement not in twins),
        tuple(sorted((*found.broken, *broken), key=lambda file: file.path)),
    )


def _problems(agreement: Agreement, vendors: Mapping[str, Collection[str]]) -> Iterator[str]:
    if agreement.replaces == agreement.id:
        yield (
            f"replaces: {agreement.id!r} is this agreement itself; write the id of the one that held the same books before, "
            "or take the line away"
        )
    entities = vendors[agreement.vendor]
    chosen = () if agreement.entities == "all" else agreement.entities
    for key, names in (("entities", chosen), ("exclude", agreement.exclude)):
        for name in names:
            if name not in entities:
                yield f"{key}: {name!r} is no entity of {agreement.vendor}; known: {', '.join(entities)}"
