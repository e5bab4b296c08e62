import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parent.parent / "data" / "examples"


@pytest.fixture(scope="session")
def example() -> Callable[[str], Any]:
    """Body of an answer as the API's documentation and SDKs show it."""
    return lambda name: json.loads((EXAMPLES / f"{name}.json").read_text())["body"]


@pytest.fixture
def run_of(example: Callable[[str], Any]) -> Callable[[str], dict[str, Any]]:
    """The run inside such an answer."""

    def load(name: str) -> dict[str, Any]:
        body = example(name)
        return body.get("batchProcessorRun", body)

    return load
