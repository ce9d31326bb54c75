"""Whether a file and its connection mean the same environment of Xledger: production and demo are two addresses."""

from __future__ import annotations

from urllib.parse import urlsplit

from saldo.errors import ConfigError
from saldo.vendors.xledger.client import XledgerClient

from .configuration import XledgerExport

#: Host -> its environment. Another host, such as that of a test, is either.
_HOSTS = {"www.xledger.net": "production", "demo.xledger.net": "demo"}


def fits(client: XledgerClient, configuration: XledgerExport) -> None:
    """See TargetKind.fits. Which company it is, the target looks up by its name."""
    found = _HOSTS.get((urlsplit(client.url).hostname or "").lower())
    if found not in (None, configuration.environment):
        raise ConfigError(
            f"{configuration.organisation}.yaml: environment: {configuration.environment!r}, but the address of the Airflow "
            f"connection {configuration.connection!r} is that of {found}; correct one of them"
        )
