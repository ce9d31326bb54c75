"""What an input of `addGLImportItems` must be: every name in it that of something that is there.

References are given by dbId, code or description; what several values are called breaks a mutation
(https://xledgerukinternal.zendesk.com). Whether a line can be booked is not looked at here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import Any, NamedTuple

from .access import Asker
from .entity import Entity
from .parts import Files
from .registers import SLOTS, is_tax_rule, kind, tax_rules
from .tables import TABLES

LONGEST_TEXT = 255
_SOURCES = ("GL", "AP", "AR")
#: Where lines wait: those of the first are booked by the job, those of the second when somebody releases them.
JOB_LEVELS = (
    {"dbId": 14502, "dbSubId": 1, "code": "IMPORT", "name": "IMPORT", "description": "Import"},
    {"dbId": 14503, "dbSubId": 2, "code": "HOLD", "name": "HOLD", "description": "Til kontroll"},
)
_PLAIN = (
    "trItemNumber", "invoiceNumber", "exchangeRate", "quantity", "extIdentifier", "extOrderNumber", "yourReference",
    "paymentReference", "workflow",
)  # fmt: skip
Row = dict[str, Any]


class Wrong(NamedTuple):
    field: str
    text: str


class Checks:
    """The values of an entity, by how they are called; looked up once a call."""

    def __init__(self, asker: Asker, entity: Entity) -> None:
        self.asker, self.entity, self._known = asker, entity, dict[str, dict[Any, list[Row]]]()

    def rows(self, root: str) -> Iterator[Row]:
        return self.asker.kept(self.entity).shown(root, TABLES[root].forwards(self.entity, 0))

    def _rows_of(self, what: str) -> Iterator[Row]:
        if what == "subledger":
            for root in ("suppliers", "customers", "employees"):
                yield from self.rows(root)
        elif what == "taxRule":
            yield from self.entity.of(tax_rules).values()
        elif what == "project":
            yield from self.rows("projects")
        elif what.startswith("glObject"):
            yield from self._objects(int(what[-1]))
        elif what == "jobLevel":
            yield from JOB_LEVELS
        elif what == "transactionSource":
            yield from ({"code": code, "name": code, "description": code} for code in _SOURCES)
        else:
            yield from self.rows({"account": "accounts", "currency": "currencies"}[what])

    def _objects(self, slot: int) -> Iterator[Row]:
        if slot > len(SLOTS):
            return
        if SLOTS[slot - 1] == "Prosjekt":
            yield from self.rows("projects")
            return
        wanted = kind(self.entity, SLOTS[slot - 1])["dbId"]
        yield from (
            row
            for row in self.rows("objectValues")
            if row["objectKindDbId"] == wanted and not is_tax_rule(row)
        )

    def find(self, what: str, given: Mapping[str, Any]) -> Row | Wrong:
        """The one value that is called so."""
        if what not in self._known:
            self._known[what] = defaultdict(list)
            for row in self._rows_of(what):
                for name in ("dbId", "dbSubId", "code", "description"):
                    self._known[what][name, row.get(name)].append(row)
        [(name, value)] = list(given.items())[:1] or [("code", "")]
        found = self._known[what].get((name, value), [])
        if len(found) == 1:
            return found[0]
        many = "More than one" if found else "No"
        owner = self.entity.db_id
        return Wrong(
            f"{what}.{name}",
            f"{what}.{name}: {many} value matching owner {owner}, {name} '{value}'.",
        )


def checked(
    asker: Asker, node: Row, files: Files, known: dict[int, Checks]
) -> tuple[Entity, Row] | list[Wrong]:
    """Whose it is and what is staged of it, or all that is wrong with it."""
    entity = _owner(asker, node.get("owner") or {})
    if entity is None:
        return [Wrong("owner", f"owner: No value matching {node['owner']}.")]
    checks = known.setdefault(entity.db_id, Checks(asker, entity))
    wrong: list[Wrong] = []
    row: Row = {name: node.get(name) for name in (*_PLAIN, "trRegNumber")}
    references = (
        "transactionSource",
        "account",
        "subledger",
        "currency",
        "taxRule",
        "project",
        "jobLevel",
    )
    for what in (*references, *(f"glObject{n}" for n in range(1, 6))):
        if node.get(what) is not None:
            found = checks.find(what, node[what])
            if isinstance(found, Wrong):
                wrong.append(found)
            else:
                row[what] = found
    for name in ("account", "transactionSource"):
        if node.get(name) is None:
            wrong.append(Wrong(name, f"{name}: A value is required."))
    for name in ("amount", "invoiceAmount", "taxAmount"):
        row[name] = _money(name, node.get(name), wrong)
    for name in ("postedDate", "invoiceDate", "dueDate"):
        row[name] = _date(name, node.get(name), wrong)
    if row["amount"] is None:
        row["amount"] = row["invoiceAmount"]
    for name in ("amount", "postedDate"):
        if row[name] is None and not any(one.field == name for one in wrong):
            wrong.append(Wrong(name, f"{name}: A value is required."))
    row["text"] = node.get("text") or ""
    if len(row["text"]) > LONGEST_TEXT:
        wrong.append(Wrong("text", f"text: At most {LONGEST_TEXT} characters."))
    part = node.get("invoiceFile")
    if part is not None and part not in files:
        wrong.append(Wrong("invoiceFile", f"invoiceFile: The request has no part '{part}'."))
    elif part is not None:
        row["_file"] = _file(files[part])
        row["invoiceFile"] = {"url": f"https://files.xledger.example/{row['_file']['sha256']}"}
    row.setdefault("jobLevel", JOB_LEVELS[0])
    row["accountDbId"] = row.get("account", {}).get("dbId")
    return wrong or (entity, row)


def _file(part: tuple[str, str, bytes]) -> Row:
    name, kind_of, content = part
    digest = sha256(content).hexdigest()
    return {"name": name, "content_type": kind_of, "size": len(content), "sha256": digest}


def _owner(asker: Asker, given: Row) -> Entity | None:
    """The token's own entity unless it is said."""
    if not given:
        return asker.own
    names = (
        (one, {"dbId": one.db_id, "code": str(one.company.agreement_number)})
        for one in (asker.own, *asker.below)
    )
    return next((one for one, known in names if given.items() <= known.items()), None)


def _money(name: str, value: Any, wrong: list[Wrong]) -> int | None:
    """Hundredths."""
    if value is None:
        return None
    try:
        found = Decimal(str(value)) * 100
        if found.is_finite() and found == found.to_integral_value():
            return int(found)
    except InvalidOperation:
        pass
    wrong.append(Wrong(name, f"{name}: '{value}' is no amount."))
    return None


def _date(name: str, value: Any, wrong: list[Wrong]) -> str | None:
    try:
        return None if value is None else date.fromisoformat(value).isoformat()
    except ValueError:
        wrong.append(Wrong(name, f"{name}: '{value}' is no date."))
        return None
