"""File configurations: one YAML file each, read by the rules of agreement files (saldo/yaml_files.py)."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path

from saldo.paths import folders_of
from saldo.yaml_files import Loaded, YamlFiles

from .configuration import FileConfiguration

FileConfigurations = Loaded[FileConfiguration]


def file_dirs(environ: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """The folders of file configurations: the user's own (SALDO_FILES_DIR), and the sandbox's unless
    SALDO_SANDBOX=0."""
    return folders_of("files", environ)


def file_configurations(
    *, agreements: Collection[str] | None = None, directories: Collection[Path] | None = None
) -> YamlFiles[FileConfiguration]:
    """The files of file configurations. agreements: the ids there are; None where nobody asks."""
    return YamlFiles(
        FileConfiguration,
        what="file configuration",
        guide="docs/files.md",
        directories=file_dirs() if directories is None else tuple(directories),
        context={"agreements": agreements},
    )


def load_file_configurations(
    *,
    agreements: Collection[str] | None = None,
    directories: Collection[Path] | None = None,
    only: str | None = None,
    with_disabled: bool = False,
) -> FileConfigurations:
    """See file_configurations and YamlFiles.load."""
    files = file_configurations(agreements=agreements, directories=directories)
    return files.load(only=only, with_disabled=with_disabled)
