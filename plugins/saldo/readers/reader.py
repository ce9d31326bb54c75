"""What the file of a reader may say. How files are found and read: loading.py and saldo.yaml_files."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from saldo.addresses import is_mail_address
from saldo.yaml_files import Id, Names, Section

#: Longer names of roles are cut off by Postgres.
_LONGEST_ROLE = 63
#: They see everything whatever a file says.
_NOT_FOR_READERS = ("powerbi", "saldo", "saldo_reader", "saldo_masked", "postgres")


class Reader(Section):
    """Somebody who reads the mart: to Power BI a user, to Postgres a log-in, or both.

    agreements: ids, or all of them, those to come included. personal: whether what is personal is shown to the log-in.
    """

    id: Id
    user: str | None = None
    login: str | None = None
    agreements: Literal["all"] | Names = Field(description="`all` or a list of ids of agreements")
    personal: bool = False
    enabled: bool = True

    @field_validator("user")
    @classmethod
    def _user(cls, value: str | None) -> str | None:
        """Power BI compares without regard to capitals."""
        if value is None:
            return None
        if not is_mail_address(value):
            raise ValueError(
                f"{value!r} is no user principal name; write it as Power BI knows it, such as anna@example.com"
            )
        return value.lower()

    @field_validator("login")
    @classmethod
    def _login(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if not value or len(value.encode()) > _LONGEST_ROLE or value.startswith("pg_"):
            raise ValueError(
                f"{value!r} is no name of a log-in; write the name that deploy/postgres/report-login.sql was given"
            )
        if value in _NOT_FOR_READERS:
            raise ValueError(f"{value!r} is a role of Saldo's own; give the reader a log-in")
        return value

    @model_validator(mode="after")
    def _is_somebody(self) -> Reader:
        if self.user is None and self.login is None:
            raise ValueError(
                "user, login: both are missing; write who it is to Power BI, to Postgres, or to both"
            )
        return self
