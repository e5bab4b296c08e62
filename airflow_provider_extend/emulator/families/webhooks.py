"""Webhook endpoints and subscriptions, which only 2026-02-09 has calls for. ``events.py`` says what is announced,
``deliveries.py`` brings it there.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from airflow_provider_extend.emulator.call import Call
from airflow_provider_extend.emulator.lists import Filters, listing, reading, same
from airflow_provider_extend.emulator.route import NEW, Route
from airflow_provider_extend.emulator.state import V24, V25, V26, VERSIONS, ApiError
from airflow_provider_extend.emulator.store import Row, new_id
from airflow_provider_extend.emulator.views import Builders, Shapes


def _names(families: str, words: str) -> set[str]:
    return {f"{family}.{word}" for family in families.split() for word in words.split()}


_ENDED = "processed failed"
_DEFINED = "created updated deleted draft.updated version.published"
_FLOWN = "completed failed needs_review rejected step_run.processed"
_PROCESSORS = {"extractor": "extract_run", "classifier": "classify_run", "splitter": "split_run"}
_OLDER = _names("workflow", "created deployed deleted") | _names("processor", _DEFINED)

#: Version of an endpoint -> what it can be told of every resource. Assumption: of the older versions' events the
#: same can be switched on by a call as in 2026-02-09.
_OF_ALL = {
    V24: _OLDER | _names("processor_run", _ENDED),
    V25: _OLDER | _names("processor_run parser_run", _ENDED),
    V26: _names("workflow", "created deployed deleted")
    | _names(" ".join(_PROCESSORS), _DEFINED)
    | _names(" ".join(_PROCESSORS.values()), _ENDED)
    | _names("parse_run edit_run form_detection_run batch_processor_run batch_parse_run", _ENDED),
}
#: Version of an endpoint -> type of a resource -> what it can be told of one of them.
_OF_ONE = {
    version: {"workflow": _names("workflow_run", _FLOWN)}
    | {name: _names("processor_run", _ENDED) for name in _PROCESSORS}
    for version in (V24, V25)
}
_OF_ONE[V26] = {"workflow": _names("workflow_run", f"{_FLOWN} cancelled")} | {
    name: _names(f"{run} batch_processor_run", _ENDED) for name, run in _PROCESSORS.items()
}
_TYPES = {"EXTRACT": "extractor", "CLASSIFY": "classifier", "SPLITTER": "splitter"}
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def _checked_events(call: Call, allowed: set[str], what: str) -> list[str]:
    events: list[str] = call.body["enabledEvents"]
    if unknown := [event for event in events if event not in allowed]:
        raise ApiError(400, f"enabledEvents: {', '.join(unknown)} cannot be sent {what}")
    return events


def _since(row: Row, events: list[str], now: str) -> Row:
    """Event -> since when it is sent: what happened before it was switched on is not."""
    return {event: row.get("since", {}).get(event, now) for event in events}


def _checked_endpoint(call: Call, version: str) -> Row:
    """What the body changes."""
    body = call.body
    if (url := body.get("url")) is not None:
        try:
            parts = urlsplit(url)
            fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            fits = False
        if not fits or not url.isascii() or re.search(r"[\x00-\x20\x7f]", url):
            raise ApiError(400, "url must start with http:// or https:// and name a host")
    for name, value in ((body.get("advancedOptions") or {}).get("headers") or {}).items():
        printable = isinstance(value, str) and value.isascii() and value.isprintable()
        if not _HEADER.fullmatch(name) or not printable:
            raise ApiError(400, f"advancedOptions.headers.{name} is no header of printable ASCII")
    if body.get("enabledEvents") is not None:
        _checked_events(call, _OF_ALL[version], f"by an endpoint of {version}; some need a subscription")
    known = ("url", "name", "status", "enabledEvents", "advancedOptions")
    return {key: body[key] for key in known if body.get(key) is not None}


def create_endpoint(call: Call) -> Row:
    version, now = call.body["apiVersion"], call.state.store.stamp()
    row: Row = {"id": new_id("wh_"), "status": "enabled", "advancedOptions": None, "apiVersion": version}
    row |= _checked_endpoint(call, version) | {"createdAt": now, "secret": new_id("wss_")}
    row["since"] = _since({}, row["enabledEvents"], now)
    call.state.store.put("webhook_endpoint", row)
    call.state.wake()
    return call.show("webhook_endpoint", row) | {"signingSecret": row["secret"]}


def update_endpoint(call: Call) -> Row:
    """What an endpoint was not told while it was disabled it is not told later (assumption)."""
    store = call.state.store
    with store.transaction():
        row = call.find("webhook_endpoint", call.params["id"])
        changed = row | _checked_endpoint(call, row["apiVersion"])
        woken = (row["status"], changed["status"]) == ("disabled", "enabled")
        changed["since"] = _since({} if woken else row, changed["enabledEvents"], store.stamp())
        if woken:
            for subscription in _subscriptions(call, row["id"]):
                since = _since({}, subscription["enabledEvents"], store.stamp())
                store.put("webhook_subscription", subscription | {"since": since})
        return call.show("webhook_endpoint", store.put("webhook_endpoint", changed))


def delete_endpoint(call: Call) -> Row:
    """With its subscriptions (assumption)."""
    store = call.state.store
    with store.transaction():
        row = call.find("webhook_endpoint", call.params["id"])
        store.delete("webhook_endpoint", row["id"])
        for subscription in _subscriptions(call, row["id"]):
            store.delete("webhook_subscription", subscription["id"])
    return {"id": row["id"]}


def _subscriptions(call: Call, endpoint_id: str) -> list[Row]:
    rows = [row for _, row in call.state.store.all("webhook_subscription")]
    return [row for row in rows if row["webhookEndpointId"] == endpoint_id]


def _of_one(call: Call, version: str, kind: str) -> list[str]:
    return _checked_events(call, _OF_ONE[version][kind], f"of a single {kind} by an endpoint of {version}")


def subscribe(call: Call) -> Row:
    """A second one for the same endpoint and resource updates the first."""
    body, store = call.body, call.state.store
    endpoint, kind = call.find("webhook_endpoint", body["webhookEndpointId"]), body["resourceType"]
    resource = call.find("workflow" if kind == "workflow" else "processor", body["resourceId"])
    if kind != "workflow" and _TYPES[resource.get("type", "EXTRACT")] != kind:
        raise ApiError(404, f"No {kind} with id {resource['id']}")
    events = _of_one(call, endpoint["apiVersion"], kind)
    with store.transaction():
        now = store.stamp()
        row: Row = {"id": new_id("whes_"), "webhookEndpointId": endpoint["id"], "createdAt": now}
        row |= {"resourceType": kind, "resourceId": resource["id"]}
        found = [one for one in _subscriptions(call, endpoint["id"]) if one["resourceId"] == resource["id"]]
        row = dict(found[0]) if found else row
        row |= {"enabledEvents": events, "since": _since(row, events, now)}
        return call.show("webhook_subscription", store.put("webhook_subscription", row))


def update_subscription(call: Call) -> Row:
    store = call.state.store
    with store.transaction():
        row = call.find("webhook_subscription", call.params["id"])
        endpoint = call.find("webhook_endpoint", row["webhookEndpointId"])
        events = _of_one(call, endpoint["apiVersion"], row["resourceType"])
        row |= {"enabledEvents": events, "since": _since(row, events, store.stamp())}
        return call.show("webhook_subscription", store.put("webhook_subscription", row))


def delete_subscription(call: Call) -> Row:
    row = call.find("webhook_subscription", call.params["id"])
    call.state.store.delete("webhook_subscription", row["id"])
    return {"id": row["id"]}


def _named(name: str) -> Builders:
    return {name: lambda view, row: {"object": name}}


SHAPES: Shapes = {
    "webhook_endpoint": {
        V26: "object id url name status enabledEvents apiVersion advancedOptions createdAt createdBy"
    },
    "webhook_subscription": {
        V26: "object id webhookEndpointId resourceType resourceId enabledEvents createdAt"
    },
}

BUILDERS: Builders = _named("webhook_endpoint") | _named("webhook_subscription")

_ENDPOINTS = listing(
    "webhook_endpoint",
    ("createdAt",),
    {"status": same("status")},
    values={"status": ("enabled", "disabled")},
)
_OF: Filters = {key: same(key) for key in ("webhookEndpointId", "resourceId")}
_OPTIONS = (
    "advancedOptions?(headers:object? payload?(format:json|url urlThresholdBytes:0..1000000000? !) !) !"
)
_EVENTS = "enabledEvents[]:str"
_ENDPOINT = f"url:str name:str status:enabled|disabled? {_EVENTS} apiVersion:{'|'.join(VERSIONS)} {_OPTIONS}"
_CHANGES = f"url:str? name:str? status:enabled|disabled? enabledEvents[]:str? {_OPTIONS}"
_SUBSCRIPTION = f"webhookEndpointId:str resourceType:{'|'.join(_OF_ONE[V26])} resourceId:str {_EVENTS} !"

ROUTES = [
    Route("POST", "/webhook_endpoints", NEW, create_endpoint, "", _ENDPOINT),
    Route("GET", "/webhook_endpoints", NEW, _ENDPOINTS),
    Route("GET", "/webhook_endpoints/{id}", NEW, reading("webhook_endpoint", "webhook_endpoint")),
    Route("POST", "/webhook_endpoints/{id}", NEW, update_endpoint, "", _CHANGES),
    Route("DELETE", "/webhook_endpoints/{id}", NEW, delete_endpoint),
    Route("POST", "/webhook_subscriptions", NEW, subscribe, "", _SUBSCRIPTION),
    Route("GET", "/webhook_subscriptions", NEW, listing("webhook_subscription", ("createdAt",), _OF)),
    Route("GET", "/webhook_subscriptions/{id}", NEW, reading("webhook_subscription", "webhook_subscription")),
    Route("POST", "/webhook_subscriptions/{id}", NEW, update_subscription, "", f"{_EVENTS} !"),
    Route("DELETE", "/webhook_subscriptions/{id}", NEW, delete_subscription),
]  # fmt: skip
