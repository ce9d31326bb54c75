"""The local stack behind `make up`: Postgres, sandbox, mail sink and Airflow, without containers."""
