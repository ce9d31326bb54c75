"""From a file configuration to where its files lie."""

from __future__ import annotations

from saldo.files.configuration import FileConfiguration
from saldo.files.places.folder import FolderSource
from saldo.files.places.shared_library import SharedLibrary
from saldo.files.places.sharepoint import SharePointSource
from saldo.files.places.source import FileSource
from saldo.transport import Policy

from .graph import graph_client
from .object_store import file_system


def source_of(
    configuration: FileConfiguration,
    *,
    library: SharedLibrary | None = None,
    policy: Policy | None = None,
) -> FileSource:
    """Ready to be asked; whether it answers shows when it is. library: what is known of that in SharePoint; None for one that
    is read as a whole. Raises ConfigError as graph_client does, and for a store whose connection or library is missing;
    Unavailable."""
    sharepoint = configuration.source.sharepoint
    if sharepoint is not None:
        client = graph_client(sharepoint.connection, file_id=configuration.id, policy=policy)
        return SharePointSource(client, configuration, sharepoint, library)
    scheme, _, place = (configuration.source.folder or "").partition("://")
    conn_id, _, root = place.rpartition("@")
    named_in = f"file {configuration.id!r}: `source.folder`"
    return FolderSource(file_system(scheme, conn_id, named_in=named_in), root, configuration)
