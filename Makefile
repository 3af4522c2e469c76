# What developers and CI run; `make` alone lists the targets. Settings: PY=python3.13 (which Python), VENV=folder, PORT=8001.

ENOUGH = import sys; sys.exit(sys.version_info < (3, 11))
PY ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	"$$python" -c '$(ENOUGH)' 2>/dev/null && echo "$$python" && break; done)
VENV = .venv
PORT ?= 8000
BIN = $(VENV)/bin
READY = $(VENV)/ready
FAST = -q $(WORKERS) -k "not postgres" tests/rules tests/ical tests/usecases
COVERAGE = $(VENV)/coverage.json
SPELLED = *.md Makefile pyproject.toml bench deploy docs migrations scripts templates tests tracker
MEASURED = --cov --cov-report=json:$(COVERAGE)
DOVECOT = dovecot="$$($(BIN)/python -m scripts.dovecot)" && TRACKER_DOVECOT="$$dovecot"
PROGRAMS = chromium="$$($(BIN)/python scripts/browser.py)" && $(DOVECOT) TRACKER_CHROMIUM="$$chromium"
WORKERS = -n auto --dist loadfile --no-loadscope-reorder  # a worker that ends the browser's folder ends its demo

unexport PYTHONDONTWRITEBYTECODE  # the tests start the product a hundred times

.DEFAULT_GOAL := help
.PHONY: help setup run test test-fast test-all coverage mutants lint fix types imports advisories static check wheel sbom bench bench-large bench-keep faults \
	compat contract looks migration pictures pins same

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

$(READY): pyproject.toml constraints.txt scripts/environment.py
	@"$(PY)" -c '$(ENOUGH)' 2>/dev/null || { echo "Python 3.11 or later is needed. Name one: make PY=python3.13" >&2; exit 1; }
	@"$(PY)" scripts/environment.py $(VENV)
	@touch $@

setup: $(READY) ## Set up the virtual environment with the project and its tools
	@echo "Ready. Next: make run, or make test."

run: $(READY) ## Serve the demo task force at http://127.0.0.1:8000 (PORT=8001 for another port)
	@exec $(BIN)/tracker demo --data demo --port $(PORT)

test: $(READY) ## Run the tests that CI runs: SQLite, a browser, and PostgreSQL where the database matters
	@$(PROGRAMS) $(BIN)/python -m pytest -q $(WORKERS)

test-fast: $(READY) ## Run the rules, calendars and use cases on SQLite, in about a minute
	@$(BIN)/python -m pytest $(FAST)

test-all: $(READY) ## Run every test on both databases and measure coverage, as CI does each night
	@$(PROGRAMS) $(BIN)/python -m pytest -q $(WORKERS) --all-engines $(MEASURED)
	@$(BIN)/python scripts/coverage_floor.py $(COVERAGE)

coverage: $(READY) ## Measure line and branch coverage of test-fast, and compare with the floors
	@$(BIN)/python -m pytest $(FAST) $(MEASURED)
	@$(BIN)/python scripts/coverage_floor.py $(COVERAGE)

mutants: $(READY) ## List small changes that no test catches: make mutants ONLY='tracker.rules.roster.meetings*' (all: hours)
	@$(BIN)/python scripts/mutants.py $(if $(ONLY),'$(ONLY)')

lint: $(READY) ## Check for mistakes, style, and American spelling
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/codespell $(SPELLED)

fix: $(READY) ## Fix what can be fixed automatically
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

types: $(READY) ## Check the types
	@$(BIN)/mypy

imports: $(READY) ## Check that imports go only downward
	@$(BIN)/lint-imports --no-logo

advisories: $(READY) ## Check what a deployment installs against security advisories
	@$(BIN)/python scripts/advisories.py

static: $(READY) ## Check style, types, imports, and advisories side by side
	@$(MAKE) --no-print-directory --jobs=2 lint types imports advisories

check: static test ## Everything that CI runs, except the wheel

wheel: $(READY) ## Build the wheel into dist/, install it elsewhere, and check that it serves
	@$(BIN)/python scripts/wheel.py dist

sbom: $(READY) ## Write the bill of materials (CycloneDX) into dist/
	@$(BIN)/python scripts/sbom.py

bench: $(READY) ## Run the benchmarks and write bench/results.json
	@$(BIN)/python -m bench

bench-large: $(READY) ## Run the benchmarks of the largest sizes and write bench/results_large.json
	@$(BIN)/python -m bench large

bench-keep: $(READY) ## Keep the ratios of both results in bench/baseline.json, for later runs to be compared with
	@$(BIN)/python -m bench keep

faults: $(READY) ## Kill and stall processes while emails go out, and edit series and plans in any order
	@$(DOVECOT) TRACKER_FAULTS=full $(BIN)/python -m pytest -q tests/faults tests/scenarios/test_any_edits.py tests/scenarios/test_any_emails.py \
		tests/scenarios/test_any_plans.py tests/scenarios/test_random_series.py

compat: $(READY) ## Read our calendars with other people's parsers
	@$(BIN)/python -m pytest -q tests/ical

contract: $(READY) ## Test the API with schemathesis against its OpenAPI document
	@$(BIN)/python scripts/contract.py

migration: $(READY) ## Draft a migration: make migration NAME=add_rooms
	@$(BIN)/python scripts/migration.py "$(NAME)"

looks: $(READY) ## Take twenty pages of the demo at four widths, before and after their main click: make looks TO=../looks
	@chromium="$$($(BIN)/python scripts/browser.py)" && TRACKER_CHROMIUM="$$chromium" $(BIN)/python -m scripts.looks $(TO)

same: $(READY) ## Fetch every page, feed and email of the demo, to compare: make same TO=../same-now AGAINST=../same-before
	@$(BIN)/python -m scripts.same "$(TO)" "$(AGAINST)"

pictures: $(READY) ## Retake the pictures of docs/guide/ from the demo
	@chromium="$$($(BIN)/python scripts/browser.py)" && TRACKER_CHROMIUM="$$chromium" $(BIN)/python -m scripts.pictures

pins: $(READY) ## Update constraints.txt and requirements.txt to the newest releases that pyproject.toml allows
	@$(BIN)/python scripts/pins.py
