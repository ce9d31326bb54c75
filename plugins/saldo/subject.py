"""What runs, fails and is reported: an agreement, a file, an export, the rates of a bank or a model of Power BI."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import Field

from .fields import MailAddresses
from .yaml_files import Section

Kind = Literal["agreement", "file", "export", "rates", "dataset"]


class SubjectKey(NamedTuple):
    """Which subject: subject_kind and subject_id in the tables of ops."""

    kind: Kind
    id: str

    def __str__(self) -> str:
        return self.id if self.kind == "agreement" else f"{self.kind} {self.id}"


@dataclass(frozen=True)
class OfSubject:
    """Base of rows of ops: which subject a row is of."""

    subject_kind: Kind
    subject_id: str

    @property
    def key(self) -> SubjectKey:
        """The subject it is of."""
        return SubjectKey(self.subject_kind, self.subject_id)


class Alerts(Section):
    """`alerts` of a file: who gets mails, after how many failed runs, and when they are reminded."""

    to: MailAddresses = ()
    after_failures: int = Field(default=2, ge=1)
    remind_after_hours: int = Field(default=24, ge=1)


@dataclass(frozen=True)
class Subject:
    """What the watch needs to know of a subject, whatever its kind.

    name: for people. system: what it reads or writes; subjects of one system that fail alike share a mail.
    system_name: the same as people call it. timezone: of the schedule (cron), of finish_by and of times in
    mails. connection: the Airflow connection whose key may expire. key_maker: where people make that key, if not
    in the system. task_ids: entity -> Airflow task, where they differ. dropped: entities it had once and has no
    more; their alerts end without a mail.
    """

    key: SubjectKey
    name: str
    dag_id: str
    system: str
    system_name: str
    alerts: Alerts
    timezone: str = "UTC"
    schedule: str | None = None
    finish_by: time | None = None
    connection: str | None = None
    key_maker: str = ""
    task_ids: Mapping[str, str] = field(default_factory=dict)
    dropped: frozenset[str] = frozenset()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


Subjects = Mapping[SubjectKey, Subject]


def by_key(subjects: Iterable[Subject]) -> dict[SubjectKey, Subject]:
    """The same subjects, to be found by their keys."""
    return {subject.key: subject for subject in subjects}


#: Whether a row of ops is of one of the subjects that `arrays` names.
AMONG = "(subject_kind, subject_id) in (select * from unnest(%(kinds)s::text[], %(ids)s::text[]))"


def arrays(keys: Iterable[SubjectKey]) -> dict[str, object]:
    """The parameters kinds and ids of a statement about many subjects."""
    listed = list(keys)
    return {"kinds": [key.kind for key in listed], "ids": [key.id for key in listed]}
