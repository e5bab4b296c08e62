"""S3 over real HTTP: moto's server, a client that fills it, and an Airflow connection that leads to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

KEY, SECRET, REGION = "AKIATESTING", "not-a-secret-at-all", "us-east-1"


def skip_without_it() -> None:
    """In a test, or at the head of a module."""
    pytest.importorskip("moto.server", reason="moto[server] is not installed")
    pytest.importorskip("s3fs", reason="s3fs is not installed")
    pytest.importorskip("airflow.providers.amazon", reason="apache-airflow-providers-amazon is not installed")
    pytest.importorskip("boto3")


@contextmanager
def running() -> Iterator[str]:
    """The server's address."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def connection(address: str) -> str:
    """For `AIRFLOW_CONN_...`."""
    extra = {"endpoint_url": address, "region_name": REGION}
    return json.dumps({"conn_type": "aws", "login": KEY, "password": SECRET, "extra": extra})


def client(address: str) -> Any:
    """With `bucket` made."""
    import boto3

    keys = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET}
    made = boto3.client("s3", endpoint_url=address, region_name=REGION, **keys)
    made.create_bucket(Bucket="bucket")
    return made
