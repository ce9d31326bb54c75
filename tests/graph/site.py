"""A played company's site of SharePoint, clients of it, and what people do there."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
import requests

from saldo.declarations.connection_form import Fields
from saldo.files.configuration import FileConfiguration
from saldo.files.places.shared_library import SharedLibrary, UnsharedLibrary
from saldo.files.places.sharepoint import SharePointSource
from saldo.files.places.source import Changes, File, Seen
from saldo.graph.address import SiteAddress
from saldo.graph.client import GraphClient
from saldo.graph.connection import client_of
from saldo.graph.items import Drive, Item, Site
from saldo.transport import Caller, Policy
from saldo.warehouse.connection import Connection
from tests.support import QUICK, Company, Sandbox

HOST = "fjordgruppen.sharepoint.com"
FOLDER = "Budgetter/2026"
BUDGET = f"{FOLDER}/Budget 2026.xlsx"
ODD = "Afdeling Ærø & Møn #1, 100% 📊.xlsx"


def client(
    sandbox: Sandbox, *, app: str = "app-all", policy: Policy = QUICK, **extra: str
) -> GraphClient:
    fields = Fields.of(
        host=None,
        login=app,
        password=f"sandbox-secret-{app}",
        extra={
            "tenant_id": "fjordgruppen.example",
            "authority": f"{sandbox.url}/entra",
            "base_url": f"{sandbox.url}/graph/v1.0",
            **extra,
        },
    )
    return client_of(fields, CALLER, policy)


CALLER = Caller("Microsoft Graph,", "budget_x", "msgraph_x", kind="file")


@dataclass
class Played:
    """The site of a company that nobody else uses. warehouse: where is kept what configurations know of its libraries; None
    for looks that remember nothing of them."""

    company: Company
    client: GraphClient
    warehouse: Connection | None = None

    @classmethod
    def of(
        cls,
        sandbox: Sandbox,
        *,
        app: str = "app-all",
        warehouse: Connection | None = None,
        **more: Any,
    ) -> Played:
        company = sandbox.company("site", entries=800, **more)
        return cls(company, client(sandbox, app=app), warehouse)

    @property
    def address(self) -> SiteAddress:
        return SiteAddress.of(f"{HOST}:/sites/{self.company.id}")

    @property
    def site(self) -> Site:
        return self.client.site(self.address)

    @property
    def drive(self) -> Drive:
        return self.client.drive(self.site, "Documents")

    def edit(self, do: str, **values: Any) -> None:
        url = f"{self.company.sandbox.url}/sandbox/companies/{self.company.id}/library"
        if isinstance(values.get("content"), bytes):
            values["content"] = base64.b64encode(values["content"]).decode()
        answer = requests.post(url, json={"do": do, **values}, timeout=10)
        assert answer.status_code == 200, answer.text

    def truth(self) -> dict[str, Any]:
        url = f"{self.company.sandbox.url}/sandbox/companies/{self.company.id}/truth/library"
        found: dict[str, Any] = requests.get(url, timeout=10).json()
        return found

    def item(self, path: str) -> Item:
        return self.client.item(self.drive.id, self.truth()[path]["id"])

    def download(self, path: str, *, max_mb: int = 50) -> bytes:
        into = io.BytesIO()
        id = self.truth()[path]["id"]
        self.client.download(self.drive.id, id, into, max_bytes=max_mb << 20)
        return into.getvalue()

    def library(
        self, of: FileConfiguration, *, look: str = "", beside: Iterable[FileConfiguration] = ()
    ) -> SharedLibrary:
        assert of.source.sharepoint
        if self.warehouse is None:
            return UnsharedLibrary()
        return SharedLibrary.of(self.warehouse, of.source.sharepoint, [of, *beside], look=look)

    def source_of(
        self,
        of: FileConfiguration,
        client: GraphClient | None = None,
        **more: Any,
    ) -> SharePointSource:
        """more: see `library`."""
        assert of.source.sharepoint
        library = self.library(of, **more)
        return SharePointSource(client or self.client, of, of.source.sharepoint, library)

    def source(self, **other: Any) -> SharePointSource:
        return self.source_of(configuration(self.company.id, **other))

    def changes(self, seen: Seen | None = None, **other: Any) -> Changes:
        """As a run sees it; what was remembered goes through JSON, as in the warehouse."""
        found = self.source(**other).changes(seen or Seen())
        return Changes(found.changed, found.gone, found.unchanged, kept(found.seen))

    def settled(self, seen: Seen | None = None, **other: Any) -> Seen:
        """What is remembered after a run that dealt with everything."""
        return settled(self.changes(seen, **other))


def kept(seen: Seen) -> Seen:
    """As it comes out of the warehouse."""
    return msgspec.convert(msgspec.to_builtins(seen), Seen)


def settled(changes: Changes) -> Seen:
    seen = changes.seen
    for file in changes.changed:
        seen = seen.dealt_with(file)
    return seen


def names(files: tuple[File, ...]) -> list[str]:
    return [file.name for file in files]


def configuration(company: str, **other: Any) -> FileConfiguration:
    folder = other.pop("folder", FOLDER)
    library = other.pop("library", "Documents")
    place = {"site": f"{HOST}:/sites/{company}", "library": library, "folder": folder}
    place |= {"connection": other.pop("connection", "msgraph_x")}
    values = {"id": "budget_x", "kind": "budget", "agreement": "x", **other}
    return FileConfiguration.model_validate({"source": {"sharepoint": place}, **values})
