"""The lake as SALDO_LAKE_URL says: a file system of Airflow, whose connection holds what opens it."""

from __future__ import annotations

import os
from collections.abc import Mapping

from saldo.declarations.keys import installation
from saldo.lake import Store

from .object_store import opened, url_in

VARIABLE = "SALDO_LAKE_URL"
_ENVIRONMENTS = {"production": "prod", "development": "dev"}


def environment() -> str:
    """dev or prod, as folders of the lake are called; test where the installation is for tests."""
    here = installation()
    return _ENVIRONMENTS.get(here, here)


def lake_url(environ: Mapping[str, str] = os.environ) -> str:
    """SALDO_LAKE_URL, by default the folder `lake` of the run folder. Raises ConfigError for one that cannot be
    right."""
    return url_in(VARIABLE, "lake", environ)


def lake_store() -> Store:
    """The lake, ready to be asked; whether it answers shows when it is. Raises ConfigError."""
    url = lake_url()
    return Store(*opened(url, named_in=VARIABLE), url)
