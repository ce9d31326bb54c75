"""Core after a file began to count, or stopped: what that does to others is known, and written beside them."""

from __future__ import annotations

from collections.abc import Sequence

from saldo.warehouse.connection import Connection

from .effects import Effects, effects_between, note_standing
from .kinds import Kind


def renew(connection: Connection, kind: Kind, file_id: int, versions: Sequence[int]) -> Effects:
    """Renew what counts where these versions of a file say something. The caller holds their agreements: whoever follows core by
    its changes must miss none."""
    listed = list(versions)
    before = kind.standing(connection, file_id, listed)
    [(change,)] = connection.execute("select nextval('core.change_seq')").fetchall()
    kind.bring_into_force(connection, file_id, listed, change)
    effects = effects_between(file_id, before, kind.standing(connection, file_id, listed))
    if effects.rows is not None:
        note_standing(connection, {file_id, *effects.lost, *effects.back})
    return effects
