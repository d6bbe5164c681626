# The whole life of the project behind a few words. `make` alone lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8080
DATA ?= sala-demo

.DEFAULT_GOAL := help
.PHONY: help install demo check test quick bench walk lock sbom clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' Makefile | sed 's/:.*## /\t/' | expand -t 12

$(VENV)/.installed: requirements.lock pyproject.toml
	@sh deploy/install.sh "$(PYTHON)" "$(VENV)"
	@touch $@

install: $(VENV)/.installed ## create .venv and install from the hash-locked list

demo: install ## the whole channel on this machine (PORT=8080 DATA=dir)
	$(BIN)/sala demo --port $(PORT) --data $(DATA)

check: install ## format, lint, types, layers, lock
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

quick: install ## the ordinary tests only
	$(BIN)/python -m pytest -q

test: check quick ## everything that CI runs
	$(BIN)/python -m pytest -q -m slow

lock: install ## resolve the dependencies anew
	uv pip compile --universal --generate-hashes --no-header --python-version 3.11 --extra dev pyproject.toml -o requirements.lock

clean: ## forget the environment and the caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
