# Each target makes what it needs: Python 3.11 or later, pip and make are enough.
#   make PYTHON=python3.12 test     chooses the Python that .venv is made with
#   make WORKERS=8 test             runs more tests at once

PYTHON ?= python3
WORKERS ?= 2
VENV := .venv
BIN := $(VENV)/bin
# Where this is set, each of the many processes of tests compiles every module anew.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help demo test fuzz lint bench soak cdm clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' Makefile

demo: $(VENV)/installed ## Install, make the demonstration data and serve it on 127.0.0.1:8000
	$(BIN)/xrm demo

test: $(VENV)/installed-test ## Run every test, on SQLite, PostgreSQL and a browser where found
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -ra -q

fuzz: $(VENV)/installed-test ## Run the tests of generated and hostile input, at full counts
	XRM_CAMPAIGN=release $(BIN)/python -m pytest -n $(WORKERS) -ra --timeout 0 -m fuzz

lint: $(VENV)/installed-test ## Check format, style and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/python -m tests.support.type_check

bench: $(VENV)/installed-test ## Measure speed against a hand-written application, up to 1,000,000 rows
	PYTHONPATH=. $(BIN)/python tests/bench/run.py --scale

soak: $(VENV)/installed-test ## Run every campaign at its release count; takes hours
	XRM_CAMPAIGN=release $(BIN)/python -m pytest -n $(WORKERS) -ra --timeout 0 \
	  -m "campaign or fuzz"

cdm: $(VENV)/installed-test ## Compare core and crm with the reference of the standard tables
	$(BIN)/python -m tests.support.cdm

clean: ## Remove the virtual environment, caches and build output
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "OpenXRM needs Python 3.11 or later; name one with make PYTHON=python3.12"; \
	  exit 1; }
	@if $(PYTHON) -c 'import ensurepip' 2>/dev/null; then \
	  $(PYTHON) -m venv $(VENV); \
	elif $(PYTHON) -m pip --version >/dev/null 2>&1; then \
	  $(PYTHON) -m venv --without-pip $(VENV) && \
	  $(PYTHON) -m pip --python $(VENV)/bin/python install --quiet pip; \
	else \
	  echo "$(PYTHON) has neither ensurepip nor pip; install it (Debian: python3-venv)"; \
	  exit 1; \
	fi

$(VENV)/installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/installed-test: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test,lint]'
	@touch $@ $(VENV)/installed
