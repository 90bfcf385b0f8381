# One command for each thing; `make` alone lists them. Needs git, make and Python 3.11 or newer, nothing else.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:

VENV := .venv
RUN := $(VENV)/.run
DEV := $(VENV)/.dev
PY := $(VENV)/bin/python

# The first interpreter that will do: 3.11 or newer, below 3.15 (Prefect's limit), with venv and ensurepip.
FIT := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13 python3.14; do \
	$$p -c '$(FIT)' >/dev/null 2>&1 && { echo $$p; break; }; done)

# No telemetry, whoever is asked for it.
export DO_NOT_TRACK := 1
export PREFECT_SERVER_ANALYTICS_ENABLED := false
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help
help: ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## /  make \1|/p' Makefile | awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'

.PHONY: install
install: $(RUN) ## make the environment with the locked run-time packages

.PHONY: demo
demo: $(RUN) ## run one drill incident from detection to closure
	$(PY) -m incident.demo

.PHONY: test
test: $(DEV) ## run every test; what is missing on this machine is skipped and named at the end
	$(PY) -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

.PHONY: check
check: static ## lint, format, types, import contracts, budgets
	$(PY) -m pytest -q tests/architecture -m "not slow"

.PHONY: static
static: $(DEV) ## the part of check that runs no test
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(PY) -m pip check

.PHONY: chaos
chaos: $(DEV) ## a seeded campaign of faults, kills and races; three records compared person by person
	$(PY) -m benchmarks.chaos $(ARGS)

.PHONY: coverage
coverage: $(DEV) ## run every test and say which branches of core, ledger and law none of them took
	$(PY) -m pytest -n 2 --dist loadfile --no-loadscope-reorder --cov --cov-report=
	$(VENV)/bin/coverage report --skip-covered --include='incident/core/*,incident/ledger/*,incident/law/*'

# One table for each module in benchmarks/ that has a `main`; the numbers as JSON in bench-out/.
BENCHMARKS := $(shell grep -l '^def main' benchmarks/*.py 2>/dev/null | sed 's,/,.,;s,.py$$,,' | grep -Ev 'exports|people|send$$|webhook|sink|chaos')

.PHONY: bench
bench: $(DEV) ## measure: one table for each benchmark, JSON in bench-out/; ONLY=sending for one of them
	@for one in $(if $(ONLY),$(ONLY:%=benchmarks.%),$(BENCHMARKS)); do $(PY) -m $$one $(ARGS) || exit 1; done

.PHONY: ci
ci: ## what CI runs: check and test, with nothing skipped; the tests of the architecture are among the others
	$(MAKE) --no-print-directory static
	TOCSIN_MAY_NOT_SKIP=1 $(MAKE) --no-print-directory test

# The lock comes from pip's default index alone, whatever else pip is set up with here, and records no address.
# It is made with the oldest Python served, whose set holds every other's. UPGRADE=--upgrade takes newer releases.
PIP_COMPILE = env -u PIP_FIND_LINKS -u PIP_EXTRA_INDEX_URL PIP_CONFIG_FILE=/dev/null \
	CUSTOM_COMPILE_COMMAND='make lock' $(VENV)/bin/pip-compile --quiet --no-config --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options --strip-extras --allow-unsafe

.PHONY: lock
lock: ## write requirements/*.txt anew from pyproject.toml and requirements/*.in
	@test -x $(VENV)/bin/pip-compile || $(MAKE) --no-print-directory $(DEV)
	@$(PY) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' \
		|| { echo "make lock needs an environment of Python 3.11: make clean lock PYTHON=python3.11" >&2; exit 1; }
	$(PIP_COMPILE) $(UPGRADE) --extra postgres --output-file requirements/run.txt pyproject.toml requirements/run.in
	$(PIP_COMPILE) $(UPGRADE) --output-file requirements/dev.txt requirements/dev.in

.PHONY: audit
audit: $(DEV) ## ask the package index for known weaknesses of the locked packages; needs the network
	$(VENV)/bin/pip-audit --requirement requirements/run.txt --require-hashes --disable-pip --strict

.PHONY: clean
clean: ## remove the environment, caches and what the demo wrote
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage build dist demo-out
	find . -name __pycache__ -type d -not -path './node_modules/*' -prune -exec rm -rf {} +

# A changed lock makes a new environment: nothing of the old one stays behind.
$(RUN): requirements/run.txt requirements/install.py
	@test -n "$(PYTHON)" || { \
		echo "No fitting Python found: 3.11 to 3.14 with its venv module is needed." >&2; \
		echo "Debian and Ubuntu keep that module apart: apt-get install python3-venv" >&2; \
		echo "Or name another interpreter: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" -c '$(FIT)' || { \
		echo "$(PYTHON) will not do: 3.11 to 3.14 with its venv and ensurepip modules is needed" >&2; exit 1; }
	@echo "making $(VENV) with $$("$(PYTHON)" --version)"
	@"$(PYTHON)" -m venv --clear $(VENV)
	@$(PY) requirements/install.py requirements/run.txt
	@$(PY) -m pip install --quiet --no-deps --no-build-isolation --editable .
	@$(PY) -m pip check
	@touch $@

$(DEV): $(RUN) requirements/dev.txt
	@$(PY) requirements/install.py requirements/dev.txt
	@touch $@
