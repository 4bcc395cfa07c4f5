# Tandem: the menu. `make` alone shows it.

RUNTIME ?= auto

export RUNTIME
venv := $(or $(TANDEM_STATE),.tandem)/venv/bin
tandem := ./tandem
in_python := cd python && TANDEM_NODE_MODULES=$(CURDIR)/.tandem/node/node_modules $(if $(TANDEM_STATE),,../)$(venv)

.DEFAULT_GOAL := help
.PHONY: help run up down kill restart status logs shell-r shell-py build download-image run-downloaded doctor
.PHONY: setup setup-test test test-py test-r test-r-file test-faults verify-deploy verify-fresh check chart-readme fmt
.PHONY: bench fuzz audit lock clean

help: ## Show this menu
	@printf 'Tandem runs analyses of single-cell experiments.\n\n'
	@sed -n 's/^\([a-z -]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-23s %s\n", $$1, $$2}'
	@printf '\nEXPERIMENT_ID=demo    which experiment of data/ to run; several as a,b\n'
	@printf 'RUNTIME=native        or containers; without it, what this machine can do\n'
	@printf 'DEBUG_STEP=all        or a request such as getClusters: what R is asked is kept in data/debug\n'

run: ## Set up what is missing, start everything, stay; Ctrl-C stops all of it
	@scripts/platform run

up: ## The same, in the background
	@scripts/platform up

down kill: ## Stop everything
	@scripts/platform down

restart: ## Stop and start again, with what was changed
	@scripts/platform restart

status: ## Say what runs, and where
	@scripts/platform status

logs: ## Follow the logs; PART=worker-demo chooses one
	@scripts/platform logs

shell-r shell-py: ## A shell with what R, or Python, has
	@scripts/platform $@

build: ## Build the images
	@scripts/build-images

download-image: ## Fetch the images instead: IMAGE_REGISTRY, LATEST_TAG
	@scripts/compose pull r python gateway

run-downloaded: download-image ## Run them
	@scripts/compose up --no-build

doctor: ## Say what is wrong here, and what to do
	@$(tandem) doctor

setup: ## Prepare this machine and this checkout
	@scripts/setup run

setup-test:
	@scripts/setup test

test: setup-test check test-r test-py ## Run every test

test-py: setup-test ## Run the Python tests (ARGS='-k queue' chooses)
	@$(in_python)/python -m pytest --numprocesses 3 --dist loadfile $(ARGS)

test-faults: setup-test ## Random kills for a minute, or SOAK_MINUTES; write docs/reliability.md
	@export SOAK_MINUTES=$(or $(SOAK_MINUTES),1); $(in_python)/python -m pytest --numprocesses 2 --dist loadfile \
	    --write-reliability ../docs/reliability.md tests/faults $(ARGS)

test-r: setup-test ## Run the R tests
	@scripts/test-r

test-r-file: setup-test ## Run one R test file: FILE=router
	@scripts/test-r $(FILE)

verify-deploy: setup-test ## Build the images; try compose, the chart and its pod on them
	@scripts/setup-deploy
	@$(in_python)/python -m pytest tests/deploy $(ARGS)

verify-fresh: ## Try README's commands in bare containers of Debian 12 and 13
	@scripts/verify-fresh

chart-readme: setup-test ## Make the chart's README of its values
	@scripts/chart-readme

check: setup-test ## Check style and types
	@$(in_python)/ruff check . ../bench
	@$(in_python)/mypy

fmt: setup-test ## Put the Python code into its format
	@$(in_python)/ruff check --fix-only --quiet . ../bench
	@$(in_python)/ruff format . ../bench

bench: setup-test ## Measure against other tools (SIZES=10k is quick; ARGS='--only views' chooses, '--continue' goes on)
	@scripts/setup-bench
	@$(venv)/python -m bench --sizes '$(SIZES)' $(ARGS)

fuzz: setup-test ## Look for inputs that anything dies of (FUZZ_MINUTES=20; FUZZ_TARGETS='archives layers' chooses)
	@scripts/fuzz

audit: setup-test ## Ask about known faults of what is depended on, check docs/licences.md, list all parts
	@scripts/audit

lock: setup ## Pin the newest versions of the Python packages
	@scripts/lock

clean: ## Stop everything and remove what was made here; data/ stays
	@if [ -x $(venv)/tandem ]; then $(tandem) down; fi
	rm -rf .tandem python/build python/src/*.egg-info python/.pytest_cache python/.mypy_cache python/.ruff_cache python/.hypothesis
