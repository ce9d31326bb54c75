"""The played Graph is as unpleasant as the real one documents itself."""

from __future__ import annotations

from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import requests

from sandbox.books.company import COMPANIES
from sandbox.vendors.graph.library import Library
from sandbox.vendors.graph.people import begin, live
from tests.graph.site import BUDGET, FOLDER, Played
from tests.graph.test_client import token
from tests.support import Sandbox


class Raw:
    """Requests as they are, without a client."""

    def __init__(self, site: Played) -> None:
        self.base = f"{site.company.sandbox.url}/graph/v1.0"
        self.drive = f"{self.base}/drives/{site.drive.id}"
        self._headers = {"Authorization": f"Bearer {token(site.company.sandbox)}"}

    def ask(self, url: str, **more: Any) -> requests.Response:
        headers = more.pop("headers", self._headers)
        return requests.get(url, headers=headers, allow_redirects=False, timeout=10, **more)

    def delta(self, url: str = "") -> tuple[list[dict[str, Any]], str]:
        """All pages from a link on."""
        found, following = [], url or f"{self.drive}/root/delta"
        while True:
            page = self.ask(following).json()
            found += page["value"]
            if "@odata.deltaLink" in page:
                return found, page["@odata.deltaLink"]
            following = page["@odata.nextLink"]


@pytest.fixture(scope="module")
def site(sandbox: Sandbox) -> Played:
    return Played.of(sandbox, graph_page=4)


@pytest.fixture(scope="module")
def raw(site: Played) -> Raw:
    return Raw(site)


def test_without_a_token(raw: Raw) -> None:
    for url in (f"{raw.base}/sites/x", f"{raw.drive}/root"):
        answer = raw.ask(url, headers={})
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "InvalidAuthenticationToken"


def test_sites_cannot_be_searched(raw: Raw) -> None:
    assert raw.ask(f"{raw.base}/sites/any?search=nordlys").status_code == 403


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("Afdeling%20%C3%86r%C3%B8%20%26%20M%C3%B8n%20%231%2C%20100%25%20%F0%9F%93%8A.xlsx", 200),
        ("Afdeling Ærø & Møn %231, 100%25 📊.xlsx", 200),
        ("Afdeling%20%C3%86r%C3%B8%20%26%20M%C3%B8n%20#1,%20100%25.xlsx", 404),
        ("100% sikker.xlsx", 404),
    ],
)
def test_a_path_is_what_its_escapes_say(raw: Raw, path: str, status: int) -> None:
    """`requests` mends a lone %; what it leaves is asked for as it is."""
    assert raw.ask(f"{raw.drive}/root:/{FOLDER}/{path}").status_code == status


def test_a_lone_percent_sign_is_refused(raw: Raw) -> None:
    parts = urlsplit(raw.drive)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    connection.request("GET", f"{parts.path}/root:/100%zz.xlsx", headers=raw._headers)
    assert connection.getresponse().status == 400
    connection.close()


def test_children_take_no_skip(raw: Raw) -> None:
    assert raw.ask(f"{raw.drive}/root/children", params={"$skip": 2}).status_code == 400


def test_changes_hold_no_paths_and_no_ctags_and_folders_in_any_order(
    raw: Raw, site: Played
) -> None:
    found, _ = raw.delta()
    assert not [item for item in found if "path" in item["parentReference"] or "cTag" in item]
    whole = raw.ask(f"{raw.drive}/items/{site.truth()[BUDGET]['id']}").json()
    assert whole["parentReference"]["path"].endswith("/root:/Budgetter/2026")
    places = {item["id"]: n for n, item in enumerate(found)}
    parents = [
        (places[i["parentReference"]["id"]], n) for n, i in enumerate(found) if "root" not in i
    ]
    assert [above for above, below in parents if above > below]


def test_a_change_brings_the_folders_above_and_every_edit(sandbox: Sandbox) -> None:
    site = Played.of(sandbox)
    raw = Raw(site)
    _, link = raw.delta()
    site.edit("put", path=BUDGET, text="1")
    site.edit("delete", path=BUDGET)
    found, _ = raw.delta(link)
    assert [item.get("name") for item in found] == [
        "2026",
        "Budgetter",
        "root",
        "Budget 2026.xlsx",
        None,
    ]
    assert found[-1]["deleted"]


def test_only_changes_from_now_on(raw: Raw) -> None:
    assert raw.delta(f"{raw.drive}/root/delta?token=latest")[0] == []


def test_an_unreadable_token(raw: Raw) -> None:
    assert raw.ask(f"{raw.drive}/root/delta?token=nonsense").status_code == 400


def test_a_forgotten_token_says_where_to_begin(sandbox: Sandbox) -> None:
    site = Played.of(sandbox)
    raw = Raw(site)
    _, link = raw.delta()
    site.edit("forget_tokens")
    gone = raw.ask(link)
    assert gone.status_code == 410
    assert gone.json()["error"]["innerError"]["code"] == "resyncChangesApplyDifferences"
    assert len(raw.delta(gone.headers["Location"])[0]) > 30


def test_a_link_to_a_file_is_for_that_file_and_for_a_while(raw: Raw, site: Played) -> None:
    answer = raw.ask(f"{raw.drive}/items/{site.truth()[BUDGET]['id']}/content")
    assert answer.status_code == 302
    link = answer.headers["Location"]
    assert "localhost" in link
    assert requests.get(link.replace("tempauth=v1", "tempauth=v2"), timeout=10).status_code == 403
    other = site.truth()["Kontoplan/Koncernkontoplan.xlsx"]["id"]
    swapped = link.replace(quote(site.truth()[BUDGET]["id"]), quote(other))
    assert requests.get(swapped, timeout=10).status_code == 403


def test_people_do_the_same_in_the_same_company() -> None:
    def lived() -> list[tuple[str, int]]:
        library = Library("d", "Documents", "Documents")
        begin(library, COMPANIES[0])
        for day in range(1, 40):
            live(library, COMPANIES[0], day)
        return [(library.path_of(node), len(node.content)) for node in library.files()]

    assert lived() == lived()


def test_an_edit_nobody_knows(site: Played) -> None:
    url = f"{site.company.sandbox.url}/sandbox/companies/{site.company.id}/library"
    assert requests.post(url, json={"do": "burn"}, timeout=10).status_code == 400
    assert requests.post(url, json={"do": "delete", "path": "x"}, timeout=10).status_code == 404
