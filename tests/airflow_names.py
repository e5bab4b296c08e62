"""Names of Airflow that the tests use, from where the installed version keeps them."""

try:
    from airflow.sdk.exceptions import (
        AirflowException,
        AirflowFailException,
        AirflowNotFoundException,
        AirflowRescheduleException,
        AirflowSensorTimeout,
        AirflowSkipException,
        AirflowTaskTimeout,
        TaskDeferralError,
        TaskDeferralTimeout,
        TaskDeferred,
    )
except ImportError:
    from airflow.exceptions import (
        AirflowException,
        AirflowFailException,
        AirflowNotFoundException,
        AirflowRescheduleException,
        AirflowSensorTimeout,
        AirflowSkipException,
        AirflowTaskTimeout,
        TaskDeferralError,
        TaskDeferralTimeout,
        TaskDeferred,
    )
try:
    from airflow.dag_processing.dagbag import DagBag
except ImportError:
    from airflow.models.dagbag import DagBag
try:
    from airflow.sdk.serde import deserialize, serialize
except ImportError:
    from airflow.serialization.serde import deserialize, serialize
try:
    from airflow._shared.module_loading import import_string
except ImportError:
    from airflow.utils.module_loading import import_string

try:
    from airflow.sdk import Connection

    connection_from_json = Connection.from_json
except AttributeError:
    from airflow.models.connection import Connection

    connection_from_json = Connection.from_json

__all__ = [
    "AirflowException",
    "AirflowFailException",
    "AirflowNotFoundException",
    "AirflowRescheduleException",
    "AirflowSensorTimeout",
    "AirflowSkipException",
    "AirflowTaskTimeout",
    "DagBag",
    "TaskDeferralError",
    "TaskDeferralTimeout",
    "TaskDeferred",
    "connection_from_json",
    "deserialize",
    "import_string",
    "serialize",
]
