"""How Saldo is: the parts of Airflow, the warehouse, the vendors, what waits, how large things are, and what was wrong when."""
