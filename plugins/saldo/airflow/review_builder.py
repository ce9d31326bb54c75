"""The DAG `saldo_export_review`: asks people what becomes of exports to accounting systems that wait for their word.

Everything here runs whenever Airflow parses a DAG file: no network, no database, no heavy import.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, AssetOrTimeSchedule, CronTriggerTimetable, get_parsing_context

from saldo.exports.configuration import REVIEW_DAG
from saldo.exports.loading import load_accounting_exports
from saldo.operators.accounting_report import REVIEW
from saldo.operators.accounting_review import DUE_NOW, QuestionsOperator, ReviewOperator, form

from .accounting_builder import task_defaults

_DOCUMENTATION = """### Exports that wait for a person's word

Asks about each, here and under **Required actions**: what is wrong, what would be sent, and what the accounting system said last.

| Answer | What happens |
|---|---|
| **Retry** | It is looked up at the target, and sent where it is not there. Correct what is wrong first |
| **Cancel** | It is not sent |
| **Booked by hand** | It counts as posted under the *reference* that is given |
| **Later** | Nothing. It is asked again within the hour, as everything that nobody answers |

Whoever answers is written down (`ops.audit`). What somebody has decided by REST meanwhile is not asked again, and an answer that comes too late
changes nothing. Who may answer here decides for all organisations.
"""


def build_review_dags() -> Iterator[DAG]:
    """The one DAG, where there is an accounting export that it could ask about."""
    dag_id = get_parsing_context().dag_id
    if dag_id in (None, REVIEW_DAG) and load_accounting_exports().good:
        yield build_review_dag()


def build_review_dag() -> DAG:
    """questions -> review, for each. One run at a time: nobody is asked the same thing twice at once."""
    with DAG(
        dag_id=REVIEW_DAG,
        dag_display_name="Accounting exports: decide",
        description="Asks people about exports to accounting systems that wait for their word",
        doc_md=_DOCUMENTATION,
        schedule=AssetOrTimeSchedule(
            timetable=CronTriggerTimetable("5 * * * *", timezone="UTC"), assets=[REVIEW]
        ),
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        catchup=False,
        is_paused_upon_creation=False,
        max_active_runs=1,
        dagrun_timeout=timedelta(hours=3),
        tags=["saldo", "export", "accounting"],
        default_args={**task_defaults(), "execution_timeout": None},
    ) as dag:
        questions = QuestionsOperator(task_id="questions", execution_timeout=timedelta(minutes=10))
        ReviewOperator.partial(
            task_id="review",
            params=form(),
            outlets=[DUE_NOW],
            map_index_template="{{ task.about }}",
            # For one that was killed: an answer that cannot be followed is no matter of trying again.
            retries=1,
        ).expand_kwargs(questions.output)
    return dag
