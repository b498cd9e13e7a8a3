# Fairhouse. `make` lists the targets; `make demo` and `make test` do all their own set-up.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# The first Python of version 3.11 or later; only used to build .venv.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PY := .venv/bin/python
SEED ?= 1
WORKERS ?= 2


.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /  \1\t/' | expand -t 20

.PHONY: python-there
python-there:
	@test -n "$(PYTHON)" || { echo "Fairhouse needs Python 3.11 or later; none was found." \
		"On Debian or Ubuntu: apt-get install python3 python3-venv" >&2; exit 1; }

.PHONY: setup
setup: python-there ## Install everything that tests and checks need into .venv
	@$(PYTHON) tools/bootstrap.py dev

.PHONY: setup-runtime
setup-runtime: python-there
	@$(PYTHON) tools/bootstrap.py runtime

# The player's app: built when one of its sources changed.
WEB_SOURCES := $(shell find web/src web/public web/index.html web/reset web/verify web/*.js web/*.ts -type f 2>/dev/null)

.PHONY: web
web: setup-runtime web/dist/index.html ## Build the player's web app

web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	@echo "  · installing the web app's packages"
	@$(PY) -m tools.node npm --prefix web --loglevel=error ci --ignore-scripts
	@touch $@

web/dist/index.html: $(WEB_SOURCES) web/node_modules/.package-lock.json
	@echo "  · building the web app"
	@$(PY) -m tools.node npm --prefix web --silent run build

.PHONY: demo
demo: setup-runtime web ## Start the platform with local chains and demo data, and print the URLs
	@$(PY) -m devnet.demo $(ARGS)

.PHONY: demo-reset
demo-reset: setup-runtime ## Forget the demo's data (database, chain, keys)
	@$(PY) -m devnet.demo --reset

.PHONY: journey
journey: setup-runtime web ## Walk the whole player journey on the demo, on a real chain
	@$(PY) -m tools.journey $(ARGS)

.PHONY: test
test: setup web ## Run all tests
	@$(PYTHON) tools/bootstrap.py browser
	@$(PY) -m pytest -n $(WORKERS) --dist worksteal tests $(ARGS)

.PHONY: check
check: setup ## Lint, format, types, layers and norms
	@.venv/bin/ruff check -q .
	@.venv/bin/ruff format -q --check .
	@.venv/bin/lint-imports > .cache/layers.txt 2>&1 || { cat .cache/layers.txt; exit 1; }
	@tail -n 2 .cache/layers.txt
	@$(PY) -m pytest -q --no-header -p no:xdist tests/test_tidy.py
	@$(PY) -m tools.node node node_modules/pyright/index.js --warnings

.PHONY: bench
bench: setup ## Measure side by side; PASS or MISS by line (QUICK=1: three minutes)
	@QUICK=$(QUICK) $(PY) -m bench $(ARGS)

.PHONY: simulate
simulate: setup ## Run the seeded simulation (SEED=7)
	@$(PY) -m tests.simulation --seed $(SEED) $(ARGS)

.PHONY: soak
soak: setup web ## Run the long batteries: crash matrix, twins, every width, randomness, simulation
	@FAIRHOUSE_CRASH_ROUNDS=20 $(PY) -m pytest -q -p no:xdist \
		tests/flows/test_crash_matrix.py tests/flows/test_several_apis.py
	@FAIRHOUSE_EXAMPLES=1000 $(PY) -m pytest -q -p no:xdist \
		tests/properties/test_road_twins.py tests/flows/test_link_cut.py \
		tests/flows/test_disk_full.py
	@FAIRHOUSE_WIDTHS=all $(PY) -m pytest -q -p no:xdist tests/e2e
	@FAIRHOUSE_DRAWS=200000 $(PY) -m pytest -q -p no:xdist --timeout 3600 tests/randomness
	@$(PY) -m tests.randomness
	@$(PY) -m tests.simulation --soak $(ARGS)
	@$(PY) -m bench soak

.PHONY: maths
maths: setup ## Write docs/maths, the exact mathematics of every game
	@$(PY) -m tools.maths_sheets

.PHONY: risk-report
risk-report: setup ## Judge labelled players by risk's rules, graph and models (SEED=7)
	@$(PY) -m tools.players report --seed $(SEED)

.PHONY: risk-model
risk-model: setup ## Train risk's anomaly model anew (SEED=7)
	@$(PY) -m tools.players train --seed $(SEED)

.PHONY: new-game
new-game: setup ## Write the package of a new game (NAME=slug), a whole one to be changed
	@$(PY) -m tools.new_game $(NAME)

.PHONY: publish-games
publish-games: setup ## Publish new releases of games, also to the verifier
	@$(PY) -m tools.publish_games
	@$(PY) -m tools.verifier_tables

.PHONY: openapi
openapi: setup web/node_modules/.package-lock.json ## Write the player API's document and its TypeScript types
	@$(PY) -m fairhouse.app openapi > web/openapi.json
	@$(PY) -m tools.node npm --prefix web --silent run generate

.PHONY: fmt
fmt: setup ## Format and fix what can be fixed
	@.venv/bin/ruff check -q --fix-only .
	@.venv/bin/ruff format -q .

.PHONY: lock
lock: setup ## Compile requirements/*.in to hash-pinned requirements/*.txt
	@for name in bootstrap runtime dev node; do \
		.venv/bin/uv pip compile -q --universal --generate-hashes --no-emit-index-url \
			--no-annotate --no-header --python-version 3.11 \
			requirements/$$name.in -o requirements/$$name.txt || exit 1; done

.PHONY: clean
clean: ## Remove caches, run folders and built files; keeps the demo's data
	@rm -rf .cache .run .hypothesis .pytest_cache .ruff_cache .import_linter_cache web/dist
	@find . -name __pycache__ -not -path './.venv/*' -not -path './node_modules/*' \
		-prune -exec rm -rf {} +
	@if [ ! -L .venv ]; then rm -rf .venv; fi
	@if [ ! -L node_modules ]; then rm -rf node_modules; fi
	@rm -rf web/node_modules
