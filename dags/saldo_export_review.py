"""The DAG that asks people about accounting exports, for Airflow to find."""

from saldo.airflow.review_builder import build_review_dags

for dag in build_review_dags():
    globals()[dag.dag_id] = dag
