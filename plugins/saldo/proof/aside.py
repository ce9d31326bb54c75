"""What is set aside of the records behind a fact: no run reads them better, a person corrects them at the vendor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from saldo.transform import set_aside
from saldo.transform.derived import derived_files
from saldo.transform.set_aside import Aside
from saldo.vendors.vendor import Vendor
from saldo.warehouse import catalogue
from saldo.warehouse.connection import Connection

from .comparison import SAID_BY, Comparison, filled_by
from .ledger import FACT

#: How many of an entity a note names; all of them are in ops.set_aside.
_NAMED = 5
#: What sums of postings are set aside of, where each of them could be stored.
_SUMS = "mart.fact_account_balance_month"


@dataclass(frozen=True)
class SetAside:
    """of: entity, or table of core or mart with its schema -> what is in no fact, or as it was before."""

    vendor: Vendor
    of: Mapping[str, Sequence[Aside]]

    @classmethod
    def load(cls, connection: Connection, agreement_id: str, vendor: Vendor) -> SetAside:
        """As it is now."""
        found = {}
        for name in sorted(set_aside.entities(connection, agreement_id)):
            aside = set_aside.of_entity(connection, agreement_id, name)
            if name.startswith("mart."):
                required = _required(connection, name)
                aside = [one for one in aside if required.intersection(one.field.split(", "))]
            if aside:
                found[name] = aside
        return cls(vendor, found)

    def behind(self, c: Comparison) -> list[str]:
        """The names of what is set aside of a comparison's own side, and of the ledger where that is the other side:
        reading again repairs no such difference."""
        facts = dict.fromkeys([c.entity, FACT] if c.control in SAID_BY else [c.entity])
        return [name for fact in facts for name in self._made_of(fact) if name in self.of]

    def count(self, fact: str) -> int:
        """How many records a fact lacks."""
        return sum(len(self.of.get(name, ())) for name in self._made_of(fact))

    def note(self, name: str) -> str:
        """What is set aside of one entity, and what to do."""
        aside = self.of[name]
        what = "the postings that they sum up" if name == _SUMS else "them"
        return (
            f"{len(aside)} of {name} set aside: {'; '.join(map(str, aside[:_NAMED]))}. "
            f"Correct {what} at the vendor"
        )

    def _made_of(self, fact: str) -> Sequence[str]:
        """Entities and tables whose records the fact shows."""
        entity = filled_by(fact, self.vendor.fills)
        if entity not in self.vendor.ledger_entities:
            return (entity, f"mart.{fact}")
        return (*self.vendor.ledger_entities, *derived_files(self.vendor.name), f"mart.{fact}")


def _required(connection: Connection, table: str) -> set[str]:
    """The columns without which a row of the mart is left out; another number that does not fit is left empty."""
    columns = catalogue.named(connection, [table])[table].columns
    return {column.name for column in columns if column.is_required}
