"""Fingerprints of the documents behind an evaluation set."""

from airflow_provider_extend import fingerprints


def test_a_row_that_names_its_file_twice_is_of_one_file() -> None:
    row = {"id": "evi_1", "file": {"id": "file_1"}, "files": [{"id": "file_1"}], "fileId": "file_1"}
    assert fingerprints.file_ids(row) == ["file_1"]


def test_a_row_of_several_files_keeps_their_order() -> None:
    row = {"id": "evi_1", "file": None, "files": [{"id": "file_2"}, {"id": "file_1"}]}
    assert fingerprints.file_ids(row) == ["file_2", "file_1"]
