# The whole life of the project behind a few words. `make` alone lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8080
DATA ?= sala-demo
COMPILE := uv pip compile --universal --generate-hashes --no-header --python-version 3.11

.DEFAULT_GOAL := help
.PHONY: help install develop demo check peers test quick bench walk kill-long fuzz-smpp soak-smpp faults pages picture lock sbom clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' Makefile | sed 's/:.*## /\t/' | expand -t 12

$(VENV)/.installed: requirements-run.lock pyproject.toml
	@sh deploy/install.sh "$(PYTHON)" "$(VENV)" requirements-run.lock
	@touch $@

$(VENV)/.developed: requirements.lock pyproject.toml
	@sh deploy/install.sh "$(PYTHON)" "$(VENV)" requirements.lock
	@touch $(VENV)/.installed $@

install: $(VENV)/.installed ## create .venv with what a node needs, from the hash-locked list

develop: $(VENV)/.developed ## the same with what tests, checks and benches need

demo: install ## the whole channel on this machine (PORT=8080 DATA=dir)
	$(BIN)/sala demo --filled --port $(PORT) --data $(DATA)

check: develop ## format, lint, types, layers, lock
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

quick: develop ## the ordinary tests only
	$(BIN)/python -m pytest -q -n auto --dist loadfile

peers: develop ## what tests need beside Python: a browser, Lao fonts, others' forms (installs as root, else says what is missing)
	@sh deploy/peers.sh

test: peers check quick ## everything that CI runs
	$(BIN)/python -m pytest -q -m slow -n 2 --dist loadfile

walk: install ## follow one key press and one submission through the running code, hop by hop
	$(BIN)/python -m sala.walk

bench: develop ## measure; the benches and how to read them: docs/performance.md (BENCH=name, default all)
	$(BIN)/python -m bench $(or $(BENCH),all)

kill-long: develop ## kill -9 of node and agency under load, a thousand times
	SALA_KILLS=1000 $(BIN)/python -m pytest -q -m slow -x --timeout=0 tests/journeys -k kill

soak-smpp: develop ## a day of an SMSC in ten minutes: lost lines, throttling, answers out of order
	SMPP_SOAK_HOUR=25 $(BIN)/python -m pytest -q -m slow --timeout=0 tests/gateways/smpp/test_soak.py

fuzz-smpp: develop ## a million broken SMPP PDUs: no crash, nothing left in memory
	SMPP_FUZZ=1000000 $(BIN)/python -m pytest -q -m 'slow or not slow' --timeout=0 tests/gateways/smpp/test_fuzz.py

faults: develop ## break everything in full, and make the table of docs/reliability.md anew (FAULT=name for one row)
	FAULTS=full $(BIN)/python -m tests.faults $(or $(FAULT),all) --write

pages: develop ## 60,000 random Lao screens at 67, 70 and 80 units, with ICU and without
	SALA_PAGES=60000 $(BIN)/python -m pytest -q -m slow --timeout=0 tests/flows/text -k many_screens

picture: develop ## make the pictures of docs/ anew: phone, papers, both guides, every page of the desk (needs chromium and a Lao font)
	$(BIN)/python docs/pictures/make.py
	$(BIN)/python docs/pictures/storyboard.py
	$(BIN)/python -m docs.pictures.guides
	$(BIN)/python -m docs.pictures.desk

sbom: develop ## what this is built from, as CycloneDX: dist/sbom.cdx.json
	mkdir -p dist
	$(BIN)/cyclonedx-py environment --of JSON --output-reproducible -o dist/sbom.cdx.json $(BIN)/python

lock: develop ## resolve the dependencies anew
	$(COMPILE) --extra dev pyproject.toml -o requirements.lock
	$(COMPILE) --extra build --extra draft --extra xls -c requirements.lock pyproject.toml -o requirements-run.lock

clean: ## forget the environment and the caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
