"""`airflow db clean` from a task: a separate process, with the database that a task may not see."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from saldo.errors import SaldoError

from .context import run_of

if TYPE_CHECKING:
    from airflow.sdk import Context

    from saldo.maintenance import Rule

#: Rows of one transaction.
_AT_ONCE = 10_000
_FOUND = re.compile(r"Found (\d+) rows meeting deletion criteria")
_FAILED = re.compile(r"Encountered error when attempting to clean table '(\w+)'")
#: Airflow 3.3.2 looks for a DAG's id in a table that has none. Its rows go with their runs.
_WITHOUT_DAG = {"deadline"}
#: Variables that the command does not need, or must not inherit.
_NOT_ITS_OWN = ("AIRFLOW_CONN_", "_AIRFLOW", "__AIRFLOW", "SALDO_")
_BLOCKED = "AIRFLOW__CORE__SQL_ALCHEMY_CONN"
_TAIL = 15


class AirflowCleanOperator(BaseOperator):
    """Removes old runs, tasks, XComs and audit log from Airflow's database, each by its own rule.

    Needs the connection airflow_metadata and a way to that database from the worker. A killed command has
    removed whole batches; the next one goes on.
    """

    ui_color = "#f4eeda"
    _command: subprocess.Popen[str] | None = None

    def execute(self, context: Context) -> None:
        from saldo.hooks.metadata import check_metadata, metadata_url
        from saldo.hooks.warehouse import WarehouseHook
        from saldo.maintenance import note_removed, retention
        from saldo.warehouse.connection import connect

        now, run = datetime.now(UTC), run_of(context)
        wanted = [
            (rule, before, words)
            for rule, words in _commands(retention())
            if (before := rule.before(now)) is not None
        ]
        if not wanted:
            self.log.info("SALDO_RETENTION keeps all of it: Airflow's database is left alone")
            return
        url = metadata_url()
        check_metadata(url)
        environment = _environment(url.render_as_string(hide_password=False))
        for rule, before, words in wanted:
            removed = self._clean(before, words, environment, secret=url.password or "")
            self.log.info("%s: %s rows older than %s", rule.subject, removed, before)
            with connect(WarehouseHook().dsn()) as connection:
                note_removed(
                    connection,
                    rule.subject,
                    run_id=run.run_id,
                    before=before,
                    removed=removed,
                    now=now,
                )

    def _clean(
        self, before: datetime, words: list[str], environment: dict[str, str], *, secret: str
    ) -> int:
        """Raises SaldoError with the end of what the command said; never its secret."""
        command = [
            sys.executable, "-m", "airflow", "db", "clean", "--yes", "--skip-archive",
            "--error-on-cleanup-failure", "--batch-size", str(_AT_ONCE),
            "--clean-before-timestamp", before.isoformat(), *words,
        ]  # fmt: skip
        said: list[str] = []
        with subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as self._command:
            try:
                for line in self._command.stdout or ():
                    shown = line.rstrip().replace(secret, "***") if secret else line.rstrip()
                    said.append(shown)
                    if shown:
                        self.log.info("%s", shown)
            except BaseException:
                self._command.kill()
                raise
        failed = {match[1] for line in said if (match := _FAILED.search(line))}
        if self._command.returncode and (not failed or failed - _WITHOUT_DAG):
            raise SaldoError(
                f"airflow db clean ended with {self._command.returncode}. Check that the role of the Airflow "
                "connection airflow_metadata owns Airflow's tables. It said:\n"
                + "\n".join(said[-_TAIL:])
            )
        return sum(int(match[1]) for line in said if (match := _FOUND.search(line)))

    def on_kill(self) -> None:
        if self._command is not None and self._command.poll() is None:
            self._command.terminate()


def _commands(rules: dict[str, Rule]) -> Iterator[tuple[Rule, list[str]]]:
    """The rules with the arguments of `airflow db clean`, apart from the time."""
    from airflow.utils.db_cleanup import config_dict

    # A run every few minutes would fill the tables long before its three months are over.
    yield rules["airflow.watch"], ["--tables", "dag_run,log", "--dag-ids", "saldo_watch"]
    yield rules["airflow"], ["--tables", ",".join(sorted({*config_dict} - {"log"}))]
    yield rules["airflow.log"], ["--tables", "log"]


def _environment(url: str) -> dict[str, str]:
    """Airflow's own settings with its database, and no other secrets."""
    kept: dict[str, Any] = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_NOT_ITS_OWN) and name != _BLOCKED
    }
    return {**kept, "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": url}
