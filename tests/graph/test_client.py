"""The Graph client against the played Graph: finding a library, and every trouble on the way to a file."""

from __future__ import annotations

import io
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
import requests

from saldo.errors import AuthError, BadResponse, ConfigError, RateLimited, SaldoError, Unavailable
from saldo.graph.address import SiteAddress
from saldo.graph.client import GraphClient
from saldo.graph.errors import NotFound, ResyncRequired, TooLarge
from saldo.graph.items import Item
from saldo.transport import HeaderAuth
from tests.graph.site import BUDGET, CALLER, FOLDER, HOST, ODD, Played, client
from tests.serving import reply, serving
from tests.support import QUICK, Sandbox
from tests.vendors.test_checks import fault

SECRETS = ("sandbox-secret", "sandbox-entra", "tempauth=")


@pytest.fixture(scope="module")
def shared(sandbox: Sandbox) -> Played:
    """For tests that only look."""
    return Played.of(sandbox)


@pytest.fixture
def site(sandbox: Sandbox) -> Played:
    return Played.of(sandbox)


def said(error: SaldoError) -> str:
    """Its text; no secret is in it."""
    text = f"{error} {error!r}"
    assert not [secret for secret in SECRETS if secret in text]
    return text


def all_of(of: GraphClient, drive: str) -> tuple[dict[str, Item], str]:
    found: dict[str, Item] = {}
    link = of.changes(drive, "", lambda item: found.update({item.id: item}))
    return found, link


def token(sandbox: Sandbox) -> str:
    """Of the app that may read all sites."""
    form = {
        "grant_type": "client_credentials", "scope": "https://graph.microsoft.com/.default",
        "client_id": "app-all", "client_secret": "sandbox-secret-app-all",
    }  # fmt: skip
    url = f"{sandbox.url}/entra/fjordgruppen.example/oauth2/v2.0/token"
    found: str = requests.post(url, data=form, timeout=10).json()["access_token"]
    return found


def read(site: Played, place: str) -> None:
    """One of the requests that are spoiled, with those beside it."""
    if place == "delta":
        found, link = all_of(site.client, site.drive.id)
        assert len(found) > 30
        assert link
    else:
        assert site.download(BUDGET).startswith(b"PK")


# --- finding -------------------------------------------------------------------------------------


def test_a_site_by_its_path_its_address_and_its_id(shared: Played) -> None:
    by_path = shared.site
    address = f"https://{HOST}/sites/{shared.company.id}/Delte%20dokumenter/Forms/AllItems.aspx"
    assert shared.client.site(SiteAddress.of(address)) == by_path
    assert shared.client.site(SiteAddress.of(by_path.id)) == by_path


@pytest.mark.parametrize(
    "library", ["Dokumenter", "dokumenter", "Documents", "Delte dokumenter", "Shared Documents"]
)
def test_the_first_library_in_whatever_language(shared: Played, library: str) -> None:
    assert shared.client.drive(shared.site, library).name == "Dokumenter"


def test_a_library_by_its_name_whatever_its_case(shared: Played) -> None:
    found = shared.client.drive(shared.site, "ØKONOMI & Budget")
    assert found.name == "Økonomi & budget"


def test_a_library_that_is_not_there_is_told_with_those_there_are(shared: Played) -> None:
    with pytest.raises(ConfigError, match=r"'Budgetter'.*'Dokumenter', 'Økonomi & budget'"):
        shared.client.drive(shared.site, "Budgetter")


def test_a_folder_that_is_not_there_is_told_with_those_there_are(shared: Played) -> None:
    with pytest.raises(ConfigError, match=r"no folder '2027' in 'Budgetter', which has '2026'"):
        shared.client.folder(shared.drive, "Budgetter/2027/Q1")
    with pytest.raises(ConfigError, match=r"in the library 'Dokumenter', which has 'Arkiv', 'Budg"):
        shared.client.folder(shared.drive, "Budgets")


def test_a_file_in_place_of_a_folder(shared: Played) -> None:
    with pytest.raises(ConfigError, match="is a file"):
        shared.client.folder(shared.drive, BUDGET)


