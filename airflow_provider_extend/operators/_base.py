"""What the operators share: the connection, and fields that Airflow is not to store."""

from __future__ import annotations

from collections.abc import Sized
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import BaseOperator

from airflow_provider_extend.api import uses
from airflow_provider_extend.api.endpoints import find
from airflow_provider_extend.hooks.extend import ExtendHook

if TYPE_CHECKING:
    from airflow_provider_extend.client import ExtendClient


class Confidential:
    """Holds a value and shows nothing of it: Airflow stores the text of what it cannot take for JSON."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        countable = isinstance(self.value, Sized) and not isinstance(self.value, str)
        size = f"{len(self.value)} entries" if countable else type(self.value).__name__
        return f"<{size}, not shown>"


class ExtendOperator(BaseOperator):
    """Base of this package's operators.

    :param extend_conn_id: connection (templated).
    """

    ui_color = "#eef5ff"
    #: Template fields that hold document content: Airflow stores rendered fields and shows them in its UI.
    confidential_fields: ClassVar[tuple[str, ...]] = ()
    #: Endpoints that it may call, as `api.uses.named` reads them.
    calls: ClassVar[str] = ""

    def __init__(self, *, extend_conn_id: str = ExtendHook.default_conn_name, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.extend_conn_id = extend_conn_id

    @classmethod
    def endpoints(cls, version: str) -> frozenset[str]:
        """Endpoints that it may call in API `version`, whatever it is given and whatever goes wrong."""
        return uses.named(cls.calls, version)

    def __setattr__(self, key: str, value: Any) -> None:
        # A confidential field is set once by __init__, as the author wrote it, and again when it is rendered;
        # a mapped task renders past `render_template_fields`, so that is no place to catch it.
        if key in self.confidential_fields and hasattr(self, key) and value is not None:
            value = Confidential(value)
        super().__setattr__(key, value)

    def revealed(self, name: str) -> Any:
        """The value of a confidential field."""
        value = getattr(self, name)
        return value.value if isinstance(value, Confidential) else value

    def client(self) -> ExtendClient:
        return ExtendHook(self.extend_conn_id).get_conn()


def warn_deprecated(log: Any, name: str, version: str, replacement: str) -> None:
    """One warning for an endpoint that Extend's API calls deprecated in `version`.

    :param replacement: what to use in its place.
    """
    if version in find(name).deprecated:
        log.warning(
            "Extend calls %s of API version %s deprecated and may take it away: use %s.",
            name,
            version,
            replacement,
        )
