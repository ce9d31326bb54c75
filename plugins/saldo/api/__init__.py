"""Saldo's routes in Airflow's API server, below /saldo."""
