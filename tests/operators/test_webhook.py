"""Webhook endpoints, whose signing secret Extend gives once, and subscriptions."""

from __future__ import annotations

import json
from typing import Any

import airflow.sdk
import pytest

from airflow_provider_extend.operators.webhook import (
    ExtendCreateWebhookEndpointOperator,
    ExtendCreateWebhookSubscriptionOperator,
    ExtendDeleteWebhookEndpointOperator,
    ExtendDeleteWebhookSubscriptionOperator,
    ExtendUpdateWebhookEndpointOperator,
)
from tests.airflow_names import AirflowFailException

V26 = "2026-02-09"
URL = "https://hooks.example.com/extend?key=h1dden"
SECRET = "extend_webhook_secret"


class Variables:
    """Airflow's Variables as a task has them."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.said: dict[str, str] = {}
        self.fails: Exception | None = None
        self.silently = False

    def get(self, key: str, default: Any = None) -> Any:
        return self.kept.get(key, default)

    def set(self, key: str, value: str, description: str) -> None:
        if self.fails is not None:
            raise self.fails
        if not self.silently:
            self.kept[key], self.said[key] = value, description


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> Variables:
    made = Variables()
    monkeypatch.setattr(airflow.sdk, "Variable", made)
    return made


@pytest.fixture
def masked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    told: list[str] = []
    monkeypatch.setattr("airflow_provider_extend.operators.webhook.mask_secret", told.append)
    return told


def create(**given: Any) -> ExtendCreateWebhookEndpointOperator:
    asked = {"name": "Airflow", "url": URL, "enabled_events": ["extract_run.processed"], "secret_to": SECRET}
    return ExtendCreateWebhookEndpointOperator(task_id="create", **{**asked, **given})


def endpoints(extend: Any) -> list[dict[str, Any]]:
    return [row for _, row in extend.emulator._server.state.store.all("webhook_endpoint")]


def test_what_is_sent(requests_mock, connect, task, variables) -> None:
    connect()
    requests_mock.get("https://api.extend.ai/webhook_endpoints", json={"object": "list", "data": []})
    requests_mock.post(
        "https://api.extend.ai/webhook_endpoints", json={"id": "wh_1", "signingSecret": "wss_abcdef"}
    )
    operator = create(
        status="disabled",
        headers={"Authorization": "Bearer h1dden"},
        payload_format="url",
        url_threshold_bytes=1000,
        webhook_api_version="2025-04-21",
    )
    assert task.run(operator) == "wh_1"
    assert requests_mock.last_request.json() == {
        "name": "Airflow",
        "url": URL,
        "status": "disabled",
        "enabledEvents": ["extract_run.processed"],
        "apiVersion": "2025-04-21",
        "advancedOptions": {
            "headers": {"Authorization": "Bearer h1dden"},
            "payload": {"format": "url", "urlThresholdBytes": 1000},
        },
    }


def test_the_secret_is_in_its_variable_and_nowhere_else(api, task, variables, masked, log_text) -> None:
    extend = api()
    made = task.run(create(headers={"X-Key": "h1dden"}))
    [row] = endpoints(extend)
    secret = variables.kept[SECRET]
    assert (row["id"], row["apiVersion"]) == (made, V26)
    assert secret.startswith("wss_")
    assert masked == [secret]
    assert made in variables.said[SECRET]
    for place in (json.dumps(task.xcoms), json.dumps(task.store.writes), log_text(), made):
        assert secret not in place
        assert "h1dden" not in place


def test_airflow_stores_neither_the_address_nor_the_headers_as_rendered_fields() -> None:
    operator = create(headers={"X-Key": "h1dden"})
    operator.render_template_fields({})
    shown = repr([getattr(operator, name) for name in operator.template_fields])
    assert "h1dden" not in shown
    assert operator.revealed("url") == URL


def test_a_retry_takes_up_the_endpoint_whose_secret_was_stored(api, task, variables) -> None:
    extend = api()
    made = task.run(create())
    assert task.run(create()) == made
    assert len(endpoints(extend)) == 1


@pytest.mark.parametrize(
    "other",
    [{"payload_format": "url"}, {"payload_format": "json"}, {"headers": {"A": "b"}}, {"status": "disabled"}],
)
def test_a_retry_that_asks_for_another_endpoint_is_not_given_the_first(api, task, variables, other) -> None:
    extend = api()
    made = task.run(create())
    assert task.run(create(**other, secret_to="another_secret")) != made
    assert len(endpoints(extend)) == 2


@pytest.mark.parametrize("store", [True, False], ids=["3.3", "below 3.3"])
def test_an_endpoint_whose_secret_was_in_a_lost_answer_is_told(api, new_task, variables, store) -> None:
    extend, task = api(), new_task(store=store)
    extend.fault(method="POST", path="/webhook_endpoints$", drop_after=True)
    for _ in range(2):
        with pytest.raises(AirflowFailException, match=r"Delete the endpoint.*clear this task") as caught:
            task.run(create())
        assert type(caught.value.error).__name__ == "ExtendSecretNotKept"
        assert endpoints(extend)[0]["id"] in str(caught.value)
    assert len(endpoints(extend)) == 1
    assert variables.kept == {}


def test_an_endpoint_whose_process_died_before_the_secret_was_stored_is_told(
    api, task, variables, dies_at
) -> None:
    extend = api()
    dies_at(task, create(), "/webhook_endpoints$")
    with pytest.raises(AirflowFailException, match="nothing shows that its signing secret"):
        task.run(create())
    assert len(endpoints(extend)) == 1


def test_after_a_clear_another_is_made(api, task, variables, dies_at) -> None:
    extend = api()
    dies_at(task, create(), "/webhook_endpoints$")
    task.clear()
    made = task.run(create())
    assert len(endpoints(extend)) == 2
    assert made in variables.said[SECRET]


@pytest.mark.parametrize(
    ("trouble", "says"),
    [
        ({"fails": PermissionError("wss_in_the_message")}, r"cannot be written \(PermissionError\)"),
        ({"silently": True}, "does not hold it after it was set"),  # as Airflow 3.0 fails
    ],
)
def test_an_endpoint_whose_secret_cannot_be_stored_is_deleted_again(
    api, task, variables, masked, trouble, says
) -> None:
    extend = api()
    for name, value in trouble.items():
        setattr(variables, name, value)
    with pytest.raises(
        AirflowFailException, match=f"{says}.*It was deleted again.*clear this task"
    ) as caught:
        task.run(create())
    assert endpoints(extend) == []
    assert "wss_" not in str(caught.value)
    assert len(masked) == 1


def test_an_answer_without_a_secret_is_told_and_one_that_cannot_be_deleted_too(
    requests_mock, connect, task, variables
) -> None:
    connect()
    base = "https://api.extend.ai/webhook_endpoints"
    requests_mock.get(base, json={"object": "list", "data": []})
    requests_mock.post(base, json={"id": "wh_1"})
    requests_mock.delete(f"{base}/wh_1", status_code=403, json={"code": "FORBIDDEN", "message": "no"})
    with pytest.raises(AirflowFailException, match=r"no signing secret.*could not be deleted again.*403"):
        task.run(create())


def test_that_the_secret_is_stored_may_go_unrecorded(api, task, variables, log_text) -> None:
    api()
    task.store.broken_for = lambda value: isinstance(value, str)
    made = task.run(create())
    assert made in variables.said[SECRET]
    assert "could not be recorded" in log_text()


def test_a_variable_that_holds_something_is_not_overwritten(api, task, variables) -> None:
    extend = api()
    variables.kept[SECRET] = "wss_of_another"
    with pytest.raises(AirflowFailException, match=r"holds something already.*Nothing was sent") as caught:
        task.run(create())
    assert endpoints(extend) == []
    assert variables.kept == {SECRET: "wss_of_another"}
    assert "wss_of_another" not in str(caught.value)
    assert task.record is None


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"secret_to": "extend_webhook"}, "with the word 'secret' in it"),
        ({"secret_to": ""}, "secret_to is ''"),
        ({"name": ""}, "name is ''"),
        ({"enabled_events": ["workflow_run.completed"]}, "ExtendCreateWebhookSubscriptionOperator"),
        ({"enabled_events": "extract_run.processed"}, "no list of names"),
    ],
)
def test_what_cannot_be_right_is_refused_before_anything_is_sent(
    requests_mock, connect, task, variables, given, says
) -> None:
    connect()
    with pytest.raises(AirflowFailException, match=f"{says}.*Nothing was sent"):
        task.run(create(**given))
    assert requests_mock.request_history == []


def test_the_target_has_to_be_named() -> None:
    with pytest.raises(Exception, match="secret_to"):
        ExtendCreateWebhookEndpointOperator(task_id="t", name="n", url=URL, enabled_events=["a"])


def test_an_endpoint_and_a_subscription_from_their_beginning_to_their_end(
    api, new_task, variables, dies_at
) -> None:
    extend = api()
    made = new_task().run(create())
    update = ExtendUpdateWebhookEndpointOperator(
        task_id="t", webhook_endpoint_id=made, status="disabled", headers={"X-Key": "h1dden"}
    )
    assert new_task().run(update) == made
    [row] = endpoints(extend)
    assert (row["status"], row["advancedOptions"]["headers"]) == ("disabled", {"X-Key": "h1dden"})

    extractor = extend.processor()

    def subscribe(*events: str) -> ExtendCreateWebhookSubscriptionOperator:
        return ExtendCreateWebhookSubscriptionOperator(
            task_id="t",
            webhook_endpoint_id=made,
            resource_type="extractor",
            resource_id=extractor,
            enabled_events=list(events),
        )

    subscription = new_task().run(subscribe("extract_run.processed"))
    assert new_task().run(subscribe("extract_run.failed")) == subscription, (
        "one for an endpoint and a resource"
    )
    rows = extend.send("GET", "/webhook_subscriptions")["data"]
    assert [row["enabledEvents"] for row in rows] == [["extract_run.failed"]]

    delete = ExtendDeleteWebhookSubscriptionOperator(task_id="t", webhook_subscription_id=subscription)
    assert new_task().run(delete) == subscription
    delete_endpoint = ExtendDeleteWebhookEndpointOperator(task_id="t", webhook_endpoint_id=made)
    task = new_task()
    dies_at_delete(task, delete_endpoint, extend)
    assert task.run(delete_endpoint) == made, "an earlier try has deleted it"
    assert endpoints(extend) == []


def dies_at_delete(task: Any, operator: Any, extend: Any) -> None:
    extend.fault(method="DELETE", path="/webhook_endpoints", drop_after=True)
    with pytest.raises(Exception, match="webhook_endpoints"):
        task.run(operator)
