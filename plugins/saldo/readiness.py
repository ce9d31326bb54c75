"""Whether an agreement's night would succeed, tried before there is one: connection, rights, modules, and the
first page of each entity, read as a night reads it. Nothing is written anywhere.

What is tried follows from the declarations of the vendor's entities, and what a refusal means from the SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import psycopg
from psycopg import sql

from saldo.agreements.agreement import Agreement
from saldo.declarations.entity import Entity
from saldo.declarations.source import Misfit, Page, SchemaSource, Source
from saldo.errors import (
    AuthError,
    BadResponse,
    ConfigError,
    NotLicensed,
    RateLimited,
    SaldoError,
    Unavailable,
    VendorError,
)
from saldo.staging.records import Decoder
from saldo.transform.lineage import reach
from saldo.transport import Policy
from saldo.vendors import VENDORS
from saldo.vendors.rows import company_of, opened_before, refuse_twin
from saldo.warehouse.connection import Connection, connect
from saldo.warehouse.migrations import pending

#: For a person who waits: a second try for what passes by itself, with short timeouts.
HASTY = Policy(
    max_tries=2, max_wait_s=5, connect_timeout_s=5, read_timeout_s=20, answer_timeout_s=30
)
#: After this many outages in a row, the trouble is the vendor's, not an entity's.
_OUTAGES = 3
_OWN_SCHEMAS = "let the role of the Airflow connection saldo_warehouse own the warehouse's schemas"
_LATER = "nothing to change: check again later; a night waits and tries again by itself"


@dataclass(frozen=True)
class Finding:
    """One line of the check.

    what: an entity, or a part of the way to it. verdict: `skipped` is no failure of a night, which
    goes on without the entity. without: which tables miss it then.
    """

    what: str
    verdict: Literal["ok", "skipped", "fails", "not tried"]
    says: str
    remedy: str = ""
    without: str = ""


@dataclass(frozen=True)
class Environment:
    """What the check asks of Airflow.

    dsn: of the warehouse; raises SaldoError. pool: what is wrong with the vendor's pool, empty if nothing.
    test_connection: what the connection's Test button says. source: the vendor's client. lake: how many files the
    agreement has there; raises SaldoError.
    """

    dsn: Callable[[], str]
    pool: Callable[[], str]
    test_connection: Callable[[], tuple[bool, str]]
    source: Callable[[], Source]
    lake: Callable[[], int]


def would_succeed(findings: list[Finding]) -> bool:
    """Whether a night with these findings would."""
    return all(found.verdict in ("ok", "skipped") for found in findings)


def check_agreement(agreement: Agreement, environment: Environment) -> Iterator[Finding]:
    """Findings in the order in which a night meets them, one after the other as they are made."""
    known = Known()
    try:
        with connect(environment.dsn()) as connection:
            connection.execute("set default_transaction_read_only = on")
            yield _warehouse(connection)
            known = Known.of(connection, agreement)
    except SaldoError as error:
        yield Finding("warehouse", "fails", str(error))
    except psycopg.Error as error:
        yield Finding("warehouse", "fails", _first_line(error), _OWN_SCHEMAS)
    wrong = environment.pool()
    yield Finding("pool", "fails" if wrong else "ok", wrong or "is there")
    works, says = environment.test_connection()
    yield Finding("connection", "ok" if works else "fails", says)
    if agreement.lake:
        yield _lake(environment)
    try:
        source = environment.source()
    except ConfigError as error:
        yield from _not_tried(VENDORS[agreement.vendor].wanted(agreement), str(error))
        return
    yield from check_entities(source, agreement, known)


def _lake(environment: Environment) -> Finding:
    try:
        count = environment.lake()
    except SaldoError as error:
        return Finding("lake", "fails", str(error), without="files in the lake; all else goes on")
    return Finding("lake", "ok", f"answers, {count} file(s) of the agreement")


# --- the warehouse -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Known:
    """What the warehouse holds of an agreement: nothing, before its first night.

    company: the vendor's own number of it. landed: the entities that have rows. opened: see vendors.rows.
    """

    company: str | None = None
    landed: frozenset[str] = frozenset()
    opened: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, connection: Connection, agreement: Agreement) -> Known:
        """What it holds now."""
        if not _exists(connection, "core.agreement"):
            return cls()
        entities = VENDORS[agreement.vendor].entities
        landed = (e.name for e in entities if _has(connection, agreement, e.name))
        return cls(
            company_of(connection, agreement.id),
            frozenset(landed),
            opened_before(connection, agreement),
        )


def _has(connection: Connection, agreement: Agreement, entity: str) -> bool:
    table = f"{agreement.vendor}_{entity}"
    if not _exists(connection, f"staging.{table}"):
        return False
    row = connection.execute(
        sql.SQL(
            "select exists (select from {} where agreement_id = %s and deleted_at is null)"
        ).format(sql.Identifier("staging", table)),
        [agreement.id],
    ).fetchone()
    return bool(row and row[0])


def _exists(connection: Connection, table: str) -> bool:
    row = connection.execute("select to_regclass(%s)", [table]).fetchone()
    return bool(row and row[0])


def _warehouse(connection: Connection) -> Finding:
    try:
        waiting = len(pending(connection))
    except ConfigError as error:
        return Finding("warehouse", "fails", str(error))
    row = connection.execute(
        "select current_database(), has_database_privilege(current_database(), 'create')"
    ).fetchone()
    name, may_create = row or ("", False)
    if waiting and not may_create:
        return Finding(
            "warehouse",
            "fails",
            f"{waiting} migration(s) wait, and the role may not create schemas",
            f'as its owner: grant create on database "{name}" to the role of saldo_warehouse',
        )
    waits = f"; {waiting} migration(s) wait, the first task applies them" if waiting else ""
    return Finding("warehouse", "ok", f"answers, database {name}{waits}")


def _first_line(error: psycopg.Error) -> str:
    return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"


# --- entities ------------------------------------------------------------------------------------


def check_entities(source: Source, agreement: Agreement, known: Known) -> Iterator[Finding]:
    """One small page of each entity the agreement lands. What ends all of them (credentials, no way to the
    vendor) is found once, and the rest is not tried."""
    vendor, outages = VENDORS[agreement.vendor], 0
    wanted = vendor.wanted(agreement)
    for place, entity in enumerate(wanted):
        try:
            if entity.name == vendor.identity:
                refuse_twin(
                    agreement,
                    source.check_identity(known.company),
                    known.opened,
                    is_landed=known.company is not None,
                )
            misfits = source.misfits(entity) if isinstance(source, SchemaSource) else []
            if any(misfit.is_fatal for misfit in misfits):
                yield _misfitting(misfits, agreement, entity)
                continue
            yield _noting(misfits, _landable(source.sample(entity), agreement, entity))
            outages = 0
        except SaldoError as error:
            yield _failing(error, agreement, entity, known)
            outages = outages + 1 if isinstance(error, Unavailable) else 0
            if _ends_all(error) or outages == _OUTAGES:
                yield from _not_tried(wanted[place + 1 :], f"since {entity.name} failed")
                return


def _noting(misfits: Sequence[Misfit], finding: Finding) -> Finding:
    return replace(finding, says="; ".join([finding.says, *(misfit.says for misfit in misfits)]))


def _misfitting(misfits: Sequence[Misfit], agreement: Agreement, entity: Entity) -> Finding:
    title = VENDORS[agreement.vendor].title
    remedy = f"correct the declaration of {entity.name}, or name it under `exclude` until {title} is asked"
    says = "; ".join(misfit.says for misfit in misfits)
    return _finding("fails", says, remedy, agreement, entity)


def _not_tried(entities: Sequence[Entity], why: str) -> Iterator[Finding]:
    for entity in entities:
        yield Finding(entity.name, "not tried", why)


def _ends_all(error: SaldoError) -> bool:
    if isinstance(error, AuthError):
        return error.evidence.status == 401
    if isinstance(error, Unavailable):
        return bool(error.reason)
    return isinstance(error, ConfigError | RateLimited)


def _landable(page: Page, agreement: Agreement, entity: Entity) -> Finding:
    """Its records are decoded as landing does; raises BadResponse."""
    decoder = Decoder(entity, f"{agreement.vendor} agreement {agreement.id!r}: {entity.name}")
    decoder.rows(page)
    seen = len(page.records)
    says = f"{seen:,} looked at" if seen else "empty"
    if page.announced is not None and page.announced > seen:
        says = f"{page.announced:,} records, {says}"
    if decoder.drift:
        says += f"; fields Saldo does not know are kept: {', '.join(sorted(decoder.drift))}"
    return Finding(entity.name, "ok", says)


def _failing(error: SaldoError, agreement: Agreement, entity: Entity, known: Known) -> Finding:
    vendor = VENDORS[agreement.vendor]
    exclude = f"name {entity.name} under `exclude` in the agreement's file"
    connection = f"correct the Airflow connection {agreement.connection!r}"
    if isinstance(error, NotLicensed) and entity.name not in known.landed:
        remedy = (
            f"nothing, if it is not wanted (or {exclude}); else buy the module at {vendor.title}"
        )
        return _finding(
            "skipped", "belongs to a module that is not bought (403)", remedy, agreement, entity
        )
    if isinstance(error, NotLicensed):
        says = "was landed before and is refused now (403)"
        remedy = f"{vendor.rights}; where the module was given up, {exclude}"
    elif isinstance(error, AuthError) and error.evidence.status == 403:
        says, remedy = "the right is denied (403)", f"{vendor.rights}; or {exclude}"
    elif isinstance(error, AuthError) and error.evidence.status != 401:
        says, remedy = _plain(error, agreement), f"{vendor.rights}; or {exclude}"
    elif isinstance(error, AuthError):
        says = "the credentials are refused (401)"
        remedy = f"{connection}: see what `connection` says"
    elif isinstance(error, RateLimited | Unavailable):
        says, remedy = _plain(error, agreement), _LATER
        if isinstance(error, Unavailable) and error.reason:
            remedy = f"{connection}, or open the network's way to the vendor"
    elif isinstance(error, BadResponse):
        says = _plain(error, agreement)
        remedy = f"compare the record with its declaration and {vendor.title}'s changelog; until then {exclude}"
    else:
        says, remedy = str(error), ""
    return _finding("fails", says, remedy, agreement, entity)


def _finding(
    verdict: Literal["skipped", "fails"],
    says: str,
    remedy: str,
    agreement: Agreement,
    entity: Entity,
) -> Finding:
    return Finding(entity.name, verdict, says, remedy, without(agreement.vendor, entity))


def without(vendor: str, entity: Entity) -> str:
    """Which tables of the mart miss an entity that does not land."""
    found = reach(vendor, entity.name)
    parts = [f"no {entity.name} in {', '.join(found.rows)}"] if found.rows else []
    parts += [f"gaps in {', '.join(found.columns)}"] if found.columns else []
    needed = [
        other.name
        for other in VENDORS[vendor].entities
        if entity.name in other.comes_after and other.name != entity.name
    ]
    parts += [f"changes of {', '.join(needed)} found late"] if needed else []
    return "; ".join(parts) or "nothing in mart shows it"


def _plain(error: VendorError, agreement: Agreement) -> str:
    """What happened, without what is said elsewhere: who, the evidence, and what a task does."""
    text = str(error).removesuffix(str(error.evidence))
    text = text.removeprefix(f"{agreement.vendor} agreement {agreement.id!r}: ")
    return text.split("; ")[0]
