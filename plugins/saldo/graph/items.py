"""Sites, libraries and items as Graph writes them; only what is used of them.

Source: https://learn.microsoft.com/graph/api/resources/driveitem. Of SharePoint, changes hold neither cTag nor the parent's
path, and deleted items no name: an item is known by its id.
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import unquote, urlsplit

import msgspec


class Site(msgspec.Struct, frozen=True):
    id: str
    display_name: str = msgspec.field(default="", name="displayName")


class Drive(msgspec.Struct, frozen=True):
    """A library of a site."""

    id: str
    name: str = ""
    web_url: str = msgspec.field(default="", name="webUrl")

    @property
    def url_name(self) -> str:
        """Its name in addresses, which stays when people rename it."""
        return unquote(urlsplit(self.web_url).path.rstrip("/").rpartition("/")[2])


class _Parent(msgspec.Struct, frozen=True):
    id: str = ""


class _Hashes(msgspec.Struct, frozen=True):
    quick_xor: str = msgspec.field(default="", name="quickXorHash")


class _FileFacet(msgspec.Struct, frozen=True):
    hashes: _Hashes | None = None


class _User(msgspec.Struct, frozen=True):
    display_name: str | None = msgspec.field(default=None, name="displayName")
    email: str | None = None


class _By(msgspec.Struct, frozen=True):
    user: _User | None = None


class _Facet(msgspec.Struct, frozen=True):
    """Only whether it is there counts."""


class Item(msgspec.Struct, frozen=True):
    """A file or a folder. Deleted ones have an id alone."""

    id: str
    name: str = ""
    size: int = 0
    etag: str = msgspec.field(default="", name="eTag")
    file: _FileFacet | None = None
    folder: _Facet | None = None
    root: _Facet | None = None
    deleted: _Facet | None = None
    parent: _Parent | None = msgspec.field(default=None, name="parentReference")
    modified_at: datetime | None = msgspec.field(default=None, name="lastModifiedDateTime")
    by: _By | None = msgspec.field(default=None, name="lastModifiedBy")

    @property
    def parent_id(self) -> str:
        return self.parent.id if self.parent else ""

    @property
    def hash(self) -> str:
        """Empty where SharePoint tells none."""
        return self.file.hashes.quick_xor if self.file and self.file.hashes else ""

    @property
    def modified_by(self) -> str:
        """The address of whoever changed it last, else the name; empty for an app."""
        user = self.by.user if self.by else None
        return (user.email or user.display_name or "") if user else ""


class Drives(msgspec.Struct):
    value: list[Drive]
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")


class Items(msgspec.Struct):
    """A page; the last one of changes has the link to those that come later."""

    value: list[Item]
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")
    delta_link: str | None = msgspec.field(default=None, name="@odata.deltaLink")


site = msgspec.json.Decoder(Site).decode
drive = msgspec.json.Decoder(Drive).decode
item = msgspec.json.Decoder(Item).decode
drives = msgspec.json.Decoder(Drives).decode
items = msgspec.json.Decoder(Items).decode
