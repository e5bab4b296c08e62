"""What a run has read out of a document, whatever the version and kind of processor: path, value, confidence, place.

Paths are the API's own, as in the metadata of an extraction: `invoice_number`, `vendor.name`,
`line_items[0].amount`. Those of a classification are `type` and `id`, those of a split `splits[0].type` and so on (also
where 2024-12-23 calls them `subDocumentClassifications`). A selector of the gate speaks of all documents
together and has no index: `extract.fields.line_items.amount.accuracy`.

There is one `Value` for each leaf, and one for each list or object to which the API gives a confidence or a place
of its own (the row `line_items[0]`, a currency). Nothing is handed down from a row to its cells.

Sources: objects.md 4 and 5 (output types), 6 and 7 (helper shapes), SDK 1.20.0 `types/citation.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_extend.api.errors import ExtendAnswerError

#: The outputs of a run (objects.md 4): the final one is the reviewed one where a person has reviewed, else the initial.
FINAL = "output"
INITIAL = "initialOutput"
REVIEWED = "reviewedOutput"

#: By how much of the page a box may reach over its edge before its numbers are taken for another unit's.
_OVER_THE_EDGE = 0.01
#: Beyond this a number is no measurement.
_MOST = 1e15
_SHOWN = 10
#: Keys under which the result of a workflow's step has a run with an output (SDK 1.20.0 `types/*_result.py`).
_STEP_RUNS = ("extractRun", "classifyRun", "splitRun")
#: A run that has an output too, which holds no values: the text of a parse is in `objects.ParseRun.chunks`.
_PARSE_RUN = "parseRun"


@dataclass(frozen=True, slots=True)
class Box:
    """Where something stands on a page, as fractions 0..1 of its width and height, from the left and the top.

    :ivar page: 1 is the first; None where the API does not say.
    :ivar file_id: in which file of a run that read several; None where the API does not say.
    """

    left: float
    top: float
    right: float
    bottom: float
    page: int | None = None
    file_id: str | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """One value that was read.

    :ivar path: as the API writes it, for instance `line_items[0].amount`.
    :ivar value: JSON; None where the document has none.
    :ivar confidence: 0..1, the model's (`logprobsConfidence`, or `confidence` of the older form); None where the API
        gives none.
    :ivar page: of the first place that is cited, 1 is the first; of a spreadsheet the number of the worksheet;
        None where the API gives none.
    :ivar boxes: places on pages; empty where the API gives none, None where it gives some without the size of the
        page, of which no fractions can be made (always in the older form).
    :ivar ocr_confidence: 0..1, how sure it is what the characters are.
    :ivar review_score: 1..5, of the review agent.
    """

    path: str
    value: Any = field(repr=False)
    confidence: float | None = None
    page: int | None = None
    boxes: tuple[Box, ...] | None = ()
    ocr_confidence: float | None = None
    review_score: int | None = None


@dataclass(frozen=True, slots=True)
class StepOutput:
    """What one step of a workflow run has read.

    :ivar step: name of the step (2026-02-09); before, name of the processor.
    :ivar kind: `EXTRACT`, `CLASSIFY`, `SPLITTER` and so on, as the API calls the step or the processor.
    :ivar run_id: of the processor's run.
    """

    step: str | None
    kind: str | None
    run_id: str | None
    values: tuple[Value, ...]


def read_output(output: Any) -> tuple[Value, ...]:
    """Values of an output, or of an expected output of an evaluation item; none of them before there is one.

    :param output: `output` of a run of a processor, in any of its forms.
    :raises ExtendAnswerError: it has none of the documented forms; the error names keys and types only.
    """
    if output is None or output == {}:
        return ()
    for knows, read in _FORMS:
        if knows(output):
            return tuple(read(output))
    raise _unknown("The output", output)


def read_run_output(run: Mapping[str, Any], which: str = FINAL) -> tuple[Value, ...]:
    """Values of a run of a processor: ProcessorRun, ExtractRun, ClassifyRun or SplitRun.

    :param run: the object, out of its envelope.
    :param which: `FINAL`, or what it was before (`INITIAL`) or after (`REVIEWED`) a review.
    """
    return read_output(run.get(which))


def read_workflow_outputs(run: Mapping[str, Any]) -> tuple[StepOutput, ...]:
    """What the steps of a workflow run have read, in the order of the API.

    Steps that read nothing (validation, router), and those that have no result yet, are left out; so is parsing.

    :param run: the WorkflowRun, out of its envelope.
    :raises ExtendAnswerError: it has neither `outputs` (before 2026-02-09) nor `stepRuns`, or a form that is not
        documented.
    """
    outputs, steps = run.get("outputs"), run.get("stepRuns")
    if isinstance(outputs, list):
        return tuple(_of_processor(each) for each in outputs)
    if isinstance(steps, list):
        return tuple(_of_steps(steps))
    raise _unknown("The workflow run", run)


def box_on_page(
    edges: Sequence[Any], size: Sequence[Any], page: int | None = None, file_id: Any = None
) -> Box | None:
    """A box in the units of the page's size (points, SDK 1.20.0) as fractions of it.

    :param edges: left, top, right, bottom.
    :param size: width and height of the page.
    :return: None where the size is not known, or where the box does not lie on the page: then its units are others.
    """
    left, top, right, bottom = (
        _share(edge, whole) for edge, whole in zip(edges, (*size, *size), strict=True)
    )
    if left is None or top is None or right is None or bottom is None or left > right or top > bottom:
        return None
    return Box(left, top, right, bottom, page, file_id if isinstance(file_id, str) else None)


def page_number(value: Any) -> int | None:
    """A page as the API numbers it; None for what is no number of a page."""
    number = _number(value)
    return int(number) if number is not None and number.is_integer() and number >= 1 else None


# ------------------------------------------------------------------------------------------------ the forms


def _is_split(output: Any) -> bool:
    return _splits(output) is not None


def _splits(output: Any) -> list[Any] | None:
    """`splits`; of 2024-12-23 `subDocumentClassifications`."""
    for key in ("splits", "subDocumentClassifications"):
        if isinstance(output, Mapping) and isinstance(output.get(key), list):
            rows: list[Any] = output[key]
            return rows if all(isinstance(row, Mapping) for row in rows) else None
    return None


def _read_split(output: Mapping[str, Any]) -> Iterator[Value]:
    for number, row in enumerate(_splits(output) or ()):
        path, page = f"splits[{number}]", page_number(row.get("startPage"))
        yield Value(path, row, page=page)
        for below, value, _ in _walk(path, row):
            if below != path:
                yield Value(below, value, page=page)


def _is_class(output: Any) -> bool:
    """`{id, type, confidence, insights}`; without the last two an expected output."""
    if not isinstance(output, Mapping) or "value" in output:
        return False
    named = all(isinstance(output.get(key), str) for key in ("id", "type"))
    return named and not isinstance(output.get("confidence"), str | Mapping | list)


def _read_class(output: Mapping[str, Any]) -> Iterator[Value]:
    confidence = _fraction(output.get("confidence"))
    yield Value("type", output["type"], confidence)
    yield Value("id", output["id"], confidence)


def _is_json(output: Any) -> bool:
    """`{value, metadata}`; of an expected output `{value}`.

    The older form with a field that is called `value` looks the same but for what is in it.
    """
    if not isinstance(output, Mapping) or not isinstance(output.get("value"), Mapping):
        return False
    if "metadata" not in output:
        return output.keys() == {"value"} and not _is_field(output["value"])
    notes = output["metadata"]
    return notes is None or (
        isinstance(notes, Mapping) and all(isinstance(each, Mapping) for each in notes.values())
    )


def _read_json(output: Mapping[str, Any]) -> Iterator[Value]:
    notes = output.get("metadata") or {}
    for path, value, is_leaf in _walk("", output["value"]):
        note = notes.get(path)
        if note is not None:
            yield _cited(path, value, note)
        elif is_leaf:
            yield Value(path, value)


def _is_fields(output: Any) -> bool:
    """Field results: a list, or a map by the field's name."""
    results = output.values() if isinstance(output, Mapping) else output
    return isinstance(output, Mapping | list) and all(_is_field(each) for each in results)


