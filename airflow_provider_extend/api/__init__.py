"""What Extend's HTTP API is, as tables and pure functions: no I/O, no Airflow, no HTTP library."""
