"""The DAG `saldo_exchange_rates`: one task per bank, each evening."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, CronTriggerTimetable, Param

from saldo.banks.choice import VARIABLE, chosen_banks
from saldo.operators.rates import TASK, ExchangeRatesOperator, RatesReportOperator
from saldo.operators.retry import SaldoRetryPolicy

#: Banks publish around 16:00 in Central Europe, which is 15:00 UTC in winter.
_CRON = "15 17 * * *"
_DOCUMENTATION = f"""### Exchange rates

Each evening the rates of the banks that `{VARIABLE}` names go into `core.published_rate`, and what they come to per month
into `mart.fact_exchange_rate`. A bank that fails keeps no other waiting. Corrections of the last 14 days are seen every
evening, others within a week; a run with the mode `full` reads everything now, and works out every month anew. **report** fails the run
when a bank failed, also when its last try was killed.
"""


def build_rates_dag() -> DAG | None:
    """None where no bank is asked. Raises ConfigError for a setting that cannot be read, which Airflow shows as an
    import error."""
    banks = chosen_banks()
    if not banks:
        return None
    with DAG(
        dag_id="saldo_exchange_rates",
        description="Exchange rates of central banks, and their averages and closing rates per month",
        doc_md=_DOCUMENTATION,
        # No start_date: a new deployment waits for its first evening, or is started by hand.
        schedule=CronTriggerTimetable(_CRON, timezone="UTC"),
        catchup=False,
        is_paused_upon_creation=False,
        max_active_runs=1,
        dagrun_timeout=timedelta(hours=12),
        tags=["saldo"],
        params={
            "mode": Param(
                "auto",
                enum=["auto", "full"],
                description="full: read everything again, and work out every month anew",
            )
        },
        default_args={
            "owner": "saldo",
            "pool": "saldo_rates",
            "retries": 3,
            "retry_delay": timedelta(minutes=15),
            "retry_policy": SaldoRetryPolicy(),
            "execution_timeout": timedelta(hours=1),
        },
    ) as dag:
        rates = ExchangeRatesOperator.partial(
            task_id=TASK, map_index_template="{{ task.bank }}"
        ).expand(bank=list(banks))
        # Also when a bank's last try was killed, which can tell nobody.
        rates >> RatesReportOperator(
            task_id="report", banks=list(banks), trigger_rule="all_done", retries=0
        )
    return dag
