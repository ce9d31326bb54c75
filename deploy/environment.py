"""The variables Airflow reads, put together from a container's settings and its secret files.

Secrets come as files (Compose's and Kubernetes' way), so that no `docker inspect` shows them. A variable that is
already set wins over its file, which is how a chart or an engineer's shell passes one instead.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from . import sandbox

#: Variable -> file in the folder of secrets.
SECRET_FILES = {
    "AIRFLOW__CORE__FERNET_KEY": "fernet_key",
    "AIRFLOW__API__SECRET_KEY": "api_secret_key",
    "AIRFLOW__API_AUTH__JWT_SECRET": "jwt_secret",
    "SALDO_WAREHOUSE_PASSWORD": "warehouse_password",
    "SALDO_METADATA_PASSWORD": "metadata_password",
    "SALDO_BROKER_PASSWORD": "broker_password",
    "SALDO_ADMIN_PASSWORD": "admin_password",
}
_CONNECTION_ID = re.compile(r"[A-Za-z0-9_]+\Z")
#: In the addresses made of them, they need not be seen a second time.
_USED_UP = ("SALDO_WAREHOUSE_PASSWORD", "SALDO_METADATA_PASSWORD", "SALDO_BROKER_PASSWORD")


class SettingsError(Exception):
    """Something an operator must put right; the text says what, and never holds a secret."""


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """A container's whole environment: its settings, Airflow's addresses, keys and connections.

    Raises SettingsError when a file cannot be read or is named for nothing.
    """
    found = {name: value for name, value in environ.items() if value}
    # A secret made of a file ends in that file's line feed.
    found |= {name: found[name].strip() for name in SECRET_FILES if name in found}
    found |= _secrets(found)
    made = {**_addresses(found), **_sandbox(found), **_connections(found)}
    return {name: value for name, value in {**made, **found}.items() if name not in _USED_UP}


def _secrets(environ: Mapping[str, str]) -> dict[str, str]:
    folder = Path(environ.get("SALDO_SECRETS_DIR", "/run/secrets"))
    return {
        variable: _read(folder / name)
        for variable, name in SECRET_FILES.items()
        if variable not in environ and (folder / name).exists()
    }


def _read(path: Path) -> str:
    try:
        text = path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"the secret {path} cannot be read ({type(error).__name__}). The file on the host must be readable "
            "for everybody (its folder is not): deploy/secrets.sh makes it so"
        ) from None
    if not text:
        raise SettingsError(
            f"the secret {path} is empty: write the value into its file on the host"
        )
    return text


def _addresses(environ: Mapping[str, str]) -> dict[str, str]:
    """Of what is not given (a sandbox knows no database), nothing is made."""
    found = {}
    server, sslmode = environ.get("SALDO_POSTGRES", ""), environ.get("SALDO_PG_SSLMODE", "require")
    if server and "SALDO_METADATA_PASSWORD" in environ:
        login = f"airflow:{quote(environ['SALDO_METADATA_PASSWORD'], safe='')}"
        found["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = (
            f"postgresql+psycopg2://{login}@{server}/airflow?sslmode={sslmode}"
        )
        # Airflow hides its own database from tasks; the weekly clean-up needs it.
        found["AIRFLOW_CONN_AIRFLOW_METADATA"] = _postgres(
            server, "airflow", environ["SALDO_METADATA_PASSWORD"], sslmode
        )
    if server and "SALDO_WAREHOUSE_PASSWORD" in environ:
        password = environ["SALDO_WAREHOUSE_PASSWORD"]
        found["SALDO_DSN"] = (
            f"postgresql://saldo:{quote(password, safe='')}@{server}/saldo?sslmode={sslmode}"
        )
        found["AIRFLOW_CONN_SALDO_WAREHOUSE"] = _postgres(server, "saldo", password, sslmode)
    if "SALDO_BROKER" in environ and "SALDO_BROKER_PASSWORD" in environ:
        password = quote(environ["SALDO_BROKER_PASSWORD"], safe="")
        found["AIRFLOW__CELERY__BROKER_URL"] = f"redis://:{password}@{environ['SALDO_BROKER']}/0"
    return found


def _postgres(server: str, name: str, password: str, sslmode: str) -> str:
    """A connection to the database of a role's own name."""
    host, _, port = server.partition(":")
    return json.dumps(
        {
            "conn_type": "postgres",
            "host": host,
            "port": int(port or 5432),
            "login": name,
            "password": password,
            "schema": name,
            "extra": {"sslmode": sslmode},
        }
    )


def _connections(environ: Mapping[str, str]) -> dict[str, str]:
    """A file per connection, named for its id; its text is JSON or a URI, as Airflow reads it from a variable."""
    folder = Path(environ.get("SALDO_CONNECTIONS_DIR", "/run/connections"))
    found = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name.startswith(".") or not path.is_file():
            continue
        if not _CONNECTION_ID.match(path.name):
            raise SettingsError(
                f"{path} is no connection: name the file for the connection's id alone, of letters, digits and _"
            )
        found[f"AIRFLOW_CONN_{path.name.upper()}"] = _read(path)
    return found


def _sandbox(environ: Mapping[str, str]) -> dict[str, str]:
    if environ.get("SALDO_SANDBOX") != "1" or "SALDO_SANDBOX_URL" not in environ:
        return {}
    host, _, port = environ.get("SALDO_MAIL_SINK", "mail:8925").partition(":")
    vendors = sandbox.vendor_connections(environ["SALDO_SANDBOX_URL"])
    return {**vendors, **sandbox.mail_connection(host, int(port))}
