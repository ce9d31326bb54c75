"""How a file of include/sql/mart becomes rows: what it declares, which rows are written again, and
how."""
