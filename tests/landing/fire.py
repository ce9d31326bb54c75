"""What is tried of every vendor under fire: each fault of the sandbox, at each kind of answer, all night long."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import Enum
from typing import Any, Protocol

import pytest

from saldo.errors import (
    AuthError,
    BadResponse,
    NotProven,
    RateLimited,
    SaldoError,
    Unavailable,
)
from saldo.runs import watermark
from saldo.transport import Policy
from saldo.warehouse.connection import Connection
from tests.support import IS_WHOLE_SUITE, Company, night, proven

#: Two tries without a wait: what is tested is what is left behind, not how long a second is.
POLICY = Policy(
    max_tries=2, first_wait_s=0.001, max_wait_s=2, connect_timeout_s=5, read_timeout_s=20
)
HASTY = replace(POLICY, max_tries=1, read_timeout_s=0.2, answer_timeout_s=0.2)
#: Where runs of these tests get their numbers.
RUNS = itertools.count(1)

# --- the faults ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Trouble:
    """A fault that lasts all night. error: what it must come to, where that is the same in every mode;
    field: which declared field of the mode it hits; has_records: needs an answer with records."""

    name: str
    fault: dict[str, Any]
    error: type[SaldoError] | None = None
    field: str = ""
    has_records: bool = False
    policy: Policy = POLICY


def _of_field(kind: str) -> list[Trouble]:
    return [
        Trouble(f"{kind}-{what}", {"kind": kind}, BadResponse, field=what, has_records=True)
        for what in ("key", "value", "moment")
    ]


#: What any vendor's answers may have.
COMMON = [
    Trouble("429-at-once", {"kind": "429", "retry_after": 0}, RateLimited),
    Trouble("429-date", {"kind": "429", "retry_after": "date"}, RateLimited, policy=HASTY),
    Trouble("429-later", {"kind": "429", "retry_after": 3600}, RateLimited),
    Trouble("429-plain", {"kind": "429"}, RateLimited),
    Trouble("400", {"kind": "400"}, BadResponse),
    Trouble("500", {"kind": "500"}, Unavailable),
    Trouble("revoked", {"kind": "revoked"}, AuthError),
    Trouble("403", {"kind": "403"}, AuthError),
    Trouble("timeout", {"kind": "timeout", "seconds": 0.4}, Unavailable, policy=HASTY),
    Trouble("slow-too-long", {"kind": "slow", "seconds": 0.8}, Unavailable, policy=HASTY),
    Trouble("slow", {"kind": "slow", "seconds": 0.1, "times": 1}),
    Trouble("drop", {"kind": "drop"}, Unavailable),
    Trouble("truncate", {"kind": "truncate"}, Unavailable),
    Trouble("html", {"kind": "html"}, Unavailable),
    Trouble("empty", {"kind": "empty"}, has_records=True),
    Trouble("missing", {"kind": "missing"}, has_records=True),
    Trouble("missing-once", {"kind": "missing", "times": 1}, has_records=True),
    Trouble("duplicate-page", {"kind": "duplicate"}, has_records=True),
    Trouble("duplicate-next", {"kind": "duplicate", "where": "next"}, has_records=True),
    Trouble("shift", {"kind": "shift"}, has_records=True),
    Trouble("shift-on-page-2", {"kind": "shift", "after": 1}, has_records=True),
    Trouble("endless-same", {"kind": "endless", "where": "same"}, has_records=True),
    Trouble("endless-new", {"kind": "endless", "where": "new"}, has_records=True),
    Trouble("new-field", {"kind": "new_field"}, has_records=True),
    *_of_field("retyped"),
    *_of_field("missing_field"),
]


# --- what is asked -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mode:
    """One kind of request of one kind of read.

    match: which requests are hit. after: how many of them pass first. before: SQL that takes staging
    back, so that there is something to read. fields: of the vendor, by what they are to Saldo.
    is_first: nothing is landed yet. is_window: the run reads days of the past again.
    """

    name: str
    entity: str
    match: str
    fields: dict[str, str] = field(default_factory=dict)
    after: int = 0
    before: tuple[str, ...] = ()
    is_first: bool = False
    is_window: bool = False
    where: str = "books"
    #: What this request may refuse without harm: there is another way.
    forgives: tuple[type[SaldoError], ...] = ()

    @property
    def has_records(self) -> bool:
        return bool(self.fields)


def cases(
    modes: Sequence[Mode], kinds: Sequence[Sequence[str]], troubles: Sequence[Trouble]
) -> list[Any]:
    """Each fault meets one mode of each kind, in turn; with SALDO_TEST_EVERYTHING=1 all of them."""
    return list(_cases(modes, kinds, troubles))


def _cases(
    modes: Sequence[Mode], kinds: Sequence[Sequence[str]], troubles: Sequence[Trouble]
) -> Iterator[Any]:
    for turn, trouble in enumerate(troubles):
        for kind in kinds:
            fitting = [mode for mode in modes if mode.name in kind and _fits(mode, trouble)]
            first = turn % len(fitting) if fitting else 0
            for mode in fitting if IS_WHOLE_SUITE else fitting[first : first + 1]:
                yield pytest.param(mode, trouble, id=f"{mode.name}-{trouble.name}")


def _fits(mode: Mode, trouble: Trouble) -> bool:
    return (mode.has_records or not trouble.has_records) and (
        not trouble.field or trouble.field in mode.fields
    )


# --- the scene -----------------------------------------------------------------------------------


class Scene(Protocol):
    """The companies all cases share: nothing ever changes there but what Saldo has of it."""

    dsn: str

    def vendor(self, where: str, entity: str) -> dict[str, Any]:
        """What the vendor holds, by key."""

    def company(self, where: str) -> Company:
        """The company called so."""

    def agreement(self, mode: Mode) -> Company:
        """Who lands: the company, or another agreement with its books that has landed nothing yet."""

    def land(
        self,
        connection: Connection,
        mode: Mode,
        who: Company,
        policy: Policy = POLICY,
        *,
        after: timedelta | None = None,
    ) -> SaldoError | None:
        """A run of the mode's entity; returns what it raised. after: a night so much later."""

    def take_back(self, connection: Connection, mode: Mode, who: Company) -> None:
        """Make something to read."""


