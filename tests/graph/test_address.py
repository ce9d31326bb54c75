"""Addresses: what a site may be written as, and where a token may go."""

from __future__ import annotations

import pytest

from saldo.errors import ConfigError
from saldo.graph.address import SiteAddress, checked_url, encoded


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("contoso.sharepoint.com:/sites/Finance", "contoso.sharepoint.com:/sites/Finance"),
        ("Contoso.SharePoint.com:sites/Finance/", "contoso.sharepoint.com:/sites/Finance"),
        ("contoso.sharepoint.com", "contoso.sharepoint.com"),
        ("contoso.sharepoint.com:/", "contoso.sharepoint.com"),
        ("contoso.sharepoint.com:/sites/Økonomi & 100%", "contoso.sharepoint.com:/sites/%C3%98konomi%20%26%20100%25"),
        ("https://contoso.sharepoint.com/sites/Finance/Shared%20Documents/Forms/AllItems.aspx?x=1", "contoso.sharepoint.com:/sites/Finance"),
        ("https://contoso.sharepoint.com/:x:/r/sites/Finance/_layouts/15/Doc.aspx?sourcedoc=%7B1%7D", "contoso.sharepoint.com:/sites/Finance"),
        ("https://contoso.sharepoint.com/:f:/s/Finance/Ek0bC1?e=x", "contoso.sharepoint.com:/sites/Finance"),
        ("https://contoso.sharepoint.com/:x:/t/Budget/Ek0bC1", "contoso.sharepoint.com:/teams/Budget"),
        ("https://contoso-my.sharepoint.com/:f:/g/personal/bo_contoso_com/Ek0b", "contoso-my.sharepoint.com:/personal/bo_contoso_com"),
        ("https://contoso-my.sharepoint.com/personal/bo_contoso_com/_layouts/15/onedrive.aspx", "contoso-my.sharepoint.com:/personal/bo_contoso_com"),
        ("https://contoso.sharepoint.com/Shared%20Documents/Forms/AllItems.aspx", "contoso.sharepoint.com"),
        ("https://contoso.sharepoint.com/", "contoso.sharepoint.com"),
        ("contoso.sharepoint.com,0b1c,2d3e", "contoso.sharepoint.com,0b1c,2d3e"),
    ],
)  # fmt: skip
def test_a_site(text: str, place: str) -> None:
    assert SiteAddress.of(text).place == place


@pytest.mark.parametrize(
    "text", ["", "Finance", "/sites/Finance", "https://x", "a b.com:/sites/x", "u@h.com:/x"]
)
def test_what_is_no_site(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^site: .* is no site; write host:/path"):
        SiteAddress.of(text)


def test_each_name_of_a_path_is_encoded_by_itself() -> None:
    assert encoded("/A & B/50% #1\\æ📊/") == "A%20%26%20B/50%25%20%231/%C3%A6%F0%9F%93%8A"


@pytest.mark.parametrize(
    "url",
    [
        "https://graph.microsoft.com/v1.0/",
        "http://127.0.0.1:8900/graph",
        "http://localhost:1",
        "http://[::1]:80",
    ],
)
def test_where_a_token_may_go(url: str) -> None:
    assert checked_url(url, where="x") == url.rstrip("/")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://graph.microsoft.com/v1.0", "begins with http://"),
        ("http://127.0.0.1.example.com", "begins with http://"),
        ("http://localhost@example.com/v1.0", "must be a full URL"),
        ("graph.microsoft.com/v1.0", "must be a full URL"),
        ("ftp://127.0.0.1", "must be a full URL"),
        ("https://graph.microsoft.com/v1.0?x=1", "must be a full URL"),
        ("https://[", "must be a full URL"),
    ],
)  # fmt: skip
def test_where_it_may_not(url: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        checked_url(url, where="the Airflow connection 'x': its Base URL")
