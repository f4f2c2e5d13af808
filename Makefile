# One word for each thing to do; `make` alone lists them. The work is done by ckanext-haugiang/ckanext/haugiang/launch.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help up down status check reset backup restore test test-ckan lint bench bench-pages bench-upload requirements i18n docs

BOOTSTRAP := ckanext-haugiang/ckanext/haugiang/launch/bootstrap.py
# Any Python 3 begins; bootstrap.py finds a 3.11 or 3.12 (or the one named by PYTHON=…) and says so if there is none.
STARTER := $(shell for p in python3 python3.12 python3.11 python; do if $$p -c 'import sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null; then echo $$p; break; fi; done)
BOOT := $(if $(STARTER),$(STARTER),$(error Python 3.11 or 3.12 is needed; on Debian: apt-get install python3-venv)) $(BOOTSTRAP)
# Settings may stand behind the word: make up HAUGIANG_PORT=8080. Make exports what its command line sets.
export PYTHONUTF8 = 1
export PYTHONDONTWRITEBYTECODE
ifdef PYTHON
export PYTHON
endif

help: ## list what make can do
	@sed -n 's/^\([a-z0-9-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST)

up: ## install, start and load the portal; FOREGROUND=1 stays until Ctrl-C
	@$(BOOT) launch up $(if $(FOREGROUND),--foreground)

down: ## stop the portal
	@$(BOOT) launch down

status: ## show what runs
	@$(BOOT) launch status

check: ## list files, tables and search entries that do not belong together
	@$(BOOT) launch check

reset: ## delete all data of the portal, after asking (or CONFIRM=yes); backups stay
	@$(BOOT) launch reset $(if $(CONFIRM),--confirm "$(CONFIRM)")

backup: ## save databases, files and secrets to one file (TO=file)
	@$(BOOT) launch backup $(if $(TO),--to "$(TO)")

restore: ## bring a backup back: FROM=file
	@$(BOOT) launch restore --from "$(FROM)"

test: ## the whole suite: pure tests, CKAN, the start, a browser
	@$(BOOT) --set test run tests/run.py $(LAYERS)

test-ckan: ## the CKAN layer on another CKAN: make test-ckan CKAN=2.12.0
	@$(BOOT) --set ckan-$(or $(CKAN),2.12.0) run tests/run.py ckan

lint: ## formatter, linters and types
	@$(BOOT) --set test run -m ruff check .
	@$(BOOT) --set test run -m ruff format --check .
	@$(BOOT) --set test run -m mypy

bench: ## measure speed and memory
	@$(BOOT) --set bench run tests/run.py bench

bench-pages: ## requests per second of pages beside stock CKAN; a quarter of an hour
	@$(BOOT) --set test run tests/bench/pages.py

bench-upload: ## seconds from the upload of a million rows to a table that answers, beside CKAN's own load
	@$(BOOT) --set test run tests/bench/upload.py

bench-lighthouse: ## Lighthouse's points of four pages; fetches Lighthouse from npm; ten minutes
	@$(BOOT) --set test run tests/bench/lighthouse.py

requirements: ## bring the locked sets of packages up to date with setup.py
	@$(BOOT) --set test run tests/lock.py

i18n: ## bring the Vietnamese catalogue up to date, and list what has no Vietnamese yet
	@$(BOOT) --set test run docs/catalogue.py

docs: ## write docs/reference from the code
	@$(BOOT) --set test run docs/generate.py
