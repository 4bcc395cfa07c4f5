# Tandem: the menu. `make` alone shows it.

RUNTIME ?= auto

experiment := $(if $(EXPERIMENT_ID),--experiment $(EXPERIMENT_ID))
venv := $(or $(TANDEM_STATE),.tandem)/venv/bin
tandem := ./tandem
in_python := cd python && TANDEM_NODE_MODULES=$(CURDIR)/.tandem/node/node_modules $(if $(TANDEM_STATE),,../)$(venv)

.DEFAULT_GOAL := help
.PHONY: help setup setup-test run up down restart status logs doctor test test-py test-r test-r-file check fmt bench lock clean

help: ## Show this menu
	@printf 'Tandem runs analyses of single-cell experiments.\n\n'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-20s %s\n", $$1, $$2}'
	@printf '\nEXPERIMENT_ID=demo    which experiment of data/ to run; several as a,b\n'
	@printf 'RUNTIME=native        or containers; without it, what this machine can do\n'

run: setup ## Set up what is missing, start everything, stay; Ctrl-C stops all of it
	@$(tandem) run $(experiment)

up: setup ## The same, in the background
	@$(tandem) up $(experiment)

down: ## Stop everything
	@$(tandem) down

restart: setup ## Stop and start again, with what was changed
	@$(tandem) restart $(experiment)

status: ## Say what runs, and where
	@$(tandem) status

logs: ## Follow the logs; PART=worker-demo chooses one
	@$(tandem) logs -f $(PART)

doctor: ## Say what is wrong here, and what to do
	@$(tandem) doctor

setup: ## Prepare this machine and this checkout
	@scripts/check-runtime $(RUNTIME)
	@scripts/setup run

setup-test:
	@scripts/setup test

test: setup-test check test-r test-py ## Run every test

test-py: setup-test ## Run the Python tests (ARGS='-k queue' chooses)
	@$(in_python)/python -m pytest --numprocesses 3 --dist loadfile $(ARGS)

test-r: setup-test ## Run the R tests
	@scripts/test-r

test-r-file: setup-test ## Run one R test file: FILE=router
	@scripts/test-r $(FILE)

check: setup-test ## Check style and types
	@$(in_python)/ruff check . ../bench
	@$(in_python)/mypy

fmt: setup-test ## Put the Python code into its format
	@$(in_python)/ruff check --fix-only --quiet . ../bench
	@$(in_python)/ruff format . ../bench

bench: setup-test ## Measure against other tools (SIZES=10k is quick; ARGS='--only views' chooses, '--continue' goes on)
	@scripts/setup-bench
	@$(venv)/python -m bench --sizes '$(SIZES)' $(ARGS)

lock: setup ## Pin the newest versions of the Python packages
	@scripts/lock

clean: ## Stop everything and remove what was made here; data/ stays
	@if [ -x $(venv)/tandem ]; then $(tandem) down; fi
	rm -rf .tandem python/build python/src/*.egg-info python/.pytest_cache python/.mypy_cache python/.ruff_cache python/.hypothesis
