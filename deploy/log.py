"""log.py NAME: passes its input on and keeps it in $SALDO_LOG_DIR/NAME.log, a new file a day, thirty of them.

What is older than that in the folder is deleted too: files of workers that are no more, and of parsed DAG files.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from logging.handlers import TimedRotatingFileHandler
from pathlib import Path

DAYS = 30


class DailyFile(TimedRotatingFileHandler):
    """Begins a new file at midnight UTC."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        super().__init__(path, when="midnight", backupCount=DAYS, utc=True, encoding="utf-8")
        self._folder = path.parent
        self._delete_old()

    def doRollover(self) -> None:
        super().doRollover()
        self._delete_old()

    def _delete_old(self) -> None:
        oldest = time.time() - DAYS * 86_400
        for path in self._folder.rglob("*"):
            try:
                if path.is_file() and path.stat().st_mtime < oldest:
                    path.unlink()
            except OSError:  # another service has deleted it first
                continue


def main(name: str) -> None:
    # The command's end closes our input; until then there may be something to keep.
    for told in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told, signal.SIG_IGN)
    logging.raiseExceptions = False  # a full disk must not stop the command
    folder = Path(os.environ.get("SALDO_LOG_DIR", "logs/services"))
    try:
        handler: logging.Handler = DailyFile(folder / f"{name}.log")
    except OSError as error:
        print(f"saldo: no log is kept in {folder} ({error.strerror})", file=sys.stderr)
        handler = logging.NullHandler()
    for line in sys.stdin.buffer:
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()
        text = line.decode(errors="replace").rstrip("\n")
        handler.handle(logging.LogRecord(name, logging.INFO, "", 0, text, None, None))


if __name__ == "__main__":
    main(sys.argv[1])
