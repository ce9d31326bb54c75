"""Who sees which agreements of an imported model: Postgres' own rules hold for whoever refreshes it, not for its readers.

A filter on Agreement reaches the facts by their relationships. Dimensions have none to it, since an agreement would then filter
a fact by two ways; each has the filter itself, or names of customers would be seen without their figures.
"""

from __future__ import annotations

from collections.abc import Iterable

from saldo.errors import ConfigError

from .columns import Loaded
from .names import dax_column, quoted
from .tmdl import declared, described, indented

DYNAMIC = "By user"
TEMPLATE = "One agreement (template)"
_NAME = "Agreement key"
_USER = "'User agreement'[User name] = USERPRINCIPALNAME ()"
_OF_USER = f"CALCULATETABLE ( VALUES ( 'User agreement'[Agreement key] ), {_USER} )"


def dynamic_role(tables: Iterable[Loaded]) -> str:
    """The role of readers whom the warehouse's table of users names."""
    return _role(
        DYNAMIC,
        tables,
        _OF_USER,
        {"bridge_user_agreement": _USER},
    )


def static_role(name: str, agreement_id: str, tables: Iterable[Loaded]) -> str:
    """The role of readers of one agreement. Raises ConfigError for an id that is none."""
    if not agreement_id or not agreement_id.replace("_", "").replace("-", "").isalnum():
        raise ConfigError(f"{agreement_id!r} is no id of an agreement")
    of = f"'Agreement'[Agreement ID] = \"{agreement_id}\""
    keys = f"CALCULATETABLE ( VALUES ( 'Agreement'[Agreement key] ), {of} )"
    return _role(name, tables, keys, {"dim_agreement": of, "bridge_user_agreement": "FALSE ()"})


def _role(name: str, tables: Iterable[Loaded], keys: str, own: dict[str, str]) -> str:
    """keys: a table of the keys that are seen. own: source -> filter, where it is another."""
    filters = []
    for loaded in tables:
        source = loaded.table.source
        if filter := own.get(source) or _filter(loaded, keys):
            filters.append(f"tablePermission {quoted(loaded.table.name)} =\n{indented(filter, 2)}")
    head = declared(f"role {quoted(name)}", [("modelPermission", "read")], children=filters)
    return described(_COMMENTS.get(name, f"Readers of {name}."), head) + "\n"


def _filter(of: Loaded, keys: str) -> str:
    """Of a dimension with members of agreements; the members unknown, unmapped and not applicable are everybody's."""
    if of.table.is_fact or not any(column.name == _NAME for column in of.columns):
        return ""
    key = dax_column(of.table.name, _NAME)
    others = "" if of.table.only else f"{key} < 0 || "
    return f"{others}{key} IN {keys}"


_COMMENTS = {
    DYNAMIC: "Readers see the agreements that mart.bridge_user_agreement gives to the name they are logged in with.",
    TEMPLATE: "A role to copy: write the id of an agreement into the filters.",
}
