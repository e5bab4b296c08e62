"""Run operators whose first try dies at a named moment, by a real `kill -9` of its process."""

from __future__ import annotations

import os
import signal
import time
from datetime import timedelta
from pathlib import Path

from airflow.sdk import DAG, BaseOperator

from airflow_provider_extend.operators.evaluation_set_run import ExtendRunEvaluationSetOperator
from airflow_provider_extend.operators.extract import ExtendExtractOperator
from airflow_provider_extend.operators.workflow import ExtendRunWorkflowOperator

RECORD = "extend_submission"


def end_process() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def end_worker() -> None:
    """The process that looks after the task's, too: Airflow below 3.3 retries only then."""
    os.kill(os.getppid(), signal.SIGKILL)
    end_process()


class Store:
    """The task state store, and a death before or after what is written to it."""

    def __init__(self, store, reached) -> None:
        self._store, self._reached = store, reached

    def __getattr__(self, name):
        return getattr(self._store, name)

    def set(self, key, value, **how):
        what = "other" if key != RECORD else "id" if "id" in value else "intent"
        self._reached(f"before_{what}")
        self._store.set(key, value, **how)
        self._reached(f"after_{what}")


class Killed(BaseOperator):
    """
    :param dies: before_intent, after_intent, after_id, waiting, collecting. After these the process goes on until it
        is killed from outside, when the file `<dies>.open` is in the folder that the DAG run names: during_<...>
        (right before the call) and held (its id is stored).
    """

    end = staticmethod(end_process)

    def __init__(self, *, dies: str, **kwargs) -> None:
        super().__init__(**kwargs)
        self.dies = dies

    def execute(self, context):
        self.context = context
        if context.get("task_state_store") is not None:
            context["task_state_store"] = Store(context["task_state_store"], self.reached)
        return super().execute(context)

    def reached(self, moment: str) -> None:
        if moment == self.dies and self.context["ti"].try_number == 1:
            self.end()

    def wait_at_gate(self) -> None:
        ti, folder = self.context["ti"], Path(self.context["dag_run"].conf["folder"])
        if ti.try_number > 1:
            return
        (folder / f"{ti.task_id}{max(ti.map_index, 0)}.{self.dies}.ready").touch()
        while not (folder / f"{self.dies}.open").exists():
            time.sleep(0.1)

    def create(self, client, metadata, prepared):
        if self.dies.startswith("during_"):
            self.wait_at_gate()
        answer = super().create(client, metadata, prepared)
        self.reached("answered")
        return answer

    def started(self, context, facts) -> None:
        super().started(context, facts)
        if self.dies == "held":
            self.wait_at_gate()
            self.reached("held")

    def _sleep(self, seconds):
        self.reached("waiting")
        super()._sleep(seconds)

    def _ends(self, context, run):
        self.reached("collecting")
        return super()._ends(context, run)


class KilledExtract(Killed, ExtendExtractOperator):
    pass


class KilledWorkflow(Killed, ExtendRunWorkflowOperator):
    pass


class KilledEvaluation(Killed, ExtendRunEvaluationSetOperator):
    pass


class LostExtract(Killed, ExtendExtractOperator):
    """Dies with its worker. :param deployment: `[extend] deployment` of the first try and of those after it."""

    end = staticmethod(end_worker)

    def __init__(self, *, deployments: tuple[str, str], **kwargs) -> None:
        super().__init__(**kwargs)
        self.deployments = deployments

    def execute(self, context):
        os.environ["AIRFLOW__EXTEND__DEPLOYMENT"] = self.deployments[context["ti"].try_number > 1]
        return super().execute(context)


COMMON = {"retries": 3, "retry_delay": timedelta(seconds=1), "deferrable": False, "poll_interval": 2}
EXTRACT = {"extractor_id": "{{ dag_run.conf['extractor'] }}"}
FILE = {"file_id": "{{ dag_run.conf['file'] }}"}
WORKFLOW = FILE | {"workflow_id": "{{ dag_run.conf['workflow'] }}"}
#: Each evaluation has a set of its own: its run names no task.
EVALUATION = {"evaluation_set_id": "{{ dag_run.conf['sets'][task.dies] }}", "wait_for_completion": True}
KINDS = {
    "extract": (KilledExtract, EXTRACT | FILE),
    "workflow": (KilledWorkflow, WORKFLOW),
    "workflow_2024": (KilledWorkflow, WORKFLOW | {"extend_conn_id": "extend_legacy"}),
    "evaluation": (KilledEvaluation, EVALUATION),
}

for dag_id, moments in {
    "killed_at_each_moment": ("before_intent", "after_intent", "after_id", "waiting", "collecting"),
    "killed_during_the_call": ("during_carried_out", "during_late", "during_lost"),
}.items():
    with DAG(dag_id=dag_id, schedule=None, catchup=False):
        for kind, (operator, given) in KINDS.items():
            for moment in moments:
                operator(task_id=f"{kind}.{moment}", dies=moment, **given, **COMMON)

with DAG(dag_id="reordered", schedule=None, catchup=False):
    # Mapped over the priorities: what is read is what the Variable names first, second, ...
    KilledExtract.partial(
        task_id="read", dies="held", file_id="{{ var.json.reordered[ti.map_index] }}", **EXTRACT, **COMMON
    ).expand(priority=[10, 20, 30, 40])

with DAG(dag_id="signed_urls", schedule=None, catchup=False):
    signed = "https://files.example.com/invoice-1.txt?Expires=900&Signature=of-try-{{ ti.try_number }}"
    KilledExtract(task_id="read", dies="after_id", file_url=signed, **EXTRACT, **COMMON)

with DAG(dag_id="lost", schedule=None, catchup=False):
    for task_id, deployments in {"same": ("staging", "staging"), "other": ("staging", "production")}.items():
        LostExtract(task_id=task_id, dies="answered", deployments=deployments, **EXTRACT, **FILE, **COMMON)
