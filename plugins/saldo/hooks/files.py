"""From a file configuration to where its files lie."""

from __future__ import annotations

from airflow.sdk import ObjectStoragePath
from airflow.sdk.exceptions import AirflowNotFoundException

from saldo.errors import ConfigError
from saldo.files.configuration import FileConfiguration
from saldo.files.folder import FolderSource
from saldo.files.sharepoint import SharePointSource
from saldo.files.source import FileSource
from saldo.transport import Policy

from .graph import graph_client


def source_of(configuration: FileConfiguration, *, policy: Policy | None = None) -> FileSource:
    """Ready to be asked; whether it answers shows when it is. Raises ConfigError as graph_client does, and for a store
    whose connection or library is missing; Unavailable."""
    sharepoint = configuration.source.sharepoint
    if sharepoint is not None:
        client = graph_client(sharepoint.connection, file_id=configuration.id, policy=policy)
        return SharePointSource(client, configuration, sharepoint)
    url = configuration.source.folder or ""
    try:
        path = ObjectStoragePath(url)
        return FolderSource(path.fs, path.path, configuration)
    except AirflowNotFoundException:
        raise ConfigError(
            f"file {configuration.id!r}: the Airflow connection before the @ in `source.folder` does not exist; make it, "
            "or correct the name"
        ) from None
    except (ImportError, ValueError) as error:
        raise ConfigError(
            f"file {configuration.id!r}: {url} cannot be used as this installation is set up: {str(error)[:150]}"
        ) from None
