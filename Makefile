# Every target makes .venv on its first use. Another Python: make demo PYTHON=python3.12
PYTHON ?= python3
ARGS ?=

.PHONY: help demo test test-all test-floor test-floor lint types docs-check clean
help:
	@echo 'make demo        an evaluation gate on a local Airflow and a local Extend'
	@echo 'make test        fast tests; ARGS="-k gate" goes to pytest'
	@echo 'make test-all    lint, types, docs and all tests, with the coverage gate'
	@echo 'make lint | types | docs-check | test-floor | clean'

demo test test-all test-floor lint types docs-check clean:
	@"$(PYTHON)" scripts/dev.py $@ $(ARGS)