@pytest.mark.parametrize(
    "name", ["Budget & plan", "50% af #1", "æøå ÆØÅ", "Kladder 📊", "a+b=c;d'e", "plan %23 (1)"]
)
def test_a_folder_of_any_name(site: Played, name: str) -> None:
    site.edit("folder", path=f"Mapper/{name}")
    assert site.client.folder(site.drive, f"/Mapper/{name}/").name == name
    assert site.client.folder(site.drive, f"Mapper\\{name}").name == name


def test_children_come_on_many_pages(sandbox: Sandbox) -> None:
    site = Played.of(sandbox, graph_page=7)
    folder = site.client.folder(site.drive, "Arkiv")
    assert len({item.name for item in site.client.children(site.drive, folder)}) == 30


def test_no_site(shared: Played) -> None:
    with pytest.raises(ConfigError, match=r"there is no site .*/sites/nobody; correct `site`"):
        shared.client.site(SiteAddress.of(f"{HOST}:/sites/nobody"))


@pytest.mark.parametrize("app", ["app-without-rights", "app-one-site"])
def test_a_site_that_was_not_granted_is_said_so(sandbox: Sandbox, shared: Played, app: str) -> None:
    with pytest.raises(AuthError, match=r"may not read the site .*Sites\.Selected") as raised:
        client(sandbox, app=app).site(shared.address)
    assert "'msgraph_x'" in said(raised.value)


def test_a_granted_site_is_enough(sandbox: Sandbox) -> None:
    of = client(sandbox, app="app-one-site")
    site = of.site(SiteAddress.of(f"{HOST}:/sites/nordlys"))
    assert of.folder(of.drive(site, "Documents"), FOLDER).folder


# --- changes -------------------------------------------------------------------------------------


def test_everything_comes_on_many_pages(sandbox: Sandbox) -> None:
    site = Played.of(sandbox, graph_page=5)
    before = site.client.usage.requests
    found, link = all_of(site.client, site.drive.id)
    assert {i.id for i in found.values() if i.file} == {one["id"] for one in site.truth().values()}
    assert site.client.usage.requests - before > 8
    assert site.client.changes(site.drive.id, link, lambda item: pytest.fail(item.name))


def test_what_happens_between_two_pages_comes_with_the_next_link(sandbox: Sandbox) -> None:
    site = Played.of(sandbox, graph_page=5)
    done: list[str] = []

    def each(item: Item) -> None:
        if not done:
            site.edit("put", path="Arkiv/mellem.csv", text="a")
        done.append(item.id)

    link = site.client.changes(site.drive.id, "", each)
    later: list[str] = []
    site.client.changes(site.drive.id, link, lambda item: later.append(item.name))
    assert "mellem.csv" in later


def test_the_last_time_an_item_comes_counts(site: Played) -> None:
    _, link = all_of(site.client, site.drive.id)
    site.edit("rename", path=BUDGET, to="a.xlsx")
    site.edit("rename", path=f"{FOLDER}/a.xlsx", to="b.xlsx")
    seen: list[str] = []
    site.client.changes(site.drive.id, link, lambda item: seen.append(item.name))
    assert [name for name in seen if name.endswith(".xlsx")] == ["a.xlsx", "b.xlsx"]


def test_a_link_that_is_no_longer_good_says_where_to_begin(site: Played) -> None:
    _, link = all_of(site.client, site.drive.id)
    site.edit("forget_tokens")
    with pytest.raises(ResyncRequired) as raised:
        site.client.changes(site.drive.id, link, lambda item: None)
    found: list[Item] = []
    site.client.changes(site.drive.id, raised.value.location, found.append)
    assert len(found) > 30
    assert raised.value.evidence.request_id


@pytest.mark.parametrize(
    "link", ["https://example.com/v1.0/drives/x/root/delta?token=1", "{}/entra/x"]
)
def test_a_link_that_leads_elsewhere_is_not_followed(
    sandbox: Sandbox, shared: Played, link: str
) -> None:
    """The token goes along with every request."""
    with pytest.raises(BadResponse, match="refused to follow a link"):
        shared.client.changes(shared.drive.id, link.format(sandbox.url), lambda item: None)


