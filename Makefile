# Two commands do everything: `make demo` and `make test`. Each sets up what it needs in .venv.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
TWIN := trials/a021202
PILOT := trials/cdisc_pilot
BUILD := build/demo

.DEFAULT_GOAL := help
.PHONY: help demo test test-full check lint bench docs clean

help: ## List the commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | expand -t 14

demo: .venv/compiled ## A whole synthetic trial, from the first screening to the abstract, and a report of public trial data
	@$(BIN)/equipoise check $(TWIN) | tail -1
	@echo "rehearsing the synthetic twin of A021202, from the first screening to the report:"
	@$(BIN)/equipoise rehearse $(TWIN) -o $(BUILD)/twin
	@$(BIN)/python $(PILOT)/get_data.py $(BUILD)/pilot_sdtm > /dev/null
	@echo "the CDISC pilot study, real and anonymized data, from SDTM files to the report:"
	@$(BIN)/equipoise report $(PILOT) $(BUILD)/pilot_sdtm -o $(BUILD)/pilot --format parquet --format xpt

test: .venv/test chromium postgresql ## Check style, types and imports, then run all tests at reduced sizes
	@echo "sizes: reduced (make test-full runs the promised ones)"
	@$(MAKE) --no-print-directory -j2 lint .venv/compiled
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test-full: .venv/test chromium postgresql ## The same at the promised sizes
	@echo "sizes: promised"
	@$(MAKE) --no-print-directory -j2 lint .venv/compiled
	@EQUIPOISE_FULL=1 $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

check: test ## What the continuous integration runs

lint: .venv/test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: .venv/test .venv/compiled postgresql ## Time and memory; see bench/README.md
	@$(BIN)/python bench/pipeline.py
	@$(BIN)/python bench/server.py

docs: .venv/test ## Renew what is generated: JSON Schema, reference tables, table of evidence
	@$(BIN)/python -m equipoise.protocol.schema
	@$(BIN)/python -m equipoise.protocol.reference
	@$(BIN)/python -m equipoise.cdisc.reference docs/reference/cdisc.md docs/reference/cdisc-variables.md
	@$(BIN)/python -m equipoise.conduct.reference docs/reference/commands.md docs/reference/rights.md
	@$(BIN)/python docs/validation/make_stats.py

clean: ## Remove what was built, not what was installed
	rm -rf build

.venv/bin/pip:
	@test -n "$(PYTHON)" || { echo "equipoise needs Python 3.11 or later; install it, or say which: make PYTHON=/path/to/python3" >&2; exit 1; }
	@if ! $(PYTHON) -c 'import ensurepip' 2>/dev/null; then \
		package=$$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'); \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then apt-get update -qq && apt-get install -y -qq $$package; \
		else echo "Python's venv module is not complete. Run this line, then make again:  apt-get install $$package" >&2; exit 1; fi; fi
	@rm -rf .venv
	@$(PYTHON) -m venv .venv

.venv/core: .venv/bin/pip requirements/core.txt pyproject.toml
	@echo "installing equipoise into .venv (once; two to six minutes)"
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements/core.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv/demo: .venv/core requirements/demo.txt requirements/server.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements/demo.txt -r requirements/server.txt
	@touch $@

.venv/compiled: .venv/demo
	@echo "compiling the statistics and the rehearsal (once)"
	@$(BIN)/python -m equipoise.stats._kernels.warm
	@$(BIN)/equipoise rehearse $(TWIN) --seed 1 --patients 8 -o build/warm >/dev/null
	@rm -rf build/warm
	@touch $@

.venv/test: .venv/demo requirements/test.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements/test.txt
	@touch $@

.PHONY: chromium
chromium:
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; } || \
		echo "chromium is not there: tests in the browser will be skipped (apt-get install chromium)"

.PHONY: postgresql
postgresql:
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || \
		{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >/dev/null; } || \
		echo "PostgreSQL is not there: tests on it will be skipped (apt-get install postgresql)"
