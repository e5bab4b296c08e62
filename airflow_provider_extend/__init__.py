"""Apache Airflow provider for Extend, the document-processing API."""

__version__ = "0.1.0"