def test_a_page_that_leads_elsewhere_is_not_followed(sandbox: Sandbox, shared: Played) -> None:
    find = r'"@odata\.(nextLink|deltaLink)": "[^"]*"'
    put = r'"@odata.nextLink": "https://example.com/v1.0/x?token=1"'
    fault(sandbox, "graph", "replace", match="delta", find=find, put=put)
    with pytest.raises(BadResponse, match=r"refused to follow a link to https://example\.com"):
        all_of(shared.client, shared.drive.id)


def test_pages_that_lead_in_a_circle(sandbox: Sandbox, shared: Played) -> None:
    drive = shared.drive.id
    here = f"{sandbox.url}/graph/v1.0/drives/{drive}/root/delta"
    find, put = r'"@odata\.\w+Link": "[^"]*"', f'"@odata.nextLink": "{here}"'
    fault(sandbox, "graph", "replace", match="delta", find=find, put=put, times=5)
    with pytest.raises(BadResponse, match="leads in a circle"):
        all_of(shared.client, drive)


def test_changes_without_a_link_at_their_end(sandbox: Sandbox, shared: Played) -> None:
    find = r', "@odata\.\w+Link": "[^"]*"'
    fault(sandbox, "graph", "replace", match="delta", find=find, put="", times=5)
    with pytest.raises(BadResponse, match="end without a link"):
        all_of(shared.client, shared.drive.id)


# --- trouble -------------------------------------------------------------------------------------


#: Kind of trouble, and the Retry-After it comes with.
PASSING: list[tuple[str, dict[str, int]]] = [
    ("429", {"retry_after": 0}), ("429", {}), ("503", {"retry_after": 0}), ("503", {}), ("500", {}), ("502", {}),
    ("504", {}), ("408", {}), ("html", {}), ("drop", {}), ("truncate", {}),
]  # fmt: skip
#: The way to a file's content has no body that could be cut.
CUTS = ("drop", "truncate")


@pytest.mark.parametrize(
    ("place", "kind", "more"),
    [
        (place, kind, more)
        for place in ("delta", "items", "/content", "download.aspx")
        for kind, more in PASSING
        if place != "/content" or kind not in CUTS
    ],
)
def test_trouble_that_passes_is_waited_out(
    sandbox: Sandbox, shared: Played, place: str, kind: str, more: dict[str, int]
) -> None:
    fault(sandbox, "graph", kind, match=place, times=1, **more)
    read(shared, place)


@pytest.mark.parametrize("kind", ["429", "503"])
def test_a_wait_until_a_moment_is_waited_out(sandbox: Sandbox, shared: Played, kind: str) -> None:
    fault(sandbox, "graph", kind, match="delta", retry_after="date")
    read(shared, "delta")


@pytest.mark.parametrize("place", ["delta", "download.aspx"])
def test_a_storm_is_left_to_the_next_try_of_the_task(
    sandbox: Sandbox, shared: Played, place: str
) -> None:
    fault(sandbox, "graph", "429", match=place, times=50, retry_after=0)
    with pytest.raises(RateLimited) as raised:
        read(shared, place)
    said(raised.value)


def test_a_wait_that_is_too_long_is_not_waited(sandbox: Sandbox, shared: Played) -> None:
    fault(sandbox, "graph", "429", match="delta", times=50, retry_after=400)
    before = shared.client.usage.retries
    with pytest.raises(RateLimited) as raised:
        all_of(shared.client, shared.drive.id)
    assert raised.value.retry_after_s == 400
    assert shared.client.usage.retries == before


@pytest.mark.parametrize("place", ["delta", "items", "/content"])
def test_a_token_that_ends_in_the_middle_is_renewed_once(
    sandbox: Sandbox, shared: Played, place: str
) -> None:
    fault(sandbox, "graph", "expired", match=place)
    read(shared, place)
    fault(sandbox, "graph", "expired", match=place, times=9)
    with pytest.raises(AuthError) as raised:
        read(shared, place)
    said(raised.value)


