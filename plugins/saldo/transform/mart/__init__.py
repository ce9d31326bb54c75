"""How a file of include/sql/mart becomes rows: what it declares, what is to be written again, how it is written."""
