# Needs only make and a Python >= 3.11 with its venv module. Everything is installed in .venv, from the locks.
PYTHON ?= python3
VENV = .venv
BIN = $(VENV)/bin
# Three parts of the tests run beside each other, about as long as each other: one computes, the others mostly wait for nodes.
COMPUTING = tests/agreement tests/cli
WAITING = tests/docs tests/faults tests/web
# -qq hides pip's chatter, not its errors.
PIP = $(BIN)/python -m pip --disable-pip-version-check -qq

.PHONY: help demo demo-live test bench size clean
# Two pips in one environment would trip over each other.
.NOTPARALLEL:

help:
	@echo 'make demo   three nodes, one story, narrated; writes demo-out/'
	@echo 'make demo-live   the three nodes with their pages in the browser; AT=2016-09-17T12:50Z for another moment'
	@echo 'make test   linters, types, rooms, tests'
	@echo 'make bench  every figure beside a peer'
	@echo 'make size   size and install time of the core in a fresh environment'
	@echo 'make clean  removes all that make made'

demo: $(VENV)/linked
	@$(BIN)/detente demo

# AT=2016-09-17T12:50Z stops the story there
demo-live: $(VENV)/linked
	@$(BIN)/detente demo-live $(if $(AT),--at $(AT)) --port $(or $(PORT),8080)

test: $(VENV)/linked $(VENV)/requirements-dev.lock
	@echo '== ruff check'
	@$(BIN)/ruff check -q
	@echo '== ruff format'
	@$(BIN)/ruff format -q --check
	@echo '== mypy'
	@$(BIN)/mypy --no-error-summary
	@echo '== lint-imports'
	@report=$$($(BIN)/lint-imports --no-logo) || { echo "$$report"; exit 1; }
	@echo '== pytest'
	@logs=$$(mktemp -d); \
	$(BIN)/pytest -p no:cacheprovider $(COMPUTING) > "$$logs/1" 2>&1 & computing=$$!; \
	$(BIN)/pytest -p no:cacheprovider $(WAITING) > "$$logs/2" 2>&1 & waiting=$$!; \
	$(BIN)/pytest $(addprefix --ignore ,$(COMPUTING) $(WAITING)); rest=$$?; \
	wait $$waiting; waiting=$$?; wait $$computing; computing=$$?; \
	echo '== pytest $(WAITING)'; cat "$$logs/2"; echo '== pytest $(COMPUTING)'; cat "$$logs/1"; rm -rf "$$logs"; \
	test $$rest -eq 0 -a $$waiting -eq 0 -a $$computing -eq 0

bench: $(VENV)/linked $(VENV)/requirements-dev.lock
	@for script in bench/*.py; do echo "== $$script"; $(BIN)/python "$$script" || exit; done

size:
	@PYTHON='$(PYTHON)' tools/size

clean:
	@rm -rf $(VENV) demo-out dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -prune -exec rm -rf {} +

$(VENV)/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	    echo "Detente needs Python 3.11 or newer. $(PYTHON) is: $$($(PYTHON) -V 2>&1)" >&2; \
	    echo 'Name another one with: make PYTHON=/path/to/python3' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	    echo '$(PYTHON) lacks its venv module. On Debian and Ubuntu: apt install python3-venv' >&2; exit 1; }
	@echo "== making $(VENV) with $$($(PYTHON) -V)"
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

# The copy of a lock in the environment is the one that is installed there.
# Wheels only: nothing is compiled, and no build step runs code that no hash covers.
$(VENV)/%.lock: %.lock $(VENV)/made
	@echo '== installing $<'
	@$(PIP) install --require-hashes --only-binary :all: -r $<
	@cp $< $@

# Puts src on the environment's path and makes the command; the build backend came with the lock.
$(VENV)/linked: pyproject.toml $(VENV)/requirements.lock
	@$(PIP) install --no-index --no-deps --no-build-isolation -e .
	@touch $@
