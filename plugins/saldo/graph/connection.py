"""From a connection of the Microsoft provider's type `msgraph` to a client.

Its fields, as apache-airflow-providers-microsoft-azure 15.2.1 reads them: login (client id), password (the secret, or the password of
the certificate's key), host and schema, and in the extra tenant_id, certificate_path or certificate_data, base_url, api_version,
authority, scopes. Others (proxies, verify, allowed_hosts, …) are for Microsoft's own library and mean nothing here.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from saldo.declarations.connection_form import Fields
from saldo.errors import ConfigError
from saldo.transport import Auth, Caller, Policy
from saldo.transport.client_certificate import ClientCertificate
from saldo.transport.client_credentials import ClientCredentials, ClientSecret

from .address import checked_url
from .client import GraphClient

_GRAPH = "https://graph.microsoft.com"
_LOGIN = "https://login.microsoftonline.com"
_SCOPE = "https://graph.microsoft.com/.default"


def client_of(
    fields: Fields, caller: Caller, policy: Policy | None, *, schema: str = ""
) -> GraphClient:
    """Raises ConfigError for a field that is missing or cannot be right; asks nobody."""
    where = f"the Airflow connection {caller.connection!r}"
    tenant = _required(
        fields["tenant_id"] or fields["tenantId"], where, "Tenant ID (tenant_id in its extra)"
    )
    if not tenant.strip(". ") or "/" in tenant or "\\" in tenant:
        raise ConfigError(
            f"{where} has a Tenant ID that cannot be one; enter the directory's id, or a domain of it"
        )
    authority = checked_url(
        _with_scheme(fields["authority"] or _LOGIN), where=f"{where}: its Authority"
    )
    credentials = ClientCredentials(
        caller,
        token_url=f"{authority}/{quote(tenant, safe='')}/oauth2/v2.0/token",
        proof=_proof(fields, where),
        scope=fields["scopes"] or _SCOPE,
        policy=policy,
    )
    url = checked_url(_base_url(fields, schema), where=f"{where}: its Base URL")
    return GraphClient(caller, credentials=credentials, url=url, policy=policy)


def _proof(fields: Fields, where: str) -> Auth:
    client_id = _required(fields.login, where, "Client ID (its login)")
    path, data = fields["certificate_path"], fields["certificate_data"]
    if path or data:
        pem = data.encode() if data else _read(path, where)
        return ClientCertificate(client_id, pem, password=fields.password, where=where)
    return ClientSecret(
        client_id, _required(fields.password, where, "Client Secret (its password)")
    )


def _base_url(fields: Fields, schema: str) -> str:
    """As the provider puts it together."""
    if fields["base_url"]:
        return fields["base_url"]
    host = fields.host if "://" in fields.host else f"{schema or 'https'}://{fields.host}"
    return f"{(host if fields.host else _GRAPH).rstrip('/')}/{fields['api_version'] or 'v1.0'}"


def _with_scheme(authority: str) -> str:
    """Microsoft's library takes a host alone."""
    return authority if "://" in authority else f"https://{authority}"


def _required(value: str, where: str, field: str) -> str:
    if not value.strip():
        raise ConfigError(f"{where} has no {field}; fill it in")
    return value.strip()


def _read(path: str, where: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{where}: its certificate {path} cannot be read ({error.strerror})"
        ) from None
