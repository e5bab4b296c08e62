"""Webhooks (2026-02-09): where Extend sends its events, and which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_extend._compat import mask_secret
from airflow_provider_extend.api.errors import ExtendError, ExtendInputError, ExtendSecretNotKept, plain_error
from airflow_provider_extend.exceptions import as_airflow
from airflow_provider_extend.operators._call import (
    ExtendCallOperator,
    ExtendCreateOperator,
    ExtendDeleteOperator,
    Request,
    checked_ids,
    checked_text,
)
from airflow_provider_extend.operators._document import without_none

if TYPE_CHECKING:
    from airflow_provider_extend._compat import Context
    from airflow_provider_extend.client import ExtendClient

#: In the task state store: the webhook endpoint whose signing secret was stored.
KEPT_KEY = "extend_secret_kept"
#: What a subscription may be to (webhooks.md 3).
_RESOURCE_TYPES = ("extractor", "classifier", "splitter", "workflow")
_FORMATS = ("json", "url")


class _Endpoint(ExtendCallOperator):
    """What the author says of a webhook endpoint."""

    confidential_fields = ("url", "headers")
    url: str | None
    headers: Mapping[str, str] | None
    enabled_events: Sequence[str] | None
    status: str | None
    payload_format: str | None
    url_threshold_bytes: int | None

    def body(self) -> dict[str, Any]:
        """What is given of it, but for its name, as the API takes it."""
        if self.payload_format not in (None, *_FORMATS):
            raise ExtendInputError(
                f"payload_format is {self.payload_format!r}: expected 'json' or 'url'. Nothing was sent."
            )
        if self.url_threshold_bytes is not None and self.payload_format != "url":
            raise ExtendInputError(
                "url_threshold_bytes is given: it belongs to payload_format 'url'. Nothing was sent."
            )
        payload = without_none({"format": self.payload_format, "urlThresholdBytes": self.url_threshold_bytes})
        options = without_none({"headers": self.revealed("headers"), "payload": payload or None})
        events = self.enabled_events
        return without_none(
            {
                "url": self.revealed("url"),
                "status": self.status,
                "enabledEvents": None if events is None else _checked_events(events),
                "advancedOptions": options or None,
            }
        )


class ExtendCreateWebhookEndpointOperator(_Endpoint, ExtendCreateOperator):
    """Create a webhook endpoint (2026-02-09) and store its signing secret in an Airflow Variable. Returns its id.

    Extend gives the secret once. It goes to the Variable alone: neither to XCom nor to a log, where it is masked.
    Airflow encrypts Variables where it has a Fernet key, and shows in its UI none whose key has the word `secret`;
    so `secret_to` has to have it. A Variable that holds something already is not overwritten: the secret of another
    endpoint could be lost. Where the Variable cannot be written the endpoint is deleted again.

    Asked for once (see `ExtendCreateOperator`). A retry that finds an endpoint whose secret it does not have fails and
    says so.

    :param name: (templated).
    :param url: that Extend sends to (templated). Airflow does not show it: it may hold a token.
    :param enabled_events: events of the whole workspace, for instance `extract_run.processed` (templated); those of a
        workflow's runs are switched on by a subscription.
    :param secret_to: key of the Airflow Variable for the signing secret (templated).
    :param webhook_api_version: form of the payloads, for the endpoint's life; None: the connection's.
    :param status: `enabled` (Extend's default) or `disabled`.
    :param headers: sent with each delivery (templated). Airflow does not show them.
    :param payload_format: `json`, or `url`: payloads are replaced by a signed link.
    :param url_threshold_bytes: with `url`: smaller payloads stay as they are.
    :param on_unknown_submission: `fail` or `resubmit`, where it cannot be told whether it was made.
    :param extend_conn_id: connection (templated).
    """

    calls = "webhook_endpoints.create webhook_endpoints.list webhook_endpoints.delete"
    template_fields: Sequence[str] = (
        *("name", "url", "enabled_events", "secret_to", "headers"),
        "extend_conn_id",
    )
    what = "webhook endpoint"
    named = (
        *("name", "url", "enabled_events", "webhook_api_version", "status", "headers"),
        *("payload_format", "url_threshold_bytes"),
    )
    sorted_by_creation = False

    def __init__(
        self,
        *,
        name: str,
        url: str,
        enabled_events: Sequence[str],
        secret_to: str,
        webhook_api_version: str | None = None,
        status: str | None = None,
        headers: Mapping[str, str] | None = None,
        payload_format: str | None = None,
        url_threshold_bytes: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.name = name
        self.url = url
        self.enabled_events = enabled_events
        self.secret_to = secret_to
        self.webhook_api_version = webhook_api_version
        self.status = status
        self.headers = headers
        self.payload_format = payload_format
        self.url_threshold_bytes = url_threshold_bytes

    def ask(self, version: str) -> Request:
        if "secret" not in checked_text(self.secret_to, "secret_to").lower():
            raise ExtendInputError(
                f"secret_to is {self.secret_to!r}: expected a key with the word 'secret' in it, since Airflow shows "
                "the value of any other Variable in its UI. Nothing was sent."
            )
        name = {"name": checked_text(self.name, "name"), "apiVersion": self.webhook_api_version or version}
        return Request("webhook_endpoints.create", body={**self.body(), **name})

    def listed(self, version: str) -> Request:
        return Request("webhook_endpoints.list")

    def is_it(self, row: Mapping[str, Any], token: str) -> bool:
        return (row.get("name"), row.get("url")) == (self.name, self.revealed("url"))

    def before_create(self) -> None:
        if _variable(self.secret_to) is not None:
            raise ExtendInputError(
                f"The Variable {self.secret_to!r} holds something already, which may be the secret of another "
                "endpoint: name another, or delete it first. Nothing was sent."
            )

    def keep(self, context: Context, made: str) -> bool:
        store: Any = context.get("task_state_store")
        if store is None or store.get(KEPT_KEY) != made:
            raise as_airflow(self._lost(made))
        return True

    def execute(self, context: Context) -> str:
        client = self.client()
        receipt = self.create_once(context, client)
        if receipt.answer is not None:
            self._store(context, client, receipt.id, receipt.answer.get("signingSecret"))
        else:
            self.keep(context, receipt.id)
        self.log.info(
            "The webhook endpoint is %s; its secret is in the Variable %s.", receipt.id, self.secret_to
        )
        return receipt.id

    def _store(self, context: Context, client: ExtendClient, made: str, secret: Any) -> None:
        why = "Extend's answer has no signing secret"
        if isinstance(secret, str) and secret:
            mask_secret(secret)
            why = self._kept(secret, made)
        if not why:
            self._note_kept(context, made)
            return
        became = "It was deleted again"
        try:
            client.call("webhook_endpoints.delete", made)
        except Exception as error:
            if not isinstance(plain_error(error), ExtendError):
                raise
            became = f"It could not be deleted again and has to be ({error})"
        raise as_airflow(
            ExtendSecretNotKept(
                f"The signing secret of webhook endpoint {made} is not kept: {why}. {became}. Once that is mended, "
                "clear this task to make another."
            )
        )

    def _note_kept(self, context: Context, made: str) -> None:
        store: Any = context.get("task_state_store")
        if store is None:
            return
        try:
            store.set(KEPT_KEY, made)
        except Exception:
            self.log.exception("That the secret of %s was stored could not be recorded.", made)

    def _kept(self, secret: str, made: str) -> str:
        """Why the secret is not in its Variable; nothing where it is. Airflow 3.0 does not say that it failed."""
        from airflow.sdk import Variable

        try:
            Variable.set(
                self.secret_to, secret, description=f"Signing secret of Extend's webhook endpoint {made}"
            )
            read = _variable(self.secret_to)
        except Exception as error:
            return f"the Variable {self.secret_to!r} cannot be written ({type(error).__name__})"
        return "" if read == secret else f"the Variable {self.secret_to!r} does not hold it after it was set"

    def _lost(self, made: str) -> ExtendSecretNotKept:
        return ExtendSecretNotKept(
            f"Webhook endpoint {made} was made, and nothing shows that its signing secret, which Extend gives once, is "
            f"in the Variable {self.secret_to!r}. Delete the endpoint (ExtendDeleteWebhookEndpointOperator, or the "
            "dashboard) and clear this task to make another."
        )


class ExtendUpdateWebhookEndpointOperator(_Endpoint):
    """Change a webhook endpoint (2026-02-09). Returns its id; what is None stays as it is.

    :param webhook_endpoint_id: (templated).
    :param name: (templated).

    Other parameters: see `ExtendCreateWebhookEndpointOperator`.
    """

    calls = "webhook_endpoints.update"
    template_fields: Sequence[str] = (
        *("webhook_endpoint_id", "name", "url", "enabled_events", "headers"),
        "extend_conn_id",
    )

    def __init__(
        self,
        *,
        webhook_endpoint_id: str,
        name: str | None = None,
        url: str | None = None,
        enabled_events: Sequence[str] | None = None,
        status: str | None = None,
        headers: Mapping[str, str] | None = None,
        payload_format: str | None = None,
        url_threshold_bytes: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.webhook_endpoint_id = webhook_endpoint_id
        self.name = name
        self.url = url
        self.enabled_events = enabled_events
        self.status = status
        self.headers = headers
        self.payload_format = payload_format
        self.url_threshold_bytes = url_threshold_bytes

    def ask(self, version: str) -> Request:
        body = self.body()
        if self.name is not None:
            body["name"] = checked_text(self.name, "name")
        if not body:
            raise ExtendInputError("Nothing to change is given: expected at least one. Nothing was sent.")
        ids = checked_ids(webhook_endpoint_id=self.webhook_endpoint_id)
        return Request("webhook_endpoints.update", ids, body=body)


class ExtendDeleteWebhookEndpointOperator(ExtendDeleteOperator):
    """Delete a webhook endpoint (2026-02-09). Returns its id; a retry that finds nothing left has succeeded.

    :param webhook_endpoint_id: (templated).
    :param extend_conn_id: connection (templated).
    """

    calls = "webhook_endpoints.delete"
    template_fields: Sequence[str] = ("webhook_endpoint_id", "extend_conn_id")

    def __init__(self, *, webhook_endpoint_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.webhook_endpoint_id = webhook_endpoint_id

    def ask(self, version: str) -> Request:
        return Request("webhook_endpoints.delete", checked_ids(webhook_endpoint_id=self.webhook_endpoint_id))


class ExtendCreateWebhookSubscriptionOperator(ExtendCallOperator):
    """Have an endpoint told of one extractor, classifier, splitter or workflow (2026-02-09). Returns its id.

    Extend keeps one subscription for an endpoint and a resource: another create, by a retry for instance, sets its
    events.

    :param webhook_endpoint_id: (templated).
    :param resource_type: `extractor`, `classifier`, `splitter` or `workflow`.
    :param resource_id: (templated).
    :param enabled_events: that fit the resource, for instance `workflow_run.needs_review` (templated).
    :param extend_conn_id: connection (templated).
    """

    calls = "webhook_subscriptions.create"
    template_fields: Sequence[str] = (
        *("webhook_endpoint_id", "resource_type", "resource_id", "enabled_events"),
        "extend_conn_id",
    )

    def __init__(
        self,
        *,
        webhook_endpoint_id: str,
        resource_type: str,
        resource_id: str,
        enabled_events: Sequence[str],
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.webhook_endpoint_id = webhook_endpoint_id
        self.resource_type = resource_type
        self.resource_id = resource_id
        self.enabled_events = enabled_events

    def ask(self, version: str) -> Request:
        if self.resource_type not in _RESOURCE_TYPES:
            raise ExtendInputError(
                f"resource_type is {self.resource_type!r}: expected one of {', '.join(_RESOURCE_TYPES)}. Nothing was "
                "sent."
            )
        endpoint, resource = checked_ids(
            webhook_endpoint_id=self.webhook_endpoint_id, resource_id=self.resource_id
        )
        body = {
            "webhookEndpointId": endpoint,
            "resourceType": self.resource_type,
            "resourceId": resource,
            "enabledEvents": _checked_events(self.enabled_events, of_workflows=True),
        }
        return Request("webhook_subscriptions.create", body=body)


class ExtendDeleteWebhookSubscriptionOperator(ExtendDeleteOperator):
    """Delete a subscription (2026-02-09). Returns its id; a retry that finds nothing left has succeeded.

    :param webhook_subscription_id: (templated).
    :param extend_conn_id: connection (templated).
    """

    calls = "webhook_subscriptions.delete"
    template_fields: Sequence[str] = ("webhook_subscription_id", "extend_conn_id")

    def __init__(self, *, webhook_subscription_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.webhook_subscription_id = webhook_subscription_id

    def ask(self, version: str) -> Request:
        ids = checked_ids(webhook_subscription_id=self.webhook_subscription_id)
        return Request("webhook_subscriptions.delete", ids)


def _checked_events(events: Any, of_workflows: bool = False) -> list[str]:
    """:param of_workflows: whether events of a workflow's runs can be switched on here (webhooks.md 2.2)."""
    if (
        isinstance(events, str)
        or not isinstance(events, Sequence)
        or not events
        or not all(isinstance(event, str) and event for event in events)
    ):
        raise ExtendInputError("enabled_events is no list of names of events. Nothing was sent.")
    refused = [event for event in events if event.startswith("workflow_run.")]
    if refused and not of_workflows:
        raise ExtendInputError(
            f"enabled_events names {', '.join(refused)}: events of a workflow's runs are switched on for one workflow, "
            "by ExtendCreateWebhookSubscriptionOperator. Nothing was sent."
        )
    return list(events)


def _variable(key: str) -> Any:
    from airflow.sdk import Variable

    return Variable.get(key, default=None)
