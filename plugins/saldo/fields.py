"""Fields that several kinds of YAML files have: agreements, files of people, exports."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, ValidationInfo

from .addresses import is_mail_address
from .schedules import cron_or_none, timezone
from .yaml_files import Names


def _mail_addresses(value: tuple[str, ...]) -> tuple[str, ...]:
    for address in value:
        if not is_mail_address(address):
            raise ValueError(f"{address!r} is not a mail address")
    return value


def _known_agreement(value: str | None, info: ValidationInfo) -> str | None:
    known = (info.context or {}).get("agreements")
    if value is not None and known is not None and value not in known:
        raise ValueError(
            f"{value!r} is no agreement; write one of: {', '.join(sorted(known)) or '(there is none)'}"
        )
    return value


#: A cron expression, or none: on demand.
Schedule = Annotated[str | None, AfterValidator(cron_or_none)]
#: A name of the tz database.
Zone = Annotated[str, AfterValidator(timezone)]
MailAddresses = Annotated[Names, AfterValidator(_mail_addresses)]
#: Of an agreement's id: there is a file of it, where the context of the validation names them (`agreements`).
KnownAgreement = AfterValidator(_known_agreement)
