# make demo | test | check | bench | samples | faces | clean. See README.md.
SHELL := /bin/bash
PY := .venv/bin/python
export OMP_THREAD_LIMIT := 1
export OMP_NUM_THREADS := 1
# For the peers of the benchmark; constat sets it for itself.
export ORT_DISABLE_TELEMETRY := 1
# Real material for tests and the benchmark, used where it lies; nothing of it is in this repository.
ifeq ($(CONSTAT_CORPUS_DIR),)
ifneq ($(wildcard ../shared/data/.),)
export CONSTAT_CORPUS_DIR := $(abspath ../shared/data)
endif
endif

.DEFAULT_GOAL := help
.PHONY: help demo test check bench samples faces format clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: ## install what is needed, take in samples/, print what was read
	@scripts/setup.sh run
	@scripts/demo.sh

test: ## install what the tests need and run all of them
	@scripts/setup.sh test
	@scripts/check.sh
	@echo "== samples: made anew from their seed and compared"
	@$(PY) -m samples.build --check
	@echo "== tests"
	@$(PY) -m pytest -n 2 --dist loadfile -q

check: ## format, ruff, mypy, imports, tests without servers
	@scripts/setup.sh test
	@scripts/check.sh
	@$(PY) -m pytest -n 2 --dist loadfile -q -m "not servers"

bench: ## accuracy and speed tables, with peers (takes a while)
	@scripts/setup.sh bench
	@$(PY) -m benchmarks
	@$(PY) -m benchmarks.layers
	@$(PY) -m benchmarks.hard_copies
	@$(PY) -m benchmarks.evidence
	@$(PY) -m benchmarks.statement_bytes

samples: ## make the committed samples anew
	@scripts/setup.sh test
	@$(PY) -m samples.build --out samples/batches

faces: ## a contact sheet of all forms, in build/faces
	@scripts/setup.sh run
	@$(PY) -m samples.contact_sheet --out build/faces

format: ## put the code in form
	@scripts/setup.sh test
	@$(PY) -m ruff format . && $(PY) -m ruff check --fix .

clean: ## remove the virtual environment, caches and the demo's data
	rm -rf .venv .demo .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build *.egg-info
