"""Which days measures are of."""

from __future__ import annotations

#: A variable: when the facts were refreshed. ALLSELECTED: one day for the rows of a table and their total.
READ = "VAR Read = CALCULATE ( MAX ( 'Data status'[Data as of] ), ALLSELECTED ( 'Agreement' ) )"
