"""The DAG of every good agreement file, for Airflow to find."""

from saldo.airflow.dag_builder import agreements, awaited, build_agreement_dag

waited_for = awaited()
for agreement in agreements().good:
    globals()[agreement.dag_id] = build_agreement_dag(
        agreement, is_awaited=agreement.id in waited_for
    )