def _is_field(result: Any) -> bool:
    return isinstance(result, Mapping) and "value" in result and isinstance(result.get("id"), str)


def _read_fields(output: Any) -> Iterator[Value]:
    named = output.items() if isinstance(output, Mapping) else ((each["id"], each) for each in output)
    for name, result in named:
        yield _referenced(name, result)
        for path, value, is_leaf in _walk(name, result["value"]):
            if is_leaf and path != name:
                yield Value(path, value)


#: Asked in this order; no output has a word that says which form it has.
_FORMS = (
    (_is_split, _read_split),
    (_is_class, _read_class),
    (_is_json, _read_json),
    (_is_fields, _read_fields),
)


def _walk(path: str, value: Any) -> Iterator[tuple[str, Any, bool]]:
    """Each node with its path, and whether nothing is below it."""
    below: Iterator[tuple[str, Any]] = iter(())
    if isinstance(value, Mapping):
        below = ((f"{path}.{key}" if path else str(key), child) for key, child in value.items())
    elif isinstance(value, list):
        below = ((f"{path}[{number}]", child) for number, child in enumerate(value))
    if path:
        yield path, value, not (isinstance(value, Mapping | list) and value)
    for child_path, child in below:
        yield from _walk(child_path, child)


# ---------------------------------------------------------------------------------------------------- places


