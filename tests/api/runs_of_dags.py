"""DAGs in the database of the tests' own Airflow, so that runs of them can be started; nothing works on these runs."""

from __future__ import annotations

from typing import Any

from saldo.agreements.agreement import Agreement
from saldo.exports.accounting.configuration import AccountingExport


def write_dag(configuration: AccountingExport, *, is_paused: bool = False) -> None:
    """The DAG of an organisation."""
    from saldo.airflow.accounting_builder import build_accounting_dag

    store_dag(build_accounting_dag(configuration), is_paused=is_paused)


def write_agreement_dag(agreement: Agreement, *, is_paused: bool = False) -> None:
    """The DAG of an agreement."""
    from saldo.airflow.dag_builder import build_agreement_dag

    store_dag(build_agreement_dag(agreement), is_paused=is_paused)


def store_dag(dag: Any, *, is_paused: bool = False) -> None:
    """A DAG, as its processor writes it."""
    from airflow.models.dag import DagModel
    from airflow.models.dagbundle import DagBundleModel
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.serialization.serialized_objects import DagSerialization, LazyDeserializedDAG
    from airflow.utils.db import synchronize_log_template
    from airflow.utils.session import create_session

    lazy = LazyDeserializedDAG(data=DagSerialization.to_dict(dag))
    with create_session() as session:
        synchronize_log_template(session=session)
        if session.get(DagBundleModel, "tests") is None:
            session.add(DagBundleModel(name="tests"))
            session.flush()
        session.merge(
            DagModel(
                dag_id=dag.dag_id,
                bundle_name="tests",
                fileloc="x.py",
                is_paused=is_paused,
                is_stale=False,
            )
        )
        session.flush()
        SerializedDagModel.write_dag(lazy, bundle_name="tests", session=session)


def runs_of(dag_id: str) -> list[tuple[str, dict[str, Any]]]:
    """State and conf of its runs, the oldest first."""
    from saldo.api import runs

    return [(run.state, dict(run.conf)) for run in reversed(runs.newest(dag_id))]


def begin(dag_id: str, *, state: str = "success") -> None:
    """All that wait have begun, and are over, or in another state."""
    from airflow.models import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import update

    with create_session() as session:
        session.execute(update(DagRun).where(DagRun.dag_id == dag_id).values(state=state))


def forget(*dag_ids: str) -> None:
    """The DAGs and their runs."""
    from airflow.models import DagRun
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session
    from sqlalchemy import delete

    with create_session() as session:
        session.execute(delete(DagRun).where(DagRun.dag_id.in_(dag_ids)))
        session.execute(delete(DagModel).where(DagModel.dag_id.in_(dag_ids)))
