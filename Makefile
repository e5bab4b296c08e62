# Every target makes .venv on its first use. Another Python: make demo PYTHON=python3.12
PYTHON ?= python3
ARGS ?=
TARGETS = demo ui test test-all test-floor test-oldest test-sdk test-system test-browser proofs mutation benchmarks lint types docs-check clean

.PHONY: help $(TARGETS)
help:
	@echo 'make demo          an evaluation gate on a local Airflow and a local Extend'
	@echo 'make ui            the same to click through: Airflow with its UI'
	@echo 'make test          fast tests; ARGS="-k gate" goes to pytest'
	@echo 'make test-system   real schedulers and triggerers, at both ends of the range of Airflow versions'
	@echo 'make test-sdk      the vendor'"'"'s own clients against the local Extend, and the hook beside them on the wire'
	@echo 'make test-browser  the connection form and the link to a run in Chromium'
	@echo 'make proofs        the long form of the proofs that each run is paid for once: kills, outages, restarts'
	@echo 'make mutation      do the tests notice changes of the code? ARGS="--seconds 120" tries some'
	@echo 'make benchmarks    what waiting, importing and calling cost, beside public peers; forty minutes, ARGS=--quick ten minutes'
	@echo 'make test-all      lint, types, docs and all tests, with the coverage gate'
	@echo 'make lint | types | docs-check | test-floor | clean'

$(TARGETS):
	@"$(PYTHON)" scripts/dev.py $@ $(ARGS)