@pytest.mark.parametrize("place", ["delta", "items", "/content"])
def test_what_is_locked_is_tried_again_and_says_who_unlocks_it(
    sandbox: Sandbox, shared: Played, place: str
) -> None:
    fault(sandbox, "graph", "423", match=place)
    read(shared, place)
    fault(sandbox, "graph", "423", match=place, times=50)
    with pytest.raises(Unavailable, match=r"has locked it \(423\).*until its administrator unlocks it") as raised:  # fmt: skip
        read(shared, place)
    said(raised.value)


def test_a_proxys_404_is_no_answer_of_graph(sandbox: Sandbox, shared: Played) -> None:
    of = client(sandbox, base_url=f"{sandbox.url}/nowhere")
    with pytest.raises(BadResponse, match="404") as raised:
        of.site(shared.address)
    assert not isinstance(raised.value, NotFound)


@pytest.mark.parametrize("place", ["delta", "items"])
@pytest.mark.parametrize("field", ["size", "name"])
def test_an_answer_in_another_shape_tells_no_link(
    sandbox: Sandbox, shared: Played, place: str, field: str
) -> None:
    """Every item begins with a link that opens the file."""
    find, put = f'"{field}": ', f'"{field}": [], "x": '
    fault(sandbox, "graph", "replace", match=place, find=find, put=put, count=0)
    with pytest.raises(BadResponse, match="in another shape than declared") as raised:
        read(shared, place)
    assert "sharepoint/" not in said(raised.value)


# --- downloads -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [BUDGET, f"{FOLDER}/{ODD}"])
def test_a_file_arrives_whole(shared: Played, path: str) -> None:
    assert shared.download(path).startswith(b"PK")


def test_the_token_stays_with_graph(sandbox: Sandbox, shared: Played) -> None:
    """A host of contents answers 401 to whoever brings one."""
    link = requests.get(
        f"{sandbox.url}/graph/v1.0/drives/{shared.drive.id}/items/{shared.item(BUDGET).id}/content",
        headers={"Authorization": f"Bearer {token(sandbox)}"}, allow_redirects=False, timeout=10,
    ).headers["Location"]  # fmt: skip
    assert requests.get(link, timeout=10).content == shared.download(BUDGET)
    assert requests.get(link, headers={"Authorization": "Bearer x"}, timeout=10).status_code == 401


def test_a_file_that_is_replaced_while_it_is_downloaded_is_read_again(site: Played) -> None:
    site.edit("save_meanwhile", path=BUDGET, text="saved by somebody in that second")
    assert site.download(BUDGET) == b"saved by somebody in that second"


def test_a_file_of_the_same_size_with_another_content_is_noticed(site: Played) -> None:
    site.edit("put", path=BUDGET, text="12345")
    site.edit("save_meanwhile", path=BUDGET, text="67890")
    assert site.download(BUDGET) == b"67890"


def test_a_file_that_never_rests_is_left_to_the_next_run(site: Played) -> None:
    for n in range(5):
        site.edit("save_meanwhile", path=BUDGET, text="x" * (n + 9))
    with pytest.raises(Unavailable, match=r"'Budget 2026\.xlsx' arrived with .* read again"):
        site.download(BUDGET)


@pytest.mark.parametrize("kind", ["truncate", "html", "drop"])
def test_a_cut_file_is_never_taken(sandbox: Sandbox, shared: Played, kind: str) -> None:
    fault(sandbox, "graph", kind, match="download.aspx", times=9)
    with pytest.raises(Unavailable) as raised:
        shared.download(BUDGET)
    said(raised.value)


def test_a_changed_byte_is_noticed(sandbox: Sandbox, shared: Played) -> None:
    fault(sandbox, "graph", "replace", match="download.aspx", find="^P", put="Q", times=9)
    with pytest.raises(Unavailable, match="another hash"):
        shared.download(BUDGET)


