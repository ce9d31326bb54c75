"""Accounts with postings that no rule of a mapping names: told to whoever keeps the mapping, once for each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from saldo.warehouse.connection import Connection

from .. import state
from ..configuration import FileConfiguration
from .notices import post_unmapped
from .texts import Account, Unmapped

#: What was told, among the watermarks of a configuration: {"told": [[agreement, account], ...]}.
_ENTITY = "unmapped"
_FOUND = """
select
    m.config_id,
    m.modified_by,
    g.agreement_id,
    a.account_number,
    a.name
from (
    select
        c.agreement_id,
        min(c.config_id) as config_id,
        min(f.modified_by) as modified_by
    from core.account_mapping as c
    inner join ops.file as f
        on f.file_id = c.file_id
        and f.version = c.version
    where not c.is_deleted
    group by c.agreement_id
) as m
inner join mart.dim_agreement as g on g.agreement_id = m.agreement_id
inner join mart.dim_account as a
    on a.agreement_key = g.agreement_key
    and a.group_account_number = '-2'
where exists (
    select
    from mart.fact_account_balance_month as b
    where b.agreement_key = a.agreement_key
        and b.account_key = a.account_key
)
order by
    m.config_id,
    g.agreement_id,
    a.sort_order
"""


def tell_unmapped(
    connection: Connection,
    configurations: Iterable[FileConfiguration],
    *,
    names: Mapping[str, str],
    now: datetime,
    run_url: str = "",
) -> int:
    """Write a mail for each mapping that lacks accounts nobody was told of; returns how many accounts are new. names:
    agreement id -> name. An account that is mapped, and later is not, is told again."""
    found: defaultdict[str, dict[tuple[str, str], str]] = defaultdict(dict)
    savers: dict[str, str] = {}
    for config_id, saver, agreement, number, name in connection.execute(_FOUND):
        found[config_id][agreement, number] = name
        savers[config_id] = saver or ""
    count = 0
    for configuration in configurations:
        if configuration.kind != "account_mapping":
            continue
        theirs = found[configuration.id]
        with connection.transaction():
            before = state.kept(connection, configuration.id, _ENTITY)
            told = {(agreement, number) for agreement, number in before.get("told", [])}
            new = [key for key in theirs if key not in told]
            if set(theirs) != told:
                cursor = {"told": [list(key) for key in theirs]}
                state.keep(connection, configuration.id, _ENTITY, cursor)
            if new:
                listed = [_account(key, theirs, names) for key in new]
                known = [_account(key, theirs, names) for key in theirs if key in told]
                unmapped = Unmapped(configuration, listed, known, run_url)
                post_unmapped(connection, unmapped, modified_by=savers[configuration.id], now=now)
        count += len(new)
    return count


def _account(
    key: tuple[str, str], of: Mapping[tuple[str, str], str], names: Mapping[str, str]
) -> Account:
    agreement, number = key
    return Account(names.get(agreement, agreement), number, of[key])
