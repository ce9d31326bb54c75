"""The DAG that reads central banks' exchange rates, for Airflow to find."""

from saldo.airflow.rates_builder import build_rates_dag

dag = build_rates_dag()