def staged(connection: Connection, who: Company, entity: str, *, gone: bool) -> dict[str, Any]:
    """Payloads by key; fields nobody declares are left out."""
    found = connection.execute(
        f"select source_key, payload - 'unknownField' from staging.{who.agreement.vendor}_{entity} "
        "where agreement_id = %s and (deleted_at is not null) = %s",
        [who.id, gone],
    ).fetchall()
    return dict(found)


def taken_over(connection: Connection, who: Company, entity: str) -> int:
    """How far core has followed staging: while this stands still, no fact can change."""
    return watermark.progress(connection, who.id, "core").get(entity, 0)


# --- what must hold ------------------------------------------------------------------------------


class Found(Enum):
    """When what could not be told from the truth is found."""

    NEXT_NIGHT = "the night after it is over"
    PROOF = "when the facts are compared with the vendor's totals: the night after that reads everything"
    WEEKLY = "when everything is read again"


def assert_nothing_half_while_it_lasts_and_the_truth_after(
    connection: Connection,
    scene: Scene,
    mode: Mode,
    trouble: Trouble,
    *,
    unnoticed: Mapping[tuple[str, str], Found],
    is_skipped: bool = False,
) -> None:
    """unnoticed: (mode, trouble) that nobody could tell from the truth the same night. is_skipped: the vendor says with
    it that it has nothing, which is no error."""
    found = unnoticed.get((mode.name, trouble.name))
    who, entity = scene.agreement(mode), mode.entity
    vendor = scene.vendor(mode.where, entity)
    scene.take_back(connection, mode, who)
    before = taken_over(connection, who, entity)
    fault = {"times": 999, **trouble.fault, "match": mode.match}
    fault["after"] = fault.get("after", 0) + mode.after
    if trouble.field:
        fault["field"] = mode.fields[trouble.field]
    scene.company(mode.where).fault(**fault)

    raised = scene.land(connection, mode, who, trouble.policy)
    if is_skipped:
        assert raised is None
    else:
        _check_error(mode, trouble, raised, who)
    gone = staged(connection, who, entity, gone=True)
    if found is None:
        assert not set(gone) & set(vendor), "a living record was tombstoned"
        if taken_over(connection, who, entity) > before:
            assert staged(connection, who, entity, gone=False) == vendor, "half a read was shown"

    scene.company(mode.where).sandbox.clear_faults()
    _becomes_true(connection, scene, mode, who, found)


def _becomes_true(
    connection: Connection, scene: Scene, mode: Mode, who: Company, found: Found | None
) -> None:
    """When the vendor is well again: no sooner and no later than said."""
    vendor = scene.vendor(mode.where, mode.entity)
    after = None
    if found in (Found.PROOF, Found.WEEKLY):
        after = timedelta(0)
        assert scene.land(connection, mode, who, after=after) is None
        assert staged(connection, who, mode.entity, gone=False) != vendor, "found before"
    if found is Found.PROOF:
        assert night(scene.dsn, who).errors == {}
        with pytest.raises(NotProven):
            proven(scene.dsn, who)
    elif found is Found.WEEKLY:
        after = timedelta(days=8)
    error = scene.land(connection, mode, who, after=after)
    assert error is None, error
    assert staged(connection, who, mode.entity, gone=False) == vendor
    if found is Found.PROOF:
        # The others were doubted with it: that is over, too.
        assert night(scene.dsn, who).errors == {}
        assert not proven(scene.dsn, who).bad


def _check_error(mode: Mode, trouble: Trouble, raised: SaldoError | None, who: Company) -> None:
    """Of the right family, naming agreement and entity."""
    expected = trouble.error
    if expected and not issubclass(expected, mode.forgives or ()):
        assert raised is not None
        assert raised.family == expected.__name__, raised
    if raised is not None:
        assert repr(who.id) in str(raised)
        if trouble.policy is POLICY:  # a hasty one may give up at the door
            assert f"entity {mode.entity}" in str(raised)
