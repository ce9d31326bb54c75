"""What a vendor is: one object that says everything about it. Its folder makes it,
vendors/__init__.py lists it.

What is heavy to import (a client, its check, its controls) is given as a dotted name, and imported
when it is needed: building DAGs takes names and entities only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from saldo.declarations.connection_form import Fields, Form
from saldo.declarations.entity import Entity
from saldo.declarations.keys import ENVIRONMENT_FIELD
from saldo.declarations.source import DocumentKind
from saldo.paths import SQL_DIR

if TYPE_CHECKING:
    from saldo.agreements.agreement import Agreement
    from saldo.declarations.controls import Controls
    from saldo.transport import Caller, Policy


@dataclass(frozen=True)
class Documents:
    """The documents of which a vendor hands out a PDF, by kind.

    per_minute, per_day: how many of one agreement may be opened, so that nights keep their share of the
    vendor's limits.
    """

    kinds: Mapping[str, DocumentKind] = field(default_factory=dict)
    per_minute: int = 0
    per_day: int = 0


@dataclass(frozen=True)
class Vendor:
    """A vendor Saldo reaches; one with entities is also synced.

    name: as in agreement files and the type of its connections. title: as it writes itself.
    form: what its connection asks for. key_field: where that says which environment the key is for.
    client: dotted name of a function (fields, caller, policy) -> client. check: of a function
    (client, vendor) -> sentence, which the Test button shows; raises ConfigError for the one with the form.

    Of a vendor that is synced, its client is a Source and it says more:
    entities: in landing order. identity: the first of them; it says whose books these are (it fills
    core.agreement), and lands first and always. fills: core table -> the entity that fills it, of tables that
    proof, validation and reports ask about: account, ledger_entry, invoice and accounting_year, where it has
    them. ledger: the entities whose records the ledger is made of, where it is several; one of them fills ledger_entry.
    sql: the folder of its core SQL, <entity>.sql, where that is another than include/sql/core/<name>.
    rights: what to do where an agreement's rights do not reach. addresses: fields of the form with
    the base addresses of its services. elsewhere: part of a path -> which of them serves the entities with such a
    path, where it is not the first. controls: dotted name of a function (client) -> controls.
    pool_slots: tasks in parallel over all its agreements. daily_calls: requests an agreement may make in 24 hours, as its
    client keeps to it; None where nobody counts by the day. words: field of an entity ("state" or "invoices.state"), as drift
    names it -> what the facts show of a word in it that Saldo does not know, as a part of a sentence; of other fields it is
    other_<word>.
    """

    name: str
    title: str
    form: Form
    client: str
    check: str
    key_field: str = ENVIRONMENT_FIELD
    entities: tuple[Entity, ...] = ()
    identity: str = ""
    fills: Mapping[str, str] = field(default_factory=dict)
    ledger: tuple[str, ...] = ()
    sql: Path | None = None
    rights: str = ""
    addresses: tuple[str, ...] = ("host",)
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    controls: str = ""
    documents: Documents = Documents()
    pool_slots: int = 8
    daily_calls: int | None = None
    words: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.is_source and (wrong := self._problem()):
            raise ValueError(f"vendor {self.name}: {wrong}")

    def _problem(self) -> str:
        """What cannot be right in what it says of its books; empty if nothing."""
        first, known = self.entities[0], {entity.name for entity in self.entities}
        if first.name != self.identity or first.is_small:
            return "its first entity must be its identity, with a task of its own"
        if not self.rights:
            return "`rights` must say what to do where a right is missing"
        if self.controls and "ledger_entry" not in self.fills:
            return "what is compared must be there: say in `fills` which entity fills ledger_entry"
        if self.ledger and self.fills.get("ledger_entry") not in self.ledger:
            return "the entity that fills ledger_entry must be one of those the ledger is made of"
        unknown = sorted({*self.fills.values(), *self.ledger} - known)
        unknown += sorted({*self.addresses} - {*self.form.standard, *self.form.extra})
        unknown += sorted({*self.elsewhere.values()} - {*self.addresses})
        return f"{', '.join(unknown)}: no entity or field of it" if unknown else ""

    @property
    def is_source(self) -> bool:
        """Whether its books are synced; others are reached only."""
        return bool(self.entities)

    @property
    def ledger_entities(self) -> tuple[str, ...]:
        """The entities without which the ledger is not whole, in landing order; none where it has no ledger."""
        return self.ledger or tuple(filter(None, [self.fills.get("ledger_entry")]))

    @property
    def pool(self) -> str:
        """The Airflow pool of its tasks."""
        return f"saldo_{self.name}"

    @property
    def class_prefix(self) -> str:
        """What names of its hook and its operators begin with: BusinessCentral."""
        return "".join(part.capitalize() for part in self.name.split("_"))

    @property
    def hook(self) -> str:
        """Dotted name of the class that is its connection type's hook."""
        return f"saldo.hooks.vendors.{self.class_prefix}Hook"

    @property
    def core_sql(self) -> Path:
        """The folder whose <entity>.sql brings each of its entities into core."""
        return self.sql or SQL_DIR / "core" / self.name

    @property
    def without_company(self) -> str:
        """Why there is nothing to show yet, before its identity has landed."""
        return f"the company is not known yet: land its entity {self.identity} first"

    def entity(self, name: str) -> Entity:
        """Raises KeyError for a name that is no entity of the vendor."""
        return {entity.name: entity for entity in self.entities}[name]

    def served_at(self, entity: Entity) -> str:
        """The field of the form with the base address of the service that has an entity."""
        found = (field for part, field in self.elsewhere.items() if part in entity.path)
        return next(found, self.addresses[0])

    def wants(self, agreement: Agreement, name: str) -> bool:
        """Whether an agreement lands the entity; the one that names the company always."""
        return name == self.identity or agreement.wants(name)

    def wanted(self, agreement: Agreement) -> tuple[Entity, ...]:
        """The entities an agreement lands, in landing order."""
        return tuple(entity for entity in self.entities if self.wants(agreement, entity.name))

    def client_of(self, fields: Fields, caller: Caller, policy: Policy | None = None) -> Any:
        """The client of a connection: a Source if its books are synced, a DocumentSource if it has documents.

        Raises ConfigError for what is required and empty, or cannot be right."""
        complete = self.form.complete(fields, conn_id=caller.connection)
        return load(self.client)(complete, caller, policy)

    def check_connection(self, client: Any) -> str:
        """What a connection opens, in a sentence. Raises ConfigError that says what to change; its text holds
        no secret and no part of an answer's body."""
        return str(load(self.check)(client, self))

    def controls_of(self, client: Any) -> Controls:
        """What proof compares with; of a vendor that offers nothing, its client alone."""
        found: Controls = load(self.controls)(client) if self.controls else client
        return found


def load(dotted: str) -> Callable[..., Any]:
    """What a dotted name stands for. Raises ImportError, AttributeError."""
    module, _, name = dotted.rpartition(".")
    found: Callable[..., Any] = getattr(import_module(module), name)
    return found
