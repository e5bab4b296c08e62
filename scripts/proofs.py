"""Count what the tests of `make test-all` came to, and see that each named proof was among them.

Reads the reports below .dev/reports. With CI=true a proof that was skipped, or was not run, fails; elsewhere it is
named.
"""

import os
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

REPORTS = Path(__file__).resolve().parent.parent / ".dev" / "reports"


def cases(*parts: str) -> list[str]:
    """What stands in the brackets of a test on both Airflows."""
    return [f"airflow-{airflow}-{part}" for airflow in ("3.3", "3.0") for part in parts]


MODES = ("poke", "reschedule", "deferrable")
BOTH = ["airflow-3.3", "airflow-3.0"]
NEWEST = ["airflow-3.3"]
CLIENTS = ["1.20.0", "0.2.0"]
#: Test -> what stands in its brackets, one by one.
PROOFS = {
    "test_the_example_dags_publish_the_good_and_hold_back_the_bad": cases(*MODES),
    "test_the_examples_of_all_families_read_what_can_be_read_and_fail_otherwise": cases(*MODES),
    "test_a_scheduled_gate_in_all_outcomes": BOTH,
    "test_two_versions_are_compared_on_the_same_documents": BOTH,
    "test_a_person_decides_where_the_documents_are_too_few": NEWEST,
    "test_an_airflow_that_cannot_ask_says_so_and_publishes_nothing": ["airflow-3.0"],
    "test_every_outcome_in_every_mode": BOTH,
    "test_a_triggerer_that_restarts_in_the_middle_of_a_wait": cases("stop", "kill"),
    "test_a_wait_that_is_killed_finds_the_same_run": cases("the task", "its worker"),
    "test_good_and_bad_runs_leave_no_secret_and_no_content": cases("poke", "deferrable"),
    "test_paid_runs_leave_no_secret_and_no_content": BOTH,
    "test_the_search_finds_what_is_there": BOTH,
    "test_killed_at_each_moment": NEWEST,
    "test_killed_at_random_moments": ["airflow-3.3-0"],
    "test_reordered": NEWEST,
    "test_signed_urls": NEWEST,
    "test_lost_without_a_record": ["airflow-3.0"],
    "test_who_cancels": NEWEST,
    "test_a_triggerer_is_killed_with_many_deferred": NEWEST,
    "test_two_triggerers_one_killed_one_frozen": NEWEST,
    "test_a_triggerer_stops_although_extend_hangs": NEWEST,
    "test_two_triggerers_share_the_smallest_plan": NEWEST,
    "test_waiting_takes_no_worker_slot_and_no_connection_of_its_own": NEWEST,
    "test_documents_are_paid_for_once_whoever_is_killed": NEWEST,
    "test_a_thousand_documents_are_paid_for_once_whoever_is_killed": [""],
    "test_a_file_of_a_gigabyte_is_uploaded_with_little_memory": [""],
    "test_a_prefix_becomes_rows": ["jsonl", "parquet"],
    "test_a_bad_day": NEWEST,
    "test_races": NEWEST,
    "test_a_failing_test_shows_the_task_log_and_not_only_the_state": BOTH,
    "test_the_form_shows_every_field_with_its_default_and_hides_what_is_not_needed": [""],
    "test_what_is_saved_is_kept_shown_again_and_read_by_the_hook": [""],
    "test_success_says_who_answered": ["2026-02-09", "2025-04-21", "2024-12-23"],
    "test_a_failure_says_first_what_to_do": ["wrong_key", "organisation_key", "forbidden", "nobody_listens"],
    "test_without_a_port_the_form_leads_out": [""],
    "test_the_extra_link_leads_to_the_run_of_its_task": [""],
    "test_what_is_printed_is_there_and_nothing_is_left_behind": [""],
    "test_the_installed_script_on_an_airflow_of_its_own": [""],
    "test_every_method_is_driven": CLIENTS,
    "test_every_call_succeeds": CLIENTS,
    "test_every_answer_is_what_the_clients_own_model_says": CLIENTS,
    "test_no_answer_holds_what_no_model_knows": CLIENTS,
    "test_the_hook_sends_what_the_client_sends": CLIENTS,
    "test_every_endpoint_of_the_version_is_driven": CLIENTS,
    "test_a_changed_request_never_breaks_it": CLIENTS,
}


def main(reports: Path = REPORTS) -> int:
    passed, lost = set(), []
    for path in sorted(reports.glob("*.xml")):
        suite = ET.parse(path).getroot().find("testsuite")
        assert suite is not None, path
        bad = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped = int(suite.get("skipped", 0))
        done = int(suite.get("tests", 0)) - bad - skipped
        seconds = float(suite.get("time", 0))
        print(f"{path.stem:8} {done:5} passed  {skipped:3} skipped  {bad:3} failed  {seconds:6.0f} s")
        for case in suite.iter("testcase"):
            if not {"skipped", "failure", "error"} & {child.tag for child in case}:
                passed.add(case.get("name", ""))
    for test, brackets in PROOFS.items():
        wanted = [f"{test}[{inside}]" if inside else test for inside in brackets]
        lost += [name for name in wanted if name not in passed]
    total = sum(map(len, PROOFS.values()))
    print(f"proofs   {total - len(lost):5} of {total}")
    for name in lost:
        print(f"  not proven here: {name}")
    return 1 if lost and os.environ.get("CI", "").lower() in ("true", "1") else 0


if __name__ == "__main__":
    sys.exit(main())
