"""What a task of Saldo imports, imported once in the process that tasks are forked from.

A night is many short tasks: importing these modules anew in each costs more than what most of them do,
and Great Expectations alone costs seconds. LocalExecutor forks its workers from a server that imports
what `[core] mp_forkserver_preload` names; a Celery worker imports what `include` in
`[celery] extra_celery_config` names before it forks its pool. Without either, nights are slower and
nothing else. Nothing here may start a thread or open a connection: both do not survive a fork.
"""

from __future__ import annotations

import gc
import sys
from importlib import import_module

from saldo.exports.accounting.targets import TARGETS
from saldo.vendors import SOURCES

#: Modules that tasks would import when they run, and what these import in turn.
MODULES = (
    "airflow.dag_processing.bundles.local",
    "airflow.dag_processing.dagbag",
    "airflow.providers.openlineage.plugins.openlineage",  # where that is switched off, next to nothing
    "airflow.sdk.execution_time.cache",
    "airflow.sdk.execution_time.task_runner",
    "airflow.sdk.execution_time.timeout",
    "airflow.sdk.observability.stats",
    "jinja2.ext",
    "saldo.airflow.dag_builder",
    "saldo.airflow.rates_builder",
    "saldo.airflow.watch_builder",
    "saldo.hooks.mail",
    "saldo.hooks.rates",
    "saldo.hooks.vendors",
    "saldo.hooks.warehouse",
    "saldo.alerts",
    "saldo.transform.facts",
    "saldo.alerts.health",
    "saldo.landing.together",
    "saldo.hooks.lake",
    "saldo.lake.upkeep",
    "saldo.airflow.exports_builder",
    "saldo.airflow.accounting_builder",
    "saldo.airflow.review_builder",
    "saldo.exports.accounting.deciding",
    "saldo.exports.accounting.inbox",
    "saldo.exports.accounting.notices",
    "saldo.exports.accounting.questions",
    "saldo.exports.accounting.rehearsal",
    "saldo.exports.accounting.sending",
    "saldo.hooks.accounting",
    "saldo.exports.notices",
    "saldo.exports.subjects",
    "saldo.exports.unfinished",
    "saldo.hooks.exports",
    "saldo.files.facts",
    "saldo.files.loading",
    "saldo.files.subjects",
    "saldo.files.mails.unmapped",
    "saldo.files.withdrawing",
    "saldo.files.mails.feedback",
    "saldo.files.intake",
    "saldo.hooks.files",
    "saldo.openlineage.flows",
    "saldo.powerbi.nights",
    "saldo.powerbi.subjects",
    "saldo.warehouse.migrations",
    "saldo.proof",
    "saldo.rates",
    "saldo.rates.subjects",
    "saldo.validation.expectations",
    "saldo.validation.pages",
    "saldo.alerts.watch",
)

#: What a vendor's object names with its dots.
_OF_VENDORS = [
    dotted.rpartition(".")[0]
    for vendor in SOURCES.values()
    for dotted in (vendor.client, vendor.controls)
    if dotted
]

_OF_TARGETS = [kind.sends.rpartition(".")[0] for kind in TARGETS.values()]

for _module in (*MODULES, *_OF_VENDORS, *_OF_TARGETS):
    import_module(_module)

# With OpenTelemetry's metrics the first import that is measured has started a thread that sends them. Forks have their
# own; here it ends, without waiting for a collector that is away. Its package alone, which others import, starts none.
if sdk := sys.modules.get("opentelemetry.sdk.metrics"):
    from opentelemetry.metrics import get_meter_provider

    if isinstance(provider := get_meter_provider(), sdk.MeterProvider):
        provider.shutdown(timeout_millis=500)

# What was imported stays: a garbage collector that walks it in every fork would copy its memory page by page.
gc.collect()
gc.freeze()
