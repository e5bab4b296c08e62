"""Documents by the thousand: found in object storage, read in batches, written as rows; no Airflow task in it."""
