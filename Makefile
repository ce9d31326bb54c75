# The verbs of Saldo. `make` alone prints them.
.DEFAULT_GOAL := help
.PHONY: help up down clean check lake agreement agreements template powerbi readers pictures test lint bench reference lock

# Of whoever calls: without it every process compiles all of Airflow again, four seconds each.
unexport PYTHONDONTWRITEBYTECODE

help: ## these lines
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## (.*)/  make \1\t\2/' | expand -t 18

up: ## start everything and run tonight's DAGs; prints where to look
	@began=$$(date +%s) && stack/bootstrap.sh && SALDO_UP_BEGAN=$$began .venv/bin/python -m stack up

down: ## stop everything
	@[ ! -x .venv/bin/python ] || .venv/bin/python -m stack down

clean: ## stop everything and delete .run/ with its data
	@[ ! -x .venv/bin/python ] || .venv/bin/python -m stack clean

check: ## try an agreement before its first night: AGREEMENT=id, files of people: FILE=id, an accounting export: EXPORT=organisation (or "id id", or all)
	@[ -n "$(AGREEMENT)$(FILE)$(EXPORT)" ] || { echo 'make check: say which: make check AGREEMENT=id, FILE=id or EXPORT=organisation (or "id id", or all)' >&2; exit 2; }
	@stack/bootstrap.sh
	@$(if $(AGREEMENT),.venv/bin/python -m stack check $(AGREEMENT),true)
	@$(if $(FILE),.venv/bin/python -m stack check --files $(FILE),true)
	@$(if $(EXPORT),.venv/bin/python -m stack check --exports $(EXPORT),true)

lake: ## write what an agreement's lake lacks, from staging, without a night: AGREEMENT=id (or "id id", or all)
	@[ -n "$(AGREEMENT)" ] || { echo 'make lake: say whose: make lake AGREEMENT=id (or "id id", or all)' >&2; exit 2; }
	@stack/bootstrap.sh
	@.venv/bin/python -m stack lake $(AGREEMENT)

agreement: ## write the file of an agreement by questions (ARGS="--id … --name …" answers some beforehand)
	@stack/bootstrap.sh
	@.venv/bin/python -m stack agreement $(ARGS)

agreements: ## write the files of many agreements from a table: CSV=file (REPLACE=1: those that differ, too)
	@[ -n "$(CSV)" ] || { echo 'make agreements: say which table: make agreements CSV=file' >&2; exit 2; }
	@stack/bootstrap.sh
	@.venv/bin/python -m stack agreements "$(CSV)" $(if $(REPLACE),--replace)

# The shell has a LANGUAGE of its own: only one given to make is meant.
template: ## write a budget to fill in: LANGUAGE=da YEAR=2026 (FISCAL=2025-07) AGREEMENT=id (KIND=account_mapping or exchange_rates, INTO=folder)
	@stack/bootstrap.sh
	@.venv/bin/python -m stack template $(if $(KIND),--kind $(KIND)) $(if $(filter command line,$(origin LANGUAGE)),--language $(LANGUAGE)) \
		$(if $(YEAR),--year $(YEAR)) $(if $(FISCAL),--fiscal $(FISCAL)) $(if $(AGREEMENT),--agreement $(AGREEMENT)) $(if $(INTO),--into "$(INTO)") $(if $(REPLACE),--replace)

readers: ## give the rights to read that the files of include/readers say, now (the watch does it every few minutes)
	@stack/bootstrap.sh
	@.venv/bin/python -m stack readers

# Running systems alone need what deployments have, a browser and programs of Debian; the lake alone a storage of Azure.
SYSTEMS = $(if $(PART),$(findstring system,$(PART)),system)
LAKE = $(if $(PART),$(findstring lake,$(PART)),lake)
DASHBOARDS = $(if $(PART),$(findstring dashboards,$(PART)),dashboards)
test: ## install what the tests need and run them: all, or PART="sandbox system/stack" (below tests/)
	@stack/bootstrap.sh $(if $(SYSTEMS),requirements-deploy.txt) requirements-dev.txt
	@$(if $(SYSTEMS),tests/chromium.sh; tests/debian.sh,true)
	@$(if $(LAKE),tests/azurite.sh,true)
	@$(if $(DASHBOARDS),tests/superset.sh,true)
	@.venv/bin/python -m pytest --durations=25 $(addprefix tests/,$(PART))

lint: ## style and types
	@stack/bootstrap.sh requirements-dev.txt
	@.venv/bin/ruff check . && .venv/bin/ruff format --check .
	@.venv/bin/mypy

bench: ## first loads, nights, facts and DAGs beside their references, as ratios (QUICK=1: ten minutes; ONLY=fleet: 100 on Celery)
	@stack/bootstrap.sh $(if $(findstring fleet,$(ONLY)),requirements-deploy.txt) requirements-dev.txt
	@$(if $(findstring fleet,$(ONLY)),tests/debian.sh,true)
	@PYTHONPATH=plugins:include:. .venv/bin/python -m bench

reference: ## write docs/warehouse.md from the catalogue of a migrated warehouse
	@stack/bootstrap.sh
	@PYTHONPATH=plugins .venv/bin/python -m stack.reference

powerbi: ## write powerbi/ from the catalogue of a migrated warehouse (AGREEMENTS="a b" INTO=folder: there, with a role for each)
	@stack/bootstrap.sh
	@PYTHONPATH=plugins .venv/bin/python -m stack.powerbi $(if $(INTO),--into "$(INTO)") $(if $(AGREEMENTS),--agreements $(AGREEMENTS))

pictures: ## write docs/pictures/ by reading their workbooks and looking at them in Chromium
	@stack/bootstrap.sh requirements-dev.txt
	@tests/chromium.sh
	@PYTHONPATH=plugins .venv/bin/python -m stack.pictures

lock: ## resolve requirements*.in into the locked files
	@stack/bootstrap.sh
	@VIRTUAL_ENV=$(CURDIR)/.venv .venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header requirements.in -o requirements.txt
	@VIRTUAL_ENV=$(CURDIR)/.venv .venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header requirements-deploy.in -o requirements-deploy.txt
	@VIRTUAL_ENV=$(CURDIR)/.venv .venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header requirements-dev.in -o requirements-dev.txt
