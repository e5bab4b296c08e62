"""Processors, which 2026-02-09 calls extractors, classifiers and splitters: create, change, list them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_extend.api.configs import check_config
from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.api.versions import V2024, V2025, V2026
from airflow_provider_extend.operators._call import (
    BY_CREATION,
    ExtendCallOperator,
    ExtendCreateOperator,
    ExtendListOperator,
    Request,
    check_json,
    checked_ids,
    checked_text,
)
from airflow_provider_extend.processors import NAME_ITS_TYPE, check_processor_type, family_in

if TYPE_CHECKING:
    from airflow_provider_extend._compat import Context
    from airflow_provider_extend.client import ExtendClient

#: Type of processor -> what its config is of, in the words of `check_config`.
_CONFIGURED = {"EXTRACT": "extract", "CLASSIFY": "classify", "SPLITTER": "split"}


class ExtendCreateProcessorOperator(ExtendCreateOperator):
    """Create an extractor, classifier or splitter; on the older versions a processor of that type. Returns its id.

    Asked for once (see `ExtendCreateOperator`). 2024-12-23 cannot list processors: there a try whose outcome cannot
    be told fails with what to do. Costs nothing.

    :param name: (templated).
    :param processor_type: `EXTRACT`, `CLASSIFY` or `SPLITTER` (templated).
    :param config: of its draft, in the form of the connection's API version (templated). Its key `type` is put in on
        2025-04-21 and left out on 2026-02-09. On 2024-12-23 the config is set by a second call.
    :param clone_processor_id: the processor whose draft is copied (templated).
    :param on_unknown_submission: `fail` or `resubmit`, where it cannot be told whether it was made.
    :param extend_conn_id: connection (templated).
    """

    calls = (
        "processors.create@-2025 processors.update@2024 processors.list@2025 extractors.create "
        "classifiers.create splitters.create extractors.list classifiers.list splitters.list"
    )
    template_fields: Sequence[str] = (
        "name",
        "processor_type",
        "config",
        "clone_processor_id",
        "extend_conn_id",
    )
    what = "processor"
    named = ("name", "processor_type", "config", "clone_processor_id")

    def __init__(
        self,
        *,
        name: str,
        processor_type: str,
        config: Mapping[str, Any] | None = None,
        clone_processor_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.name = name
        self.processor_type = processor_type
        self.config = config
        self.clone_processor_id = clone_processor_id

    def ask(self, version: str) -> Request:
        _check_known(self.processor_type)
        family = family_in(version, self.processor_type)
        body: dict[str, Any] = {"name": checked_text(self.name, "name")}
        if family is None:
            body["type"] = self.processor_type
        if self.clone_processor_id is not None:
            [cloned] = checked_ids(clone_processor_id=self.clone_processor_id)
            body[f"clone{(family or 'processor').title()}Id"] = cloned
        if self.config is not None:
            config = _checked_config(version, self.config, self.processor_type, self.log)
            if version != V2024:  # there it follows the create
                body["config"] = config
        return Request(f"{family or 'processor'}s.create", body=body)

    def listed(self, version: str) -> Request | None:
        if version == V2024:
            return None
        family = family_in(version, self.processor_type)
        return Request(
            f"{family or 'processor'}s.list", query={} if family else {"type": self.processor_type}
        )

    def execute(self, context: Context) -> str:
        client = self.client()
        made = self.create_once(context, client).id
        if client.api_version == V2024 and self.config is not None:
            self._set_config(client, made)
        self.log.info("The processor is %s.", made)
        return made

    def _set_config(self, client: ExtendClient, made: str) -> None:
        config = config_in(client.api_version, self.config, self.processor_type)
        client.call("processors.update", made, body={"config": config})


class ExtendUpdateProcessorOperator(ExtendCallOperator):
    """Change a processor's name or the config of its draft. Returns its id; a retry sets the same again.

    On 2026-02-09 the deprecated path of the older versions is used unless `processor_type` is given: ids do not tell
    the type.

    :param processor_id: (templated).
    :param name: new name (templated); None: as it is.
    :param config: new config of the draft, whole (templated); None: as it is. Its key `type`: see
        `ExtendCreateProcessorOperator`.
    :param processor_type: `EXTRACT`, `CLASSIFY` or `SPLITTER` (templated).
    :param extend_conn_id: connection (templated).
    """

    calls = "processors.update extractors.update classifiers.update splitters.update"
    template_fields: Sequence[str] = ("processor_id", "name", "config", "processor_type", "extend_conn_id")
    instead = NAME_ITS_TYPE

    def __init__(
        self,
        *,
        processor_id: str,
        name: str | None = None,
        config: Mapping[str, Any] | None = None,
        processor_type: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.processor_id = processor_id
        self.name = name
        self.config = config
        self.processor_type = processor_type

    def ask(self, version: str) -> Request:
        check_processor_type(self.processor_type)
        body: dict[str, Any] = {}
        if self.name is not None:
            body["name"] = checked_text(self.name, "name")
        if self.config is not None:
            body["config"] = _checked_config(version, self.config, self.processor_type, self.log)
        if not body:
            raise ExtendInputError(
                "Neither name nor config is given: expected at least one. Nothing was sent."
            )
        family = family_in(version, self.processor_type) or "processor"
        return Request(f"{family}s.update", checked_ids(processor_id=self.processor_id), body=body)


class ExtendListProcessorsOperator(ExtendListOperator):
    """List processors, newest first; not on 2024-12-23.

    :param processor_type: `EXTRACT`, `CLASSIFY` or `SPLITTER` (templated). None: all of them, for which 2026-02-09
        has only the deprecated path of 2025-04-21.

    `limit`, `fields`, and what is returned: see `ExtendListOperator`.
    """

    calls = "processors.list extractors.list classifiers.list splitters.list"
    template_fields: Sequence[str] = ("processor_type", "extend_conn_id")
    default_fields = ("id", "name", "type", "createdAt", "updatedAt")
    instead = NAME_ITS_TYPE

    def __init__(self, *, processor_type: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.processor_type = processor_type

    def ask(self, version: str) -> Request:
        check_processor_type(self.processor_type)
        family = family_in(version, self.processor_type)
        by_type = {} if family else {"type": self.processor_type}
        return Request(f"{family or 'processor'}s.list", query={**by_type, **self.page(), **BY_CREATION})


def config_in(version: str, config: Any, processor_type: str | None) -> dict[str, Any]:
    """`config` with the key `type` as `version` has it (objects.md 4): named on 2025-04-21, left out on 2026-02-09.

    Where the type is not known, and on 2024-12-23, it is sent as it was given.

    :raises ExtendInputError: it is no object, or of another type than the processor.
    """
    if not isinstance(config, Mapping):
        raise ExtendInputError(
            f"config is a {type(config).__name__}: expected an object of the API. Nothing was sent."
        )
    if processor_type is None or version == V2024:
        return dict(config)
    if config.get("type", processor_type) != processor_type:
        raise ExtendInputError(
            f"The type in config is {config['type']!r}, and processor_type is {processor_type!r}. Nothing was sent."
        )
    rest = {key: value for key, value in config.items() if key != "type"}
    return rest if version == V2026 else {"type": processor_type, **rest}


def _checked_config(version: str, config: Any, processor_type: str | None, log: Any) -> dict[str, Any]:
    """`config` as `version` has it, checked as far as its type is known; warnings are logged.

    :raises ExtendInputError: `version` does not take it.
    """
    fitted = config_in(version, config, processor_type)
    check_json("processors.update", fitted)
    kind = _CONFIGURED.get(str(processor_type or fitted.get("type")))
    # The old paths of 2026-02-09 take the configs of 2025-04-21.
    form = version if family_in(version, processor_type) else min(version, V2025)
    if kind is not None:
        for warning in check_config(kind, form, fitted, partial=True):
            log.warning("%s", warning)
    return fitted


def _check_known(processor_type: str | None) -> None:
    check_processor_type(processor_type)
    if processor_type is None:
        raise ExtendInputError(
            "processor_type is None: expected EXTRACT, CLASSIFY or SPLITTER. Nothing was sent."
        )
