"""The DAG of every good agreement file, for Airflow to find."""

from saldo.airflow.dag_builder import agreements, build_agreement_dag

for agreement in agreements().good:
    globals()[agreement.dag_id] = build_agreement_dag(agreement)
