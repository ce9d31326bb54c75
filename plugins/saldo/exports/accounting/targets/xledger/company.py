"""Which entity of Xledger an organisation's file means, and whether the connection opens it."""

from __future__ import annotations

from urllib.parse import urlsplit

from saldo.errors import ConfigError
from saldo.vendors.xledger.answers import OwnEntity
from saldo.vendors.xledger.client import XledgerClient

from .configuration import XledgerExport

#: Hosts of the vendor -> the environment.
_ENVIRONMENTS = {"www.xledger.net": "production", "demo.xledger.net": "demo"}


def owner_of(client: XledgerClient, configuration: XledgerExport) -> str:
    """The dbId of the entity. Raises ConfigError where the connection opens another one than the file names."""
    _check_environment(client, configuration)
    entity = _entity(client)
    names = {name.strip().casefold() for name in (entity.description, entity.code) if name}
    if configuration.company.strip().casefold() not in names:
        raise ConfigError(
            f"{configuration.organisation}.yaml names the company {configuration.company!r}, and the Airflow connection "
            f"{configuration.connection!r} opens {entity.name!r} (code {entity.code}, Xledger entity {entity.id}); nothing is sent. "
            "Correct `company` if that is the right one, or else the token or its owner dbId"
        )
    client.opens(entity.id)
    return entity.id


def _entity(client: XledgerClient) -> OwnEntity:
    own = client.own_entity()
    wanted = client.owner_db_id or own.id
    if own.id == wanted:
        return own
    found = next((one for one in client.reached() if one.id == wanted), None)
    if found is None:
        raise ConfigError(
            f"the token of the connection opens Xledger entity {own.id} ({own.name}) and does not reach entity {wanted}, which the "
            "connection names as owner dbId; correct the number or the token"
        )
    return found


def _check_environment(client: XledgerClient, configuration: XledgerExport) -> None:
    found = _ENVIRONMENTS.get(urlsplit(client.url).hostname or "")
    if found not in (None, configuration.environment):
        raise ConfigError(
            f"{configuration.organisation}.yaml says environment: {configuration.environment}, and the host of the Airflow connection "
            f"{configuration.connection!r} is that of {found}; correct one of them"
        )
