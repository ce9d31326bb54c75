"""Maintenance: what is older than it is kept goes, sizes are measured, drift is reported.

retention        how long what is kept: the one declaration, and SALDO_RETENTION
prune            old rows of the warehouse, in small transactions
prune_logs       old task logs on this machine's disk
tell_drift       fields that no declaration knows and no report has named yet
measure          how large tables are -> ops.table_size, and what about them needs a person
stranded         exports of organisations that no file is about
tell_people      a mail about it
"""

from .logs import prune_logs
from .mail import tell_people
from .pruning import maintenance_lock, note_removed, prune
from .reports import Trouble, measure, tell_drift
from .retention import Rule, retention
from .stranded import stranded

__all__ = [
    "Rule",
    "Trouble",
    "maintenance_lock",
    "measure",
    "note_removed",
    "prune",
    "prune_logs",
    "retention",
    "stranded",
    "tell_drift",
    "tell_people",
]
