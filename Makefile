# The whole life of the project behind a few words. `make` alone lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8080
DATA ?= sala-demo

.DEFAULT_GOAL := help
.PHONY: help install demo check peers test quick bench walk kill-long fuzz-smpp soak-smpp faults pages picture lock sbom clean

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
	$(BIN)/python -m pytest -q -n auto --dist loadfile

peers: install ## what tests need beside Python: a browser, Lao fonts, others' forms (installs as root, else says what is missing)
	@sh deploy/peers.sh

test: peers check quick ## everything that CI runs
	$(BIN)/python -m pytest -q -m slow

walk: install ## follow one key press and one submission through the running code, hop by hop
	$(BIN)/python -m sala.walk

bench: install ## measure; the benches and how to read them: docs/performance.md (BENCH=name, default all)
	$(BIN)/python -m bench $(or $(BENCH),all)

kill-long: install ## kill -9 of node and agency under load, a thousand times
	SALA_KILLS=1000 $(BIN)/python -m pytest -q -m slow -x --timeout=0 tests/journeys -k kill

soak-smpp: install ## a day of an SMSC in ten minutes: lost lines, throttling, answers out of order
	SMPP_SOAK_HOUR=25 $(BIN)/python -m pytest -q -m slow --timeout=0 tests/gateways/smpp/test_soak.py

fuzz-smpp: install ## a million broken SMPP PDUs: no crash, nothing left in memory
	SMPP_FUZZ=1000000 $(BIN)/python -m pytest -q -m 'slow or not slow' --timeout=0 tests/gateways/smpp/test_fuzz.py

faults: install ## break everything in full, and make the table of docs/reliability.md anew (FAULT=name for one row)
	FAULTS=full $(BIN)/python -m tests.faults $(or $(FAULT),all) --write

pages: install ## 60,000 random Lao screens at 67, 70 and 80 units, with ICU and without
	SALA_PAGES=60000 $(BIN)/python -m pytest -q -m slow --timeout=0 tests/flows/text -k many_screens

picture: install ## make docs/pictures/*.png anew (needs chromium and a Lao font)
	$(BIN)/python docs/pictures/make.py
	$(BIN)/python docs/pictures/storyboard.py

sbom: install ## what this is built from, as CycloneDX: dist/sbom.cdx.json
	mkdir -p dist
	$(BIN)/cyclonedx-py environment --of JSON --output-reproducible -o dist/sbom.cdx.json $(BIN)/python

lock: install ## resolve the dependencies anew
	uv pip compile --universal --generate-hashes --no-header --python-version 3.11 --extra dev pyproject.toml -o requirements.lock

clean: ## forget the environment and the caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