def test_a_link_that_has_run_out_is_asked_for_again(sandbox: Sandbox, shared: Played) -> None:
    fault(sandbox, "graph", "403", match="download.aspx")
    assert shared.download(BUDGET)
    fault(sandbox, "graph", "403", match="download.aspx", times=9)
    with pytest.raises(Unavailable, match="link to a file was refused") as raised:
        shared.download(BUDGET)
    said(raised.value)


def test_a_file_above_the_ceiling_is_not_downloaded(site: Played) -> None:
    site.edit("put", path="Arkiv/stor.csv", text="0", times=1_200_000)
    drive, id = site.drive.id, site.truth()["Arkiv/stor.csv"]["id"]
    before = site.client.usage.requests
    with pytest.raises(TooLarge, match=r"'stor\.csv' has 1\.1 MB, and max_mb allows 1: make"):
        site.client.download(drive, id, io.BytesIO(), max_bytes=1 << 20)
    assert site.client.usage.requests - before == 1


def test_more_than_the_ceiling_is_cut_off(sandbox: Sandbox, site: Played) -> None:
    """Whatever Graph said of its size."""
    site.edit("put", path="Arkiv/stor.csv", text="0", times=3_000_000)
    drive, id = site.drive.id, site.truth()["Arkiv/stor.csv"]["id"]
    fault(sandbox, "graph", "replace", match="items", find='"size": 3000000', put='"size": 5')
    with pytest.raises(BadResponse, match="more than 1 MB"):
        site.client.download(drive, id, io.BytesIO(), max_bytes=1 << 20)


def test_fifty_megabytes_arrive(site: Played, tmp_path: Path) -> None:
    site.edit(
        "put", path="Arkiv/50.csv", text="1010;2026-01;1.234,50\r\n", times=50 * (1 << 20) // 23
    )
    truth = site.truth()["Arkiv/50.csv"]
    with (tmp_path / "50.csv").open("w+b") as into:
        item = site.client.download(site.drive.id, truth["id"], into, max_bytes=50 << 20)
        assert into.seek(0, 2) == item.size == truth["size"] > 49 << 20


def test_a_file_without_a_hash_is_judged_by_its_size(sandbox: Sandbox, shared: Played) -> None:
    find = r', "hashes": \{[^}]*\}'
    fault(sandbox, "graph", "replace", match="items", find=find, put="", times=1)
    assert shared.download(BUDGET)


def test_a_cut_file_without_a_hash_is_noticed(sandbox: Sandbox, shared: Played) -> None:
    find = r', "hashes": \{[^}]*\}'
    item = f"{shared.item(BUDGET).id}?"
    fault(sandbox, "graph", "replace", match=item, find=find, put="", times=9)
    fault(sandbox, "graph", "truncate", match="download.aspx", times=9)
    with pytest.raises(Unavailable, match=r"arrived with \d+ bytes instead of"):
        shared.download(BUDGET)


def test_a_deleted_file(site: Played) -> None:
    drive, id = site.drive.id, site.truth()[BUDGET]["id"]
    site.edit("delete", path=BUDGET)
    with pytest.raises(NotFound):
        site.client.download(drive, id, io.BytesIO(), max_bytes=1 << 20)


@pytest.mark.parametrize(
    "location",
    ["http://192.0.2.1/x?tempauth=abc", "https://u:p@127.0.0.1:1/x", "file:///etc/passwd"],
)
def test_a_link_that_would_be_readable_on_its_way_is_not_followed(location: str) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        is_link = handler.path.endswith("/content")
        body = b'{"id": "1", "name": "a.csv", "size": 1, "file": {}}'
        reply(302, b"", Location=location)(handler) if is_link else reply(200, body)(handler)

    with serving() as start:
        credentials = HeaderAuth({"Authorization": "Bearer t"})
        of = GraphClient(CALLER, credentials=credentials, url=start(answer).url, policy=QUICK)
        with pytest.raises(BadResponse, match="it is not downloaded") as raised:
            of.download("d", "1", io.BytesIO(), max_bytes=9)
    assert "abc" not in str(raised.value)
