"""python -m saldo.warehouse: brings the warehouse of SALDO_DSN up to date. A line on standard output for each wait, errors on the
other."""

import os
import sys

from saldo.errors import SaldoError

from .patient import migrate_patiently

try:
    migrate_patiently(os.environ["SALDO_DSN"], lambda told: print(told, flush=True))
except SaldoError as error:
    sys.exit(f"{error}")
