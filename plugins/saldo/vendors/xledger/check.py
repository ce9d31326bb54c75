"""Whether a connection to Xledger works, and if not, what a person must change.

Asks whose token it is, for a row of everything Saldo reads, and, where the connection names another
entity than the token's own, which entities the token reaches: two requests, more where something lacks.
"""

from __future__ import annotations

from saldo.errors import AuthError, ConfigError, SaldoError
from saldo.vendors.check import Place, is_web_page, trouble
from saldo.vendors.vendor import Vendor

from .client import XledgerClient
from .entities import ENTITIES
from .graphql_errors import XledgerFailed

#: What a token must be allowed to read: the root field of every entity. `entities` shows no scope to whom it was made for.
SCOPES = tuple(entity.path for entity in ENTITIES if entity.path != "entities")
_MADE_AT = "Administration, System Access, GraphQL, API tokens"


def check_connection(client: XledgerClient, vendor: Vendor) -> str:
    """See Vendor.check_connection."""
    place = Place.of(vendor.form["host"], client.url, "Xledger's GraphQL endpoint", vendor.title)
    try:
        own = client.own_entity()
        is_other = client.owner_db_id not in (None, own.id)
        missing = _missing(client, (*SCOPES, "entities") if is_other else SCOPES)
        found = client.reached() if is_other and not missing else (own,)
        entity = next((one for one in found if one.id == (client.owner_db_id or own.id)), None)
    except SaldoError as error:
        raise ConfigError(_why(error, place)) from None
    if missing:
        raise ConfigError(
            f"The token is right, but may not read {', '.join(missing)}: make one at Xledger "
            f"({_MADE_AT}) with the read scopes of these ticked, and enter it"
        )
    if entity is None:
        raise ConfigError(
            f"The token opens Xledger entity {own.id} ({own.name}) and does not reach entity "
            f"{client.owner_db_id}, which this connection names as owner dbId: correct the number, or enter "
            f"a token made in entity {client.owner_db_id} or above it"
        )
    below = "" if entity.id == own.id else f", by a token of entity {own.id} ({own.name})"
    return f"{entity.name}: Xledger entity {entity.id}{below}. All {len(SCOPES)} scopes Saldo reads are there"


def _missing(client: XledgerClient, scopes: tuple[str, ...]) -> list[str]:
    """Asked all at once, and one by one only if that is refused: an answer with errors does not say of
    which field they are."""
    if client.is_readable(*scopes):
        return []
    return [name for name in scopes if not client.is_readable(name)]


def _why(error: SaldoError, place: Place) -> str:
    if isinstance(error, XledgerFailed):
        return (
            "Xledger refuses the token in words of its own, or fails for the moment: try once more, and make another "
            f"token ({_MADE_AT}) if it says the same"
        )
    if not isinstance(error, AuthError) or is_web_page(error):
        return trouble(error, place)
    if "bad format" in error.evidence.body.lower():
        return (
            "The token is incomplete or damaged: Xledger does not recognise its format. Copy it whole, as "
            f"Xledger showed it when it was made ({_MADE_AT})"
        )
    return (
        "Xledger refuses the token: it is wrong, expired or withdrawn, or was made for another address "
        f"(tokens of the demo end whenever it is refreshed). Make one at {_MADE_AT}, and enter it"
    )