def _cited(path: str, value: Any, note: Mapping[str, Any]) -> Value:
    citations = _objects(note.get("citations"))
    pages = [_page_of(each) for each in citations]
    placed = [each for each in citations if each.get("polygon")]
    score = note.get("reviewAgentScore")
    return Value(
        path,
        value,
        confidence=_fraction(note.get("logprobsConfidence")),
        page=next((number for number, _, _ in pages if number is not None), None),
        boxes=_all_or_none(placed, [_around(each) for each in placed]),
        ocr_confidence=_fraction(note.get("ocrConfidence")),
        review_score=score if isinstance(score, int) and not isinstance(score, bool) else None,
    )


def _page_of(citation: Mapping[str, Any]) -> tuple[int | None, Any, Any]:
    """Number, width and height: in 2026-02-09 an object, in 2025-04-21 a number with the size beside it."""
    page = citation.get("page")
    if isinstance(page, Mapping):
        return page_number(page.get("number")), page.get("width"), page.get("height")
    return page_number(page), citation.get("pageWidth"), citation.get("pageHeight")


def _around(citation: Mapping[str, Any]) -> Box | None:
    """The smallest box around the polygon of a citation."""
    corners = _objects(citation["polygon"])
    across, down = ([_number(corner.get(key)) for corner in corners] for key in ("x", "y"))
    xs, ys = ([each for each in edges if each is not None] for edges in (across, down))
    if not corners or len(xs) < len(corners) or len(ys) < len(corners):
        return None
    page, width, height = _page_of(citation)
    return box_on_page((min(xs), min(ys), max(xs), max(ys)), (width, height), page, citation.get("fileId"))


def _referenced(path: str, result: Mapping[str, Any]) -> Value:
    """A field result: its references give boxes without the size of the page."""
    references = _objects(result.get("references"))
    pages = [page_number(each.get("page")) for each in (*references, result)]
    return Value(
        path,
        result["value"],
        confidence=_fraction(result.get("confidence")),
        page=next((number for number in pages if number is not None), None),
        boxes=None if any(each.get("boundingBoxes") for each in references) else (),
    )


def _objects(value: Any) -> list[Mapping[str, Any]]:
    """Rows of a list; none where one of them is no object."""
    rows = value if isinstance(value, list) else []
    return rows if all(isinstance(each, Mapping) for each in rows) else []


def _all_or_none(given: list[Any], boxes: list[Box | None]) -> tuple[Box, ...] | None:
    known = tuple(box for box in boxes if box is not None)
    return known if known or not given else None


def _share(value: Any, whole: Any) -> float | None:
    length, size = _number(value), _number(whole)
    if length is None or size is None or size <= 0:
        return None
    share = length / size
    return min(max(share, 0.0), 1.0) if -_OVER_THE_EDGE <= share <= 1 + _OVER_THE_EDGE else None


def _fraction(value: Any) -> float | None:
    number = _number(value)
    return number if number is not None and 0 <= number <= 1 else None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _MOST:
        return None
    return float(value)


# ------------------------------------------------------------------------------------------------- workflows


def _of_processor(run: Any) -> StepOutput:
    """A row of `outputs`: a ProcessorRun."""
    if not isinstance(run, Mapping):
        raise _unknown("An output of the workflow run", run)
    return StepOutput(
        _text(run.get("processorName")), _text(run.get("type")), _text(run.get("id")), read_run_output(run)
    )


def _of_steps(steps: list[Any]) -> Iterator[StepOutput]:
    for row in steps:
        if not isinstance(row, Mapping):
            raise _unknown("A step of the workflow run", row)
        result, step = row.get("result"), row.get("step")
        for key, run in result.items() if isinstance(result, Mapping) else ():
            if key in _STEP_RUNS and isinstance(run, Mapping):
                name = _text(step.get("name")) if isinstance(step, Mapping) else None
                yield StepOutput(name, _text(row.get("stepType")), _text(run.get("id")), read_run_output(run))
            elif key != _PARSE_RUN and isinstance(run, Mapping) and FINAL in run:
                raise _unknown("The result of a step of the workflow run", result)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _unknown(what: str, found: Any) -> ExtendAnswerError:
    """By keys and types: values are document content."""
    if isinstance(found, Mapping):
        keys = sorted(f"{str(key)[:40]} ({type(value).__name__})" for key, value in found.items())
        shown = f"an object with {', '.join(keys[:_SHOWN])}{' and more' if len(keys) > _SHOWN else ''}"
    elif isinstance(found, list):
        shown = f"a list of {', '.join(sorted({type(each).__name__ for each in found}))}"
    else:
        shown = f"a {type(found).__name__}"
    return ExtendAnswerError(
        f"{what} has a form that is not documented: {shown}. Its values were not read.", status=200
    )
