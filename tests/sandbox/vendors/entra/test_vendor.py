"""Tokens by client credentials: they run out."""

from __future__ import annotations

import time

import requests

from sandbox.vendors.entra.tokens import TENANT
from tests.support import Sandbox

SECRET = {"client_id": "app-short-lived", "client_secret": "sandbox-secret-app-short-lived"}


def test_a_token_runs_out(sandbox: Sandbox) -> None:
    url = f"{sandbox.url}/entra/{TENANT}/oauth2/v2.0/token"
    form = {"grant_type": "client_credentials", "scope": "x/.default", **SECRET}
    token = requests.post(url, data=form, timeout=10).json()["access_token"]
    companies = f"{sandbox.url}/business_central/v2.0/{TENANT}/Production/api/v2.0/companies"
    headers = {"Authorization": f"Bearer {token}"}
    assert requests.get(companies, headers=headers, timeout=10).status_code == 200
    time.sleep(2.1)
    refused = requests.get(companies, headers=headers, timeout=10)
    assert refused.status_code == 401
    assert refused.json()["error"]["code"] == "Authentication_InvalidCredentials"
