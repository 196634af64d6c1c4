# make demo | test | check | bench | samples | faces | clean. See README.md.
SHELL := /bin/bash
PY := .venv/bin/python
# Commands that tests start are compiled once, whatever this machine is used to.
export PYTHONDONTWRITEBYTECODE :=
# Tests wait for servers, browsers and commands a fifth of their time: one process more than there are cores. Long files,
# those of whole commands, come first in the tree and are begun first.
SPREAD := -n 3 --dist loadfile --no-loadscope-reorder
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
	@scripts/check.sh samples
	@echo "== tests"
	@PY=$(PY) scripts/tests.sh "$(SPREAD)" -q

check: ## format, ruff, mypy, imports, tests without servers
	@scripts/setup.sh test
	@scripts/check.sh
	@PY=$(PY) scripts/tests.sh "$(SPREAD)" -q -m "not servers"

bench: ## accuracy and speed tables, with peers (takes a while)
	@scripts/setup.sh bench
	@$(PY) -m benchmarks
	@$(PY) -m benchmarks.two_forms
	@$(PY) -m benchmarks.cards
	@$(PY) -m benchmarks.separators
	@$(PY) -m benchmarks.targets
	@$(PY) -m benchmarks.blank_sides
	@$(PY) -m benchmarks.layers
	@$(PY) -m benchmarks.hard_copies
	@$(PY) -m benchmarks.evidence
	@$(PY) -m benchmarks.statement_bytes
	@$(PY) -m benchmarks.review
	@$(PY) -m benchmarks.review_load
	@$(PY) -m benchmarks.keystrokes
	@$(PY) -m benchmarks.iiif
	@$(PY) -m benchmarks.court_http
	@$(PY) -m benchmarks.figures
	@$(PY) -m benchmarks.webhooks
	@$(PY) -m benchmarks.lookup
	@$(PY) -m benchmarks.distributed
	@$(PY) -m benchmarks.writers
	@$(PY) -m benchmarks.scale_run
	@$(PY) -m benchmarks.queue_check
	@$(PY) -m benchmarks.queue_year
	@$(PY) -m benchmarks.chaos

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
