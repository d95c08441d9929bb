# `make run` starts the dashboard, `make test` checks everything, `make` alone lists the rest.

PYTHON ?= python3
PORT ?= 8501
BIN := .venv/bin
export PYTHON

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test test-fast test-midnight test-all setup system lint types imports format messages lock audit clean

help: ## List these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1|\2/p' Makefile | awk -F'|' '{ printf "%-14s %s\n", $$1, $$2 }'

run: .venv/.requirements ## Start the dashboard at http://localhost:8501 (another port: make run PORT=8502)
	@case "$${MV_STORE:-}" in \
	*://*) echo "MV_STORE names a database server: no invented people are added to it" ;; \
	*) echo "Adding invented people, if the store is empty"; \
	   $(BIN)/python -m mv sample --customers 5000 --seed 1 --if-missing ;; \
	esac
	@echo "Starting the dashboard at http://localhost:$(PORT) (stop it with Ctrl+C)"
	@exec $(BIN)/streamlit run app.py --server.port $(PORT)

# Three workers where the smallest machine has two cores: a browser waits for a third of its time. A file's tests stay
# together, and share what they make; the files are begun in the order of tests/conftest.py.
PYTEST := $(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder

test: setup system lint types imports ## Check everything: lint, types, imports, then all tests
	@echo "Running the tests"
	@$(PYTEST)
	@echo "Running some of them while the machine's clock passes into another month"
	@.ci/at-time 2026-11-30T23:59:55 $(BIN)/python -m pytest -p tests.midnight -q tests/pages/test_reimbursement_claims.py

test-fast: setup lint types imports ## Check what needs neither browser nor server, while one works
	@echo "Running the tests that need neither browser nor server"
	@$(PYTEST) --without-servers

test-all: setup system lint types imports ## Check everything thoroughly: each store on both engines, properties tried often
	@echo "Running the tests, each on both engines and thoroughly"
	@$(PYTEST) --both-engines --hypothesis-profile=thorough

test-midnight: setup system ## Run what shows and counts days while the machine's clock passes midnight into another month
	@for start in $(MIDNIGHTS); do \
	  echo "Running the tests of pages and days from $$start UTC"; \
	  .ci/at-time $$start $(BIN)/python -m pytest -p tests.midnight -n 2 --dist loadfile $(OF_DAYS) || exit 1; \
	done

# Two minutes before midnight UTC: of a year, of a month, and of the night to summer time.
MIDNIGHTS := 2026-12-31T23:58:00 2026-11-30T23:58:00 2027-03-27T23:58:00
OF_DAYS := tests/pages tests/test_clock.py tests/test_memberships.py tests/test_vaccinations.py tests/registration tests/reimbursement

setup: .venv/.requirements-dev ## Create .venv with all Python packages

system:
	@echo "Looking for Chromium, PostgreSQL and nginx, which the tests start, and for faketime"
	@.ci/system-packages chromium postgresql nginx faketime

lint: .venv/.requirements-dev ## Check style and formatting (ruff)
	@echo "Checking style and formatting"
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

types: .venv/.requirements-dev ## Check types (mypy)
	@echo "Checking types"
	@$(BIN)/mypy

imports: .venv/.requirements-dev ## Check which module imports which (import-linter)
	@echo "Checking imports"
	@$(BIN)/lint-imports --no-logo

format: .venv/.requirements-dev ## Format the code and mend what ruff can mend
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

messages: .venv/.requirements ## Bring the Swedish catalog up to the texts in the code
	@$(BIN)/pybabel --quiet extract --mapping babel.cfg --keyword N_ --keyword count_of:1,2 \
	  --keyword translate_count:1,2 --no-location --omit-header --sort-output --output .venv/messages.pot .
	@$(BIN)/pybabel --quiet update --input-file .venv/messages.pot --domain mv --output-dir mv/locale \
	  --locale sv --no-fuzzy-matching --ignore-obsolete --width 110
	@sed -i '/EMAIL@ADDRESS\|LL@li.org\|YEAR-MO\|POT-Creation\|Project-Id\|Generated-By/d' mv/locale/sv/LC_MESSAGES/mv.po
	@echo "Now translate what is empty in mv/locale/sv/LC_MESSAGES/mv.po; a test finds what is left"

lock: .venv/.requirements-dev ## Write requirements*.lock again, after a change in requirements*.txt (newer: make lock UPGRADE=1)
	@for list in requirements requirements-dev; do \
	  $(BIN)/uv --quiet pip compile --universal --python-version 3.11 --generate-hashes $(if $(UPGRADE),--upgrade) --no-build \
	    --no-config --no-annotate --custom-compile-command "make lock" --output-file $$list.lock $$list.txt || exit 1; \
	done
	@echo "Now make setup installs what the new lock names"

# Strict: a package that the service has no answer for fails too, so that no answer never looks like a good one.
audit: .venv/.requirements-dev ## Look the locked packages up among known vulnerabilities (asks pypi.org)
	@echo "Asking pypi.org about the locked packages"
	@$(BIN)/pip-audit --strict --require-hashes --disable-pip --progress-spinner off -r requirements-dev.lock

clean: ## Remove caches and test results; .venv and the store stay
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache test-results
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

# From the lock: a file whose hash it does not hold is refused. Wheels only, since building a package from source runs
# its code with tools that no lock covers.
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all:

.venv/.requirements-dev: requirements-dev.lock .venv/.requirements
	@echo "Installing requirements-dev.lock into .venv"
	@$(PIP_INSTALL) -r requirements-dev.lock
	@touch $@

.venv/.requirements: requirements.lock | $(BIN)/pip
	@echo "Installing requirements.lock into .venv (the first time takes a few minutes)"
	@$(PIP_INSTALL) -r requirements.lock
	@touch $@

# pip is the last thing that venv writes: where it is, the environment is whole.
$(BIN)/pip:
	@echo "Creating .venv with $(PYTHON)"
	@.ci/system-packages venv
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed, and $(PYTHON) is $$($(PYTHON) -V 2>&1)." >&2; exit 1; }
	@$(PYTHON) -m venv .venv
