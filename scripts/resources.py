"""Write the types of the client's resources anew from the endpoint table: `.venv/bin/python scripts/resources.py`.

With `--check` nothing is written: it fails where `airflow_provider_extend/resources.pyi` is not what the table says.
"""

import inspect
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from airflow_provider_extend.api.endpoints import ENDPOINTS, Endpoint  # noqa: E402
from airflow_provider_extend.api.signatures import RESOURCES, Shape, describe, shapes  # noqa: E402
from airflow_provider_extend.verbs import class_name  # noqa: E402

STUB = ROOT / "airflow_provider_extend" / "resources.pyi"
WIDTH = 110
HEAD = '''\
"""Types of `client.<resource>.<verb>(...)`. Made by scripts/resources.py from airflow_provider_extend/api/table.py."""

import builtins
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Literal, overload

class Resources:
    """A client's resources."""

'''


def stub() -> str:
    """The whole file."""
    attributes = "".join(f"    {resource}: {class_name(resource)}\n" for resource in RESOURCES)
    return HEAD + attributes + "".join("\n" + _class(resource) for resource in RESOURCES)


def _class(resource: str) -> str:
    endpoints = [endpoint for endpoint in ENDPOINTS.values() if endpoint.resource == resource]
    verbs = [text for endpoint in endpoints for text in _verb(endpoint)]
    return f'class {class_name(resource)}:\n    """`client.{resource}`."""\n\n' + "\n".join(verbs)


def _verb(endpoint: Endpoint) -> Iterator[str]:
    ways = shapes(endpoint)
    for shape in ways:
        help_ = textwrap.indent(f'"""{describe(endpoint, shape.versions)}\n"""', "    ")
        text = f"{_signature(shape)}\n{help_}\n"
        decorated = f"@overload\n{text}" if len(ways) > 1 else text
        yield textwrap.indent(decorated, "    ")


def _signature(shape: Shape) -> str:
    """`def` line, as ruff would format it."""
    me = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    arguments = _arguments(shape.signature(me))
    returns = f") -> {_type(shape.returns)}:"
    line = f"def {shape.endpoint.verb}({', '.join(arguments)}{returns}"
    if len(line) + 4 <= WIDTH:
        return line
    return "\n".join(
        [f"def {shape.endpoint.verb}(", *(f"    {argument}," for argument in arguments), returns]
    )


def _arguments(signature: inspect.Signature) -> list[str]:
    parameters = [*signature.parameters.values()]
    positional = [p for p in parameters if p.kind is p.POSITIONAL_ONLY]
    keywords = [p for p in parameters if p.kind is p.KEYWORD_ONLY]
    ids = [p.name if p.annotation is p.empty else f"{p.name}: {_type(p.annotation)}" for p in positional]
    named = [f"{p.name}: {_type(p.annotation)}{' = None' if p.default is None else ''}" for p in keywords]
    return [*ids, *(["/"] if len(ids) > 1 else []), *(["*", *named] if named else [])]


def _type(words: str) -> str:
    """A verb called `list` hides the type in its class; and double quotes are the custom."""
    return re.sub(r"\blist\[", "builtins.list[", words).replace("'", '"')


def main(arguments: list[str]) -> int:
    """Write the file, or compare it; return the exit code."""
    text, shown = stub(), STUB.relative_to(ROOT)
    if "--check" not in arguments:
        STUB.write_text(text)
        print(f"{shown}: {len(text.splitlines())} lines")
        return 0
    if not STUB.exists() or STUB.read_text() != text:
        print(f"{shown} is not what api/table.py says: run scripts/resources.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
