"""The Graph client: sites, libraries, folders and what changed in them.

Docs: https://learn.microsoft.com/graph/api/resources/onedrive; what the app needs: docs/sharepoint.md. Quirks handled here: an app with Sites.Selected
may neither list nor search sites, so a site is asked for by its path; libraries are called in the language the site was made in;
the changes of a library may name an item several times, and the last time counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO, TypeVar

from saldo.declarations.source import Usage
from saldo.errors import AuthError, BadResponse, ConfigError
from saldo.staging.records import tolerant
from saldo.transport import Auth, Caller, Policy, Transport

from . import items
from .address import SiteAddress, encoded, parts_of, same
from .dialect import GRAPH, error_code
from .download import Downloads
from .errors import NotFound
from .items import Drive, Drives, Item, Items, Site

P = TypeVar("P", Drives, Items)
T = TypeVar("T")

#: What SharePoint calls a site's first library, by the language the site was made in.
_FIRST_LIBRARY = {
    same(name)
    for name in (
        "Documents", "Shared Documents", "Dokumenter", "Delte dokumenter", "Dokument", "Delade dokument",
        "Documenten", "Gedeelde documenten", "Dokumente", "Freigegebene Dokumente",
        "Documents partagés", "Documents partages", "Asiakirjat", "Jaetut asiakirjat",
    )
}  # fmt: skip


class GraphClient:
    """Files of SharePoint, for one configuration. Safe to use from several threads."""

    def __init__(
        self, caller: Caller, *, credentials: Auth, url: str, policy: Policy | None = None
    ) -> None:
        """url: checked by address.checked_url; links are followed below it only."""
        policy = policy or Policy()
        self._caller, self._url = caller, url
        self._transport = Transport(
            caller, base_urls=(url,), auth=credentials, dialect=GRAPH, policy=policy
        )
        self.usage: Usage = self._transport.usage
        self._downloads = Downloads(
            caller, url=url, credentials=credentials, policy=policy, usage=self.usage
        )

    def site(self, address: SiteAddress) -> Site:
        """Raises ConfigError when there is no such site, AuthError when the app was not granted it; else as
        Transport.get does."""
        url = f"{self._url}/sites/{address.place}"
        try:
            return self._transport.get(url, decode=tolerant(items.site))
        except NotFound:
            raise ConfigError(
                f"{self._caller.name}: there is no site {address}; correct `site` (host:/sites/Name, as in the "
                "site's address)"
            ) from None
        except AuthError as error:
            raise self._not_granted(error, str(address)) from None

    def drive(self, site: Site, library: str) -> Drive:
        """The library of that name, in whatever language the site calls its first one.

        Raises ConfigError when none or several are called so; else as `site`.
        """
        found = self._drives(site)
        wanted = same(library)
        called = [one for one in found if same(one.name) == wanted]
        called = called or [one for one in found if same(one.url_name) == wanted]
        if not called and wanted in _FIRST_LIBRARY:
            called = [self._get(f"{self._url}/sites/{site.id}/drive", items.drive)]
        if len(called) == 1:
            return called[0]
        what = "several libraries are" if called else "no library is"
        names = ", ".join(sorted(repr(one.name) for one in found)) or "none that the app may see"
        raise ConfigError(
            f"{self._caller.name}: {what} called {library!r} in the site {site.display_name or site.id}, which has "
            f"{names}; correct `library`"
        )

    def folder(self, drive: Drive, path: str) -> Item:
        """The folder at a path below the library; the library itself for an empty one.

        Raises ConfigError when there is none, naming those there are; else as Transport.get does.
        """
        parts = parts_of(path)
        try:
            found = self._at(drive, parts)
        except NotFound:
            raise ConfigError(self._no_folder(drive, parts)) from None
        if found.folder is None and found.root is None:
            raise ConfigError(
                f"{self._caller.name}: {path!r} is a file; `folder` must name a folder"
            )
        return found

    def children(self, drive: Drive, folder: Item) -> Iterator[Item]:
        """What lies in a folder, not what lies in folders below. Raises as Transport.get does."""
        url = f"{self._url}/drives/{drive.id}/items/{folder.id}/children"
        for page in self._pages(url, items.items):
            yield from page.value

    def item(self, drive_id: str, id: str) -> Item:
        """An item as it is now. Raises NotFound; else as Transport.get does."""
        return self._get(f"{self._url}/drives/{drive_id}/items/{id}", items.item)

    def changes(self, drive_id: str, link: str, each: Callable[[Item], None]) -> str:
        """Give `each` every item that changed since the link was given, page by page; one may come several times,
        and the last time counts. The link for the next time is returned: keep it once the changes are kept.

        link: empty for everything there is. Raises ResyncRequired when it is no longer good, BadResponse for pages
        that end nowhere or in a circle, or for a link that leads elsewhere; else as Transport.get does.
        """
        link = link or f"{self._url}/drives/{drive_id}/root/delta"
        for page in self._pages(link, items.items):
            for one in page.value:
                each(one)
            if page.delta_link:
                return page.delta_link
        raise BadResponse(
            f"{self._caller.name}: the changes end without a link to the next ones; they are read again by the next run"
        )

    def download(self, drive_id: str, id: str, into: BinaryIO, *, max_bytes: int) -> Item:
        """See Downloads.download."""
        return self._downloads.download(drive_id, id, into, max_bytes=max_bytes)

    # --- how -------------------------------------------------------------------------------------

    def _get(self, url: str, decode: Callable[[bytes], T]) -> T:
        try:
            return self._transport.get(url, decode=tolerant(decode))
        except AuthError as error:
            raise self._not_granted(error, "of the files") from None

    def _pages(self, url: str, decode: Callable[[bytes], P]) -> Iterator[P]:
        seen = set()
        following: str | None = url
        while following:
            if following in seen:
                raise BadResponse(
                    f"{self._caller.name}: a list of Graph leads in a circle; tell Microsoft"
                )
            seen.add(following)
            page = self._get(following, decode)
            yield page
            following = page.next_link

    def _drives(self, site: Site) -> list[Drive]:
        try:
            pages = self._pages(f"{self._url}/sites/{site.id}/drives", items.drives)
            return [one for page in pages for one in page.value]
        except AuthError as error:
            raise self._not_granted(error, site.display_name or site.id) from None

    def _at(self, drive: Drive, parts: list[str]) -> Item:
        place = f"root:/{encoded('/'.join(parts))}" if parts else "root"
        return self._get(f"{self._url}/drives/{drive.id}/{place}", items.item)

    def _no_folder(self, drive: Drive, parts: list[str]) -> str:
        """Which part of the path is missing, and what is there in its place."""
        there, missing = self._at(drive, []), parts[0]
        for n, part in enumerate(parts[:-1], start=1):
            try:
                there, missing = self._at(drive, parts[:n]), parts[n]
            except NotFound:
                missing = part
                break
        names = sorted(one.name for one in self.children(drive, there) if one.folder is not None)
        listed = ", ".join(map(repr, names[:10])) + (" and more" if len(names) > 10 else "")
        where = f"the library {drive.name!r}" if there.root is not None else repr(there.name)
        return (
            f"{self._caller.name}: there is no folder {missing!r} in {where}, which has "
            f"{listed or 'no folders'}; correct `folder`"
        )

    def _not_granted(self, error: AuthError, site: str) -> AuthError:
        """A refusal in Graph's own words (403) means that this site was not given to the app."""
        if error.evidence.status != 403 or not error_code(error.evidence.body):
            return error
        return AuthError(
            f"{self._caller.name}: the app of the Airflow connection {self._caller.connection!r} may not read the site "
            f"{site}: an administrator must grant it (Sites.Selected with the role read on that site: "
            "docs/sharepoint.md)",
            error.evidence,
        )
