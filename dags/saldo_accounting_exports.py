"""The DAGs of accounting exports, for Airflow to find."""

from saldo.airflow.accounting_builder import build_accounting_dags

for dag in build_accounting_dags():
    globals()[dag.dag_id] = dag
