"""Base of the operators that start many runs with one call: one task, one batch, paid for once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_extend.api.errors import ExtendInputError
from airflow_provider_extend.api.limits import OWN_METADATA_BYTES, check_batch, check_metadata, check_priority
from airflow_provider_extend.api.lookups import TOKEN_KEY
from airflow_provider_extend.operators._document import Document, document_of, without_none
from airflow_provider_extend.operators._processor import ProcessorReference
from airflow_provider_extend.operators._run import ExtendRunOperator
from airflow_provider_extend.operators._start import Config
from airflow_provider_extend.operators._submit import Prepared
from airflow_provider_extend.results import INPUT_KEY
from airflow_provider_extend.waiting import FAIL, MindsMembers

if TYPE_CHECKING:
    from airflow_provider_extend.client import ExtendClient


@dataclass(frozen=True, slots=True)
class Input:
    """One document of a batch, with metadata of its own."""

    document: Document
    metadata: Mapping[str, Any] = field(default_factory=dict)


class ExtendBatchOperator(MindsMembers, ExtendRunOperator):
    """Base: up to 1000 documents in one call, each of which becomes a run of its own.

    The batch is started once, as every run (docs/guarantees.md); each of its runs carries the task's token, and the
    place of its input as `airflow_input`. No call cancels a batch.

    Pushes beside what `ExtendRunOperator` does: `members`, {status: number of runs}, and `member_run_ids`, {status:
    ids in the order of the inputs where the API's list shows it}. `output_path` gets the row of each run, too. What a
    run has read is read by its id, for instance with `ExtendRunSensor`.

    :param inputs: 1 to 1000 documents (templated): ids of uploaded files, addresses, or mappings with one of `file_id`,
        `file_url` and `text`, and perhaps `file_name` and `metadata`; also files as `ExtendUploadFilesOperator` returns
        them. Airflow does not show them.
    :param metadata: for each of the runs (templated); the input's own wins.
    :param priority: 1 to 100, lower runs first; Extend puts batches behind single runs.
    :param on_partial: what a batch is of whose runs some did not succeed: `fail`, with their number, or `succeed`.

    `max_runs` and `spent` count the runs of the batch.
    """

    batch_fields: ClassVar[tuple[str, ...]] = ("inputs", "metadata", *ExtendRunOperator.template_fields)
    confidential_fields = ("inputs",)
    #: No batch has an address in the dashboard.
    operator_extra_links = ()
    takes_text: bool = True
    takes_priority: bool = True

    def __init__(
        self,
        *,
        inputs: Sequence[str | Mapping[str, Any]],
        metadata: Mapping[str, Any] | None = None,
        priority: int | None = None,
        on_partial: str = FAIL,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.inputs = inputs
        self.metadata = metadata
        self.priority = priority
        self.on_partial = on_partial

    # ------------------------------------------------------------------------------ what a subclass says

    def named(self, version: str) -> dict[str, Any]:
        """What of the request names the work to be done on each input."""
        raise NotImplementedError

    def body_of(self, document: Document, version: str) -> dict[str, Any]:
        """One input of the request, without its metadata."""
        return {"file": document.body(version)}

    # ------------------------------------------------------------------------------------------- the batch

    def documents(self) -> list[Input]:
        """
        :raises ExtendInputError: `inputs` is no list, or an entry is nothing that can be one.
        """
        given = self.revealed("inputs")
        if isinstance(given, str | Mapping) or not isinstance(given, Iterable):
            raise ExtendInputError(
                f"inputs is a {type(given).__name__}: expected a list of documents. Nothing was sent."
            )
        # Iterated: XCom may hand in a lazy sequence.
        return [_input_of(entry, f"inputs[{number}]") for number, entry in enumerate(given)]

    def adapt(self, version: str) -> None:
        # Known again after a deferral, when only what the author wrote is there.
        given = self.revealed("inputs")
        self._runs = len(given) if isinstance(given, Sized) else len(self.documents())

    def check(self) -> None:
        documents = self.documents()
        check_batch(documents)
        check_metadata(self.metadata, limit=OWN_METADATA_BYTES)
        for number, entry in enumerate(documents):
            if entry.document.text is not None and not self.takes_text:
                raise ExtendInputError(
                    f"inputs[{number}] is a text: a {self.kind.replace('_', ' ')} takes files alone. Nothing was sent."
                )
            try:
                entry.document.check()
                check_metadata({**(self.metadata or {}), **entry.metadata}, limit=OWN_METADATA_BYTES)
            except ExtendInputError as error:
                raise ExtendInputError(f"Of inputs[{number}]: {error.message}") from None
        if self.priority is not None and not self.takes_priority:
            raise ExtendInputError(
                f"priority is given: a {self.kind.replace('_', ' ')} takes none in API version "
                f"{self._account.api_version}. Nothing was sent."
            )
        check_priority(self.priority)
        self.check_partial()
        if self.push_output:
            raise ExtendInputError(
                "push_output is set: what the runs of a batch have read is read one by one, by their ids (XCom "
                "member_run_ids). Nothing was sent."
            )

    def own_metadata(self) -> Mapping[str, Any] | None:
        return self.metadata

    @property
    def overwrites_token(self) -> bool:
        return super().overwrites_token or any(TOKEN_KEY in entry.metadata for entry in self.documents())

    def parts(self) -> dict[str, Any]:
        return {"inputs": [entry.document.parts for entry in self.documents()]}

    def prepare(self, client: ExtendClient) -> Prepared:
        return Prepared(runs=self._runs)

    def create(self, client: ExtendClient, metadata: Mapping[str, Any] | None, prepared: Any) -> Any:
        inputs = [
            {
                **self.body_of(entry.document, client.api_version),
                "metadata": {INPUT_KEY: number, **(metadata or {}), **entry.metadata},
            }
            for number, entry in enumerate(self.documents())
        ]
        body = self.named(client.api_version) | without_none({"priority": self.priority}) | {"inputs": inputs}
        return client.call(self.creates, body=body)


class ExtendProcessorBatchOperator(ExtendBatchOperator):
    """Base: one processor, one version, for all documents (2026-02-09).

    :param version: of the processor: `draft`, `latest` or a number such as `1.0` (templated); None: the newest
        published.
    :param override_config: parts of its config to replace for these runs (templated).
    """

    #: As Extend calls the processor; `<noun>_id` is the parameter that names one.
    noun: ClassVar[str]
    processor_fields: ClassVar[tuple[str, ...]] = (
        "version",
        "override_config",
        *ExtendBatchOperator.batch_fields,
    )

    def __init__(
        self, *, version: str | None = None, override_config: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.version = version
        self.override_config = override_config

    @property
    def processor(self) -> ProcessorReference:
        return ProcessorReference(
            self.noun, getattr(self, f"{self.noun}_id"), self.version, self.override_config
        )

    def check(self) -> None:
        super().check()
        if self.processor.id is None:
            raise ExtendInputError(f"{self.noun}_id is None: a batch needs one. Nothing was sent.")
        self.processor.check()

    def configs(self, version: str) -> list[Config]:
        return self.processor.configs(version)

    def parts(self) -> dict[str, Any]:
        return super().parts() | self.processor.parts

    def named(self, version: str) -> dict[str, Any]:
        return self.processor.body

    def narrowed(self, client: ExtendClient) -> dict[str, Any]:
        return self.processor.narrowed


def _input_of(entry: Any, what: str) -> Input:
    if not isinstance(entry, Mapping) or "metadata" not in entry:
        return Input(document_of(entry, what))
    metadata = entry["metadata"]
    if not isinstance(metadata, Mapping):
        raise ExtendInputError(f"metadata of {what} is no object. Nothing was sent.")
    return Input(
        document_of({key: value for key, value in entry.items() if key != "metadata"}, what), metadata
    )
