"""`python -m demo`: an evaluation gate at work, on a local Airflow and a local Extend."""
