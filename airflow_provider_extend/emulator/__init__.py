"""A local Extend: its HTTP API in three dated versions, on documents that are really read.

Start it with ``python -m airflow_provider_extend.emulator`` or, in tests, through the fixture of
``airflow_provider_extend.emulator.pytest_plugin``. It is written from the facts of the API alone and shares
no code with the client side of this package, so that a misreading in one shows up against the other.
What the facts leave open is marked "Assumption" where it is decided.
"""
