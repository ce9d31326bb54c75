"""Builds no DAG: shows every broken export configuration as one import error in Airflow's UI."""

from saldo.airflow.exports_builder import raise_for_broken

raise_for_broken()
