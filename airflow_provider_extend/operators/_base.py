"""What the operators share: the connection and errors in Airflow's classes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import BaseOperator

from airflow_provider_extend.api.errors import ExtendError
from airflow_provider_extend.exceptions import as_airflow
from airflow_provider_extend.hooks.extend import ExtendHook

if TYPE_CHECKING:
    from airflow_provider_extend._compat import Context
    from airflow_provider_extend.client import ExtendClient


class ExtendOperator(BaseOperator):
    """Base of this package's operators.

    :param extend_conn_id: connection (templated).
    """

    ui_color = "#eef5ff"
    #: Template fields that hold document content: Airflow stores rendered fields and shows them in its UI.
    confidential_fields: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *, extend_conn_id: str = ExtendHook.default_conn_name, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.extend_conn_id = extend_conn_id

    def render_template_fields(self, context: Context, jinja_env: Any = None) -> None:
        super().render_template_fields(context, jinja_env)
        self._hidden = {name: getattr(self, name) for name in self.confidential_fields}
        for name, value in self._hidden.items():
            if value is not None:
                setattr(self, name, f"<{len(value)} entries, not shown>")

    def shown_to_extend(self, name: str) -> Any:
        """The rendered value of a confidential field."""
        return getattr(self, "_hidden", {}).get(name, getattr(self, name))

    def client(self) -> ExtendClient:
        return ExtendHook(self.extend_conn_id).get_conn()


@contextmanager
def airflow_errors() -> Iterator[None]:
    """Raise the plain errors of pure functions as Airflow's, as the client of a hook does by itself."""
    try:
        yield
    except ExtendError as error:
        raise as_airflow(error) from None
