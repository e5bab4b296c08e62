"""The evaluation gate: rules and metrics in, a verdict and a report out. No Airflow, no I/O."""
