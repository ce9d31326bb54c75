"""Every gauge there is. The table in docs/observability.md says the same.

Moments are Unix times and not ages: whoever reads them knows what time it is, also when nothing is scraped for a while.
Counts of a day are gauges, for a counter that begins anew when old rows are removed would be read as growth.
"""

from __future__ import annotations

from dataclasses import dataclass

_SUBJECT = ("kind", "subject")


@dataclass(frozen=True)
class Gauge:
    """column: of the group's rows; NULL there is no sample. labels: columns of the rows, too."""

    name: str
    column: str
    help: str
    labels: tuple[str, ...] = _SUBJECT


@dataclass(frozen=True)
class Group:
    """The gauges made of the rows of include/sql/metrics/<name>.sql."""

    name: str
    gauges: tuple[Gauge, ...]


#: Gauges that no row of the warehouse makes.
UP = Gauge("saldo_warehouse_up", "", "1 where the warehouse answers, else 0.", ())
DISK_FREE = Gauge(
    "saldo_disk_free_bytes", "", "Room on the API server's disk with that folder.", ("folder",)
)
DISK_SIZE = Gauge("saldo_disk_size_bytes", "", "All of that disk.", ("folder",))
GROUP_UP = Gauge(
    "saldo_group_up", "", "1 where a group of gauges could be read, else 0.", ("group",)
)
SECONDS = Gauge("saldo_group_duration_seconds", "", "How long reading a group took.", ("group",))
OTHERS = (UP, DISK_FREE, DISK_SIZE, GROUP_UP, SECONDS)

_TARGET = (*_SUBJECT, "target", "state")
_TABLE = ("schema", "table")

GROUPS = (
    Group(
        "runs",
        (
            Gauge("saldo_rows_read_24h", "rows_read", "Records received in the last 24 hours."),
            Gauge("saldo_rows_inserted_24h", "rows_inserted", "Rows that were new."),
            Gauge("saldo_rows_updated_24h", "rows_updated", "Rows that had changed."),
            Gauge("saldo_rows_deleted_24h", "rows_deleted", "Records that were gone."),
            Gauge("saldo_received_bytes_24h", "bytes_received", "Bytes received over the wire."),
            Gauge("saldo_requests_24h", "requests", "Requests made, repeated ones included."),
            Gauge("saldo_requests_limit_24h", "requests_limit", "Requests the vendor allows."),
            Gauge("saldo_requests_retried_24h", "retried", "Requests that were repeated."),
            Gauge("saldo_requests_throttled_24h", "throttled", "Answers that asked to wait."),
            Gauge("saldo_tries_failed_24h", "failed", "Tries of tasks that failed."),
            Gauge("saldo_tries_running", "running", "Tries of tasks at work, or killed."),
            Gauge(
                "saldo_watched_since_timestamp_seconds",
                "watched_since",
                "Since when it runs with this schedule.",
            ),
            Gauge(
                "saldo_nights_apart_seconds",
                "apart_s",
                "Most days from one night to the next by its schedule; none on demand.",
            ),
        ),
    ),
    Group(
        "freshness",
        (
            Gauge(
                "saldo_last_success_timestamp_seconds",
                "ended_at",
                "When an entity or task last ended well, windows left out.",
                (*_SUBJECT, "entity"),
            ),
            Gauge(
                "saldo_last_good_night_timestamp_seconds",
                "night_ended_at",
                "When a night last ended in which everything went well.",
            ),
            Gauge(
                "saldo_last_proven_timestamp_seconds",
                "proven_at",
                "When all that was compared with the vendor's totals last agreed.",
            ),
        ),
    ),
    Group(
        "alerts",
        (
            Gauge("saldo_alerts_open", "alerts", "Alerts that are open.", (*_SUBJECT, "alert")),
            Gauge(
                "saldo_alerts_open_since_timestamp_seconds",
                "since",
                "Since when the oldest of them lasts.",
                (*_SUBJECT, "alert"),
            ),
        ),
    ),
    Group(
        "mails",
        (Gauge("saldo_mails_waiting", "waiting", "Mails not taken by a mail server yet.", ()),),
    ),
    Group(
        "proof",
        (
            Gauge(
                "saldo_proof_difference",
                "difference",
                "Absolute difference to the vendor's totals at the last comparison, base currency.",
            ),
            Gauge("saldo_proof_differing", "differing", "How many totals differ that the proof fails by."),
            Gauge("saldo_proof_compared", "compared", "How many totals were compared."),
            Gauge(
                "saldo_proof_checked_timestamp_seconds", "checked_at", "When they were compared."
            ),
        ),
    ),
    Group(
        "exports",
        (
            Gauge(
                "saldo_exports", "exports", "Exports to an accounting system, by state.", _TARGET
            ),
            Gauge(
                "saldo_exports_oldest_timestamp_seconds",
                "oldest",
                "Of states that do not last: when the oldest of them was asked for.",
                _TARGET,
            ),
        ),
    ),
    Group(
        "breakers",
        (Gauge("saldo_export_breakers_open", "breakers_open", "Companies nothing is sent to now."),),
    ),
    Group(
        "inbox",
        (Gauge("saldo_expense_inbox_waiting", "waiting", "Expenses put in by SQL, not taken yet."),),
    ),
    Group(
        "purchase_files",
        (
            Gauge(
                "saldo_purchase_files",
                "files",
                "Files of purchase documents, by state.",
                (*_SUBJECT, "state"),
            ),
        ),
    ),
    Group(
        "set_aside",
        (Gauge("saldo_set_aside_records", "records", "Records that cannot be stored."),),
    ),
    Group(
        "unfinished",
        (Gauge("saldo_reads_unfinished", "reads", "Reads begun and not ended, as first loads."),),
    ),
    Group(
        "lake",
        (Gauge("saldo_lake_files_owed", "files", "Files of the lake still to be written."),),
    ),
    Group(
        "components",
        (
            Gauge(
                "saldo_component_up",
                "up",
                "1 where the watch last found a component well.",
                ("component",),
            ),
            Gauge(
                "saldo_component_seen_timestamp_seconds",
                "seen_at",
                "When the watch last looked at it.",
                ("component",),
            ),
        ),
    ),
    Group(
        "tables",
        (
            Gauge("saldo_table_size_bytes", "total_bytes", "Table with its indexes.", _TABLE),
            Gauge("saldo_table_rows", "live_rows", "Rows, as Postgres estimates them.", _TABLE),
        ),
    ),
    Group(
        "warehouse",
        (
            Gauge("saldo_warehouse_size_bytes", "bytes", "The whole database.", ()),
            Gauge("saldo_warehouse_migration", "migration", "Number of its newest migration.", ()),
        ),
    ),
)  # fmt: skip
