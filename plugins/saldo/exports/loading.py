"""Configurations of exports: one YAML file each, read by the rules of agreement files (saldo/yaml_files.py)."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path

from saldo.errors import ConfigError
from saldo.paths import folders_of
from saldo.yaml_files import Loaded, Section, YamlFiles

from .accounting.configuration import AccountingExport
from .accounting.targets import TARGETS
from .configuration import MODELS, ExportConfiguration

ExportConfigurations = Loaded[ExportConfiguration]
AccountingExports = Loaded[AccountingExport]


def export_dirs(environ: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """The folders of export configurations: the user's own (SALDO_EXPORTS_DIR), and the sandbox's unless
    SALDO_SANDBOX=0."""
    return folders_of("exports", environ)


def export_configurations(
    *,
    agreements: Collection[str] | None = None,
    layouts: Collection[str] | None = None,
    directories: Collection[Path] | None = None,
) -> YamlFiles[Section]:
    """The files of export configurations, whatever their target. agreements: the ids there are, layouts: the names; None
    where nobody asks."""
    return YamlFiles(
        Section,
        what="export configuration",
        guide="docs/purchase-exports.md or docs/accounting-exports.md",
        directories=export_dirs() if directories is None else tuple(directories),
        key="name",
        context={"agreements": agreements, "layouts": layouts},
        chosen_by="target",
        models=MODELS | {name: kind.configuration for name, kind in TARGETS.items()},
    )


def load_export_configurations(
    *,
    agreements: Collection[str] | None = None,
    layouts: Collection[str] | None = None,
    directories: Collection[Path] | None = None,
    only: str | None = None,
    with_disabled: bool = False,
) -> ExportConfigurations:
    """Exports of an agreement's documents; every broken file, whatever its target. See YamlFiles.load."""
    files = export_configurations(agreements=agreements, layouts=layouts, directories=directories)
    found = files.load(only=only, with_disabled=with_disabled)
    good = tuple(one for one in found.good if isinstance(one, ExportConfiguration))
    return Loaded(good, found.broken)


def load_accounting_exports(
    *,
    directories: Collection[Path] | None = None,
    only: str | None = None,
    with_disabled: bool = False,
) -> AccountingExports:
    """Exports of organisations' expenses; every broken file, whatever its target. See YamlFiles.load."""
    files = export_configurations(directories=directories)
    found = files.load(only=only, with_disabled=with_disabled)
    good = tuple(one for one in found.good if isinstance(one, AccountingExport))
    return Loaded(good, found.broken)


def accounting_export(
    organisation: str, *, directories: Collection[Path] | None = None
) -> AccountingExport:
    """The configuration of an organisation. Raises ConfigError where it has none that is good and enabled."""
    found = load_accounting_exports(directories=directories, only=organisation, with_disabled=True)
    for one in found.good:
        if one.organisation == organisation and one.enabled:
            return one
    broken = [str(file) for file in found.broken if file.path.stem == organisation]
    off = [
        f"{organisation}.yaml: is switched off; write `enabled: true`"
        for one in found.good
        if one.organisation == organisation
    ]
    raise ConfigError(
        "\n".join(broken or off)
        or f"organisation {organisation!r}: it has no accounting export; write {organisation}.yaml as in docs/accounting-exports.md"
    )
