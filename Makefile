# Every developer command. `make help` lists them; CI runs the same ones (.ci/run).

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.otokui-ready
PORT ?= 5000
DATA ?=
ROOMS := otokui features scoring decisions training measurement analysis simulator adapters pipelines serving

# Nothing phones home, in a demo, in a test or in CI.
export MLFLOW_DISABLE_TELEMETRY := true
export DO_NOT_TRACK := true
export BENTOML_DO_NOT_TRACK := True
export FEAST_USAGE := False
export HATCH_METRICS := false
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup demo test test-fast coverage lint types layers dead spell docs catalogues docs-check check format lock audit bench mlflow-server services clients clean

help:  ## list the commands
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY)  ## make .venv and install exactly what requirements.lock says (again only when it changed)

# uv comes out of the lock like everything else. Where it cannot reach the index (it does not read pip's
# configuration), pip installs the same files by the same hashes, only slower.
$(READY): requirements.lock pyproject.toml
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Otokui needs Python 3.11 or newer; $(PYTHON) is older. To fix it: make PYTHON=python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV)
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip --upgrade >/dev/null
	@awk '/^uv==/ {on = 1} on && /^[^ ]/ && !/^uv==/ {exit} on' requirements.lock > $(VENV)/uv.lock
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r $(VENV)/uv.lock
	@echo "installing $$(grep -cE '^[a-z0-9].*==' requirements.lock) packages by hash ..." >&2
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps --require-hashes -r requirements.lock \
	  || { echo "uv could not; trying pip (some minutes) ..." >&2; $(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements.lock; }
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY)  ## run the main job on a real shop, from records to an answer of the running service
	@$(BIN)/otokui demo

test: $(READY)  ## all tests, the slow ones too (PostgreSQL and Redis on localhost; without them those tests say that they skip)
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

test-fast: $(READY)  ## the tests that take seconds
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow" $(ARGS)

coverage: $(READY)  ## all tests, and which lines they did not reach
	@$(BIN)/python -m pytest -n 2 --dist loadfile --cov --cov-report=term $(ARGS)

lint: $(READY)  ## ruff: style, mistakes, formatting
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(READY)  ## mypy --strict
	@$(BIN)/mypy

layers: $(READY)  ## import-linter: who may import whom
	@$(BIN)/lint-imports --no-logo

dead: $(READY)  ## vulture: code that nobody calls
	@$(BIN)/vulture

spell: $(READY)  ## codespell
	@$(BIN)/codespell

docs: $(READY)  ## write docs/reference/ anew from the code
	@$(BIN)/python -m tools.reference

catalogues: $(READY)  ## bring the catalogues of sentences (otokui/wording/locales) up to date with the code
	@$(BIN)/python -m tools.catalogues

docs-check: $(READY)  ## fail if docs/reference/ is not what the code says
	@$(BIN)/python -m tools.reference --check

check: lint types layers dead spell docs-check  ## everything but the tests

format: $(READY)  ## put the code into shape
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

clients: $(READY)  ## the generators of the Python and TypeScript clients in examples/clients (needs Node and the package indexes)
	@$(BIN)/uv venv --quiet --allow-existing examples/clients/python/.venv
	@$(BIN)/uv pip install --quiet --python examples/clients/python/.venv/bin/python -r examples/clients/python/requirements.txt
	@npm ci --prefix examples/clients/typescript --no-audit --no-fund

lock: $(READY)  ## resolve the dependencies anew into requirements.lock (hashes, no index address)
	@$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --all-extras pyproject.toml -o requirements.lock
	@$(BIN)/python -m tools.lock

audit: $(READY)  ## known vulnerabilities in requirements.lock; a package that was skipped fails
	@$(BIN)/python -m tools.lock
	@$(BIN)/python -m tools.audit $(ARGS)

bench: $(READY)  ## benchmarks/: print the figures (long; needs nothing else running; DATA=folder for those on public data)
	@for each in $$(grep --files-with-matches __main__ benchmarks/*.py benchmarks/*/__main__.py); do \
	  module="$${each%.py}"; module="$${module%/__main__}"; told=""; \
	  echo "== $$module"; \
	  case "$$(grep -o -m1 -e '"--data"' -e real_shops -e 'sys.argv\[1\]' "$$each" || true)" in \
	    '') ;; \
	    sys.*) told="$(or $(DATA),none)" ;; \
	    *) told="--data $(DATA)" ;; \
	  esac; \
	  test -z "$$told" -o -n "$(DATA)" || { echo "   public data is needed: make bench DATA=folder"; continue; }; \
	  $(BIN)/python -m "$${module//\//.}" $$told; done

mlflow-server: $(READY)  ## MLflow on 127.0.0.1:5000 over SHOP's runs and models (make mlflow-server SHOP=demo-shop)
	@test -n "$(SHOP)" || { echo "which shop? To fix it: make mlflow-server SHOP=folder" >&2; exit 2; }
	@MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false $(BIN)/mlflow server --host 127.0.0.1 --port $(PORT) --backend-store-uri "sqlite:///$(abspath $(SHOP))/mlflow.db" --artifacts-destination "$(abspath $(SHOP))/mlartifacts"

services:  ## PostgreSQL, Redis and MLflow in containers, as compose.yaml says
	@docker compose up --detach --wait postgres redis mlflow

clean:  ## remove what tools leave behind; shops and .venv stay
	@rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.* spark-warehouse metastore_db derby.log
	@find $(ROOMS) tools tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
