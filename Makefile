# Every target sets up what it needs. `make help` lists them.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
CODEGEN := .codegen

.DEFAULT_GOAL := help
.PHONY: help setup demo serve test check format proto proto-check proto-baseline bench clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'

$(VENV)/.stamp: pyproject.toml
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || { echo "dncd needs Python 3.11 or later; name yours: make PYTHON=/path/to/python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable '.[server,ctl]' --group dev
	@touch $@

$(CODEGEN)/.stamp: pyproject.toml
	$(PYTHON) -m venv $(CODEGEN)
	$(CODEGEN)/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(CODEGEN)/bin/python -m pip install --quiet --group codegen
	@touch $@

setup: $(VENV)/.stamp ## make the environment in .venv

demo: setup ## see dncd do its job on real files, from nothing to hit rates
	$(BIN)/python deploy/demo/demo.py

serve: setup ## leave a daemon running on the default addresses, with its data in ./dncd-data
	$(BIN)/dncd serve --data dncd-data

test: setup ## run every test
	$(BIN)/python -m pytest

check: setup proto-check ## lint, types, import contracts, proto lint and freshness
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/buf lint
	$(BIN)/buf format --diff --exit-code
	$(BIN)/buf breaking --against proto/baseline.binpb

format: setup ## mend the layout of the code
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/buf format --write

proto: $(CODEGEN)/.stamp ## make the stubs from the .proto files
	$(CODEGEN)/bin/python proto/generate.py

proto-check: $(CODEGEN)/.stamp ## fail where a stub is stale
	$(CODEGEN)/bin/python proto/generate.py --check

proto-baseline: setup ## take today's protocol as the one that must not break
	$(BIN)/buf build --output proto/baseline.binpb

bench: setup ## measure; writes bench/results
	$(BIN)/python -m bench

clean: ## remove what make has made
	rm -rf $(VENV) $(CODEGEN) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
