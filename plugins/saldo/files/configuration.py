"""What the file of a file configuration may say: where files lie, which of them, and how they are to be read.

Pydantic models, frozen and strict; an unknown key is an error. How they are found and read: loading.py and saldo.yaml_files.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from saldo.errors import ConfigError
from saldo.fields import KnownAgreement, MailAddresses
from saldo.graph.address import SiteAddress, parts_of
from saldo.subject import SubjectKey
from saldo.yaml_files import Id, Section

#: What can be read, by the ends of names.
ENDINGS = (".xlsx", ".xlsm", ".csv")
#: Where folders may lie, apart from SharePoint.
SCHEMES = ("file", "abfs", "abfss", "s3")
_CODEC = re.compile(r"[a-z0-9_-]+")
#: Kinds whose rows name their company themselves.
_NO_AGREEMENT = ("exchange_rates", "expenses")

Word = Annotated[str, Field(min_length=1)]
Words = Annotated[tuple[Word, ...], Field(strict=False, min_length=1)]


class Header(Section):
    """`header` of a file: more words for the headings of columns than the built-in ones."""

    account: Words = ()
    department: Words = ()
    month: Words = ()
    amount: Words = ()
    year: Words = ()
    scenario: Words = ()
    text: Words = ()
    company: Words = ()
    currency: Words = ()
    group_account: Words = ()
    group_name: Words = ()
    report_line: Words = ()
    # of expenses
    organisation: Words = ()
    id: Words = ()
    kind: Words = ()
    status: Words = ()
    approved_at: Words = ()
    employee: Words = ()
    supplier: Words = ()
    description: Words = ()
    date: Words = ()
    revision: Words = ()
    line: Words = ()
    category: Words = ()
    line_date: Words = ()
    quantity: Words = ()
    rate: Words = ()
    vat_code: Words = ()
    vat_amount: Words = ()
    ignore: Words = ()


class SharePoint(Section):
    """`source.sharepoint`: a folder of a library of a site. folder: empty for the library itself."""

    connection: Word = "msgraph_default"
    site: str
    library: Word = "Documents"
    folder: str = ""

    @field_validator("site")
    @classmethod
    def _site(cls, value: str) -> str:
        try:
            SiteAddress.of(value)
        except ConfigError as error:
            raise ValueError(str(error).removeprefix("site: ")) from None
        return value

    @field_validator("folder")
    @classmethod
    def _folder(cls, value: str) -> str:
        return _without_dots(value)


class Place(Section):
    """`source` of a file: one of the two."""

    sharepoint: SharePoint | None = None
    folder: str | None = None

    @field_validator("folder")
    @classmethod
    def _folder(cls, value: str | None) -> str | None:
        if value is None:
            return value
        parts = urlsplit(value)
        if parts.scheme not in SCHEMES or not (parts.path.strip("/") or parts.hostname):
            raise ValueError(
                f"{value!r} is no folder; write file:///srv/drop, abfs://connection@container/folder or "
                "s3://connection@bucket/folder"
            )
        if parts.password or parts.query or parts.fragment:
            # What is behind the first colon may be a key: it is not repeated.
            raise ValueError(
                "holds more than a place; put keys and signatures into the Airflow connection"
            )
        return value

    @model_validator(mode="after")
    def _one(self) -> Place:
        if (self.sharepoint is None) == (self.folder is None):
            raise ValueError("must have one of sharepoint and folder; write where the files lie")
        return self

    @property
    def connection(self) -> str | None:
        """The Airflow connection it names, if any."""
        if self.sharepoint:
            return self.sharepoint.connection
        return (self.folder or "").partition("://")[2].rpartition("@")[0] or None


class Csv(Section):
    """`csv` of a file: how its text is written. columns: names of the columns of a file that has no line of headings."""

    encoding: str = "auto"
    separator: str = "auto"
    columns: Annotated[tuple[Word, ...], Field(strict=False)] = ()

    @field_validator("separator")
    @classmethod
    def _separator(cls, value: str) -> str:
        if value != "auto" and (len(value) != 1 or value in '"\r\n'):
            raise ValueError(f"{value!r} is no separator; write auto or one character")
        return value

    @field_validator("encoding")
    @classmethod
    def _encoding(cls, value: str) -> str:
        try:
            if value != "auto":
                "".encode(value if _CODEC.fullmatch(value.lower()) else "")
        except LookupError:
            raise ValueError(
                f"{value!r} is no encoding; write auto, utf-8, utf-16 or cp1252"
            ) from None
        return value


class FileConfiguration(Section):
    """Files of one kind in one folder; the fields are those of the file."""

    id: Id
    kind: Literal["budget", "account_mapping", "exchange_rates", "expenses"]
    source: Place
    match: str = "*.xlsx"
    agreement: Annotated[Id | None, KnownAgreement] = None
    agreement_column: Word | None = None
    organisation: Id | None = None
    sheet: Word | None = None
    header: Header = Header()
    amounts_in: Literal[1, 1000, 1_000_000] = 1
    sign: Literal["natural", "ledger"] = "natural"
    fiscal_year: str = Field(
        default="file_name",
        pattern=r"^(file_name|sheet_name|column|20\d\d|20\d\d/20\d\d|20\d\d-(0[1-9]|1[0-2]))$",
        description="file_name, sheet_name, column, or a year such as 2026, 2025/2026 or 2025-07",
    )
    scenario: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    scenario_column: Word | None = None
    number_format: Literal["auto", "1.234,56", "1,234.56"] = "auto"
    csv: Csv = Csv()
    max_mb: int = Field(default=50, ge=1, le=500)
    unknown: Literal["refuse", "accept"] = "refuse"
    when_gone: Literal["withdraw", "keep"] = "withdraw"
    owner_mail: MailAddresses = ()
    enabled: bool = True

    @field_validator("match")
    @classmethod
    def _match(cls, value: str) -> str:
        if not value.lower().endswith(ENDINGS) or "/" in value or "\\" in value:
            raise ValueError(
                f'{value!r} matches no file that can be read; write a name such as "*.xlsx" that ends in '
                f"{', '.join(ENDINGS)}, without a folder"
            )
        return value

    @field_validator("fiscal_year")
    @classmethod
    def _fiscal_year(cls, value: str) -> str:
        first, _, second = value.partition("/")
        if second and int(second) != int(first) + 1:
            raise ValueError("the years do not follow each other")
        return value

    @model_validator(mode="after")
    def _whose(self) -> FileConfiguration:
        given = [name for name in ("agreement", "agreement_column") if getattr(self, name)]
        if len(given) > 1:
            raise ValueError("agreement: stands beside agreement_column; remove one of them")
        if not given and self.kind not in _NO_AGREEMENT:
            raise ValueError(
                "agreement: is missing; add it, or agreement_column for files about several companies"
            )
        self._check_expenses(given)
        if self.scenario and self.scenario_column:
            raise ValueError("scenario: stands beside scenario_column; remove one of them")
        return self

    def _check_expenses(self, whose: list[str]) -> None:
        """Expenses are an organisation's, as the files of exports are, and nothing else is."""
        if self.kind != "expenses":
            if self.organisation:
                raise ValueError("organisation: is for expenses only; write agreement")
        elif whose:
            raise ValueError(
                f"{whose[0]}: is not for expenses; write organisation, or give the files a column for it"
            )
        elif self.amounts_in != 1:
            raise ValueError("amounts_in: is not for expenses; remove it")

    @property
    def key(self) -> SubjectKey:
        """The configuration as a subject of runs, alerts and actions."""
        return SubjectKey("file", self.id)

    @property
    def max_bytes(self) -> int:
        return self.max_mb << 20


def _without_dots(value: str) -> str:
    if any(part in (".", "..") for part in parts_of(value)):
        raise ValueError(
            f"{value!r} leads out of the library; write the folder's path from the library on"
        )
    return value
