"""Configurations of exports: one YAML file each, read by the rules of agreement files (saldo/yaml_files.py)."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path

from saldo.paths import folders_of
from saldo.yaml_files import Loaded, YamlFiles

from .configuration import MODELS, ExportConfiguration

ExportConfigurations = Loaded[ExportConfiguration]


def export_dirs(environ: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """The folders of export configurations: the user's own (SALDO_EXPORTS_DIR), and the sandbox's unless
    SALDO_SANDBOX=0."""
    return folders_of("exports", environ)


def export_configurations(
    *,
    agreements: Collection[str] | None = None,
    layouts: Collection[str] | None = None,
    directories: Collection[Path] | None = None,
) -> YamlFiles[ExportConfiguration]:
    """The files of export configurations. agreements: the ids there are, layouts: the names; None where nobody asks."""
    return YamlFiles(
        ExportConfiguration,
        what="export configuration",
        guide="docs/purchase-exports.md",
        directories=export_dirs() if directories is None else tuple(directories),
        key="name",
        context={"agreements": agreements, "layouts": layouts},
        chosen_by="target",
        models=MODELS,
    )


def load_export_configurations(
    *,
    agreements: Collection[str] | None = None,
    layouts: Collection[str] | None = None,
    directories: Collection[Path] | None = None,
    only: str | None = None,
    with_disabled: bool = False,
) -> ExportConfigurations:
    """See export_configurations and YamlFiles.load."""
    files = export_configurations(agreements=agreements, layouts=layouts, directories=directories)
    return files.load(only=only, with_disabled=with_disabled)
