"""A process that exports and is killed by the kernel: python -m tests.example_target.worker <dsn> <call> <fault>."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import NoReturn

from saldo.exports.accounting.sending import Export
from saldo.exports.accounting.targets import add

from .faults import Faults
from .kind import EXAMPLE_TARGET, example_configuration
from .ledger import Ledger
from .target import ExampleTarget


class Deadly(Faults):
    """Kills are real."""

    def die(self) -> NoReturn:
        os.kill(os.getpid(), signal.SIGKILL)
        while True:
            time.sleep(1)


if __name__ == "__main__":
    dsn, call, fault = sys.argv[1:]
    add(EXAMPLE_TARGET)
    target = ExampleTarget(Ledger(dsn), Deadly(**{call: [fault]}))  # type: ignore[list-item]
    Export(dsn, example_configuration(), target, actor="schedule").run()
