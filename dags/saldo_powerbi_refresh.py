"""The DAG that refreshes models of Power BI after the nights, for Airflow to find."""

from saldo.airflow.powerbi_builder import build_powerbi_dag

dag = build_powerbi_dag()
