# Every target sets itself up: a fresh clone on a machine with Python 3.11 or newer needs nothing else.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEMO ?= demo
WORKERS ?= auto

.PHONY: help setup demo demo-live test lint format types unit bench peers stories serve notebooks pictures ops ci check constraints clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): pyproject.toml constraints.txt scripts/setup.sh
	@bash scripts/setup.sh $(VENV)
	@touch $(STAMP)

setup: $(STAMP) ## create .venv with the pinned dependencies

demo: $(STAMP) ## a sample company: one month, day by day, through the real daily flow (DEMO=folder)
	@$(BIN)/kontoklar demo $(DEMO)

demo-live: $(STAMP) ## the same month fetched live from a simulated bank: finAPI and FinTS, no credentials (DEMO=folder)
	@$(BIN)/kontoklar demo --live $(DEMO)

test: lint types unit ## everything that must hold: lint, types, tests

lint: $(STAMP) ## ruff: style and common mistakes
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(STAMP) ## rewrite the sources in the common style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(STAMP) ## mypy --strict
	$(BIN)/mypy

unit: $(STAMP) ## all tests, on all cores (WORKERS=n)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

bench: $(STAMP) ## the measurements in benchmarks/, beside bare-library figures
	$(BIN)/python -m benchmarks

stories: $(STAMP) ## write what comes of every story in tests/scenario/stories anew; read the difference
	$(BIN)/python -m tests.scenario.regenerate

peers: $(STAMP) ## other matchers on the same data; makes their own environments first
	$(BIN)/python -m benchmarks.matching.peers.environments
	$(BIN)/python -m benchmarks matching-peers

serve: $(STAMP) ## the daily flow on working days; starts a Prefect server unless PREFECT_API_URL names one
	bash scripts/serve.sh $(BIN)

notebooks: $(STAMP) ## JupyterLab on the demo's books; KONTOKLAR_USER decides, KONTOKLAR_LANGUAGE=en for English
	@[ -f $(DEMO)/kontoklar.toml ] || $(BIN)/kontoklar demo $(DEMO)
	KONTOKLAR_CONFIG=$(abspath $(DEMO)/kontoklar.toml) KONTOKLAR_AS_OF=$${KONTOKLAR_AS_OF:-2026-11-02} \
	  $(BIN)/jupyter lab --notebook-dir notebooks notebooks/review.ipynb

pictures: $(STAMP) ## the pictures of docs/pictures, taken in a real browser on the demo's books (PICTURES=names)
	@[ -f $(DEMO)/kontoklar.toml ] || $(BIN)/kontoklar demo $(DEMO)
	$(BIN)/python -m scripts.pictures --demo $(DEMO) $(PICTURES)

ops: $(STAMP) ## a Prefect server with deployments, automations, a worker and runs on the demo's books
	@bash scripts/ops.sh $(BIN) $(DEMO)

check: $(STAMP) ## prove the ledger of the demo
	$(BIN)/kontoklar --config $(DEMO)/kontoklar.toml check

ci: ## what the build server runs
	bash .ci/run

constraints: $(STAMP) ## renew constraints.txt from pyproject.toml (needs uv)
	bash scripts/constraints.sh

clean: ## remove the environment, caches and the demo
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis $(DEMO)
