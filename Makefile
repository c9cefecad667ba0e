# Retail lakehouse. `make` alone lists the targets. Needs bash, GNU make >= 3.81 and Python 3.11 to 3.13.
#
# How set-up survives an interruption: a stamp in .venv/.stamps is written after its step has succeeded, and
# .venv/.unfinished stands (with the pid at work) while a step changes .venv. Whoever finds it without a
# living owner throws .venv away and makes it again; uv's cache makes that quick.

SHELL := bash
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup run test test-long yarn-test yarn-jars check chaos bench bench-full bench-page bench-freshness bench-dashboard dist sbom lock clean clean-all guard dev airflow airflow-stop clock

PYTHON ?=
ARGS ?=
SEED ?= 1
RUNS ?= 3
ONLY ?=
VENV := .venv
STAMPS := $(VENV)/.stamps
AIRFLOW := .venv-airflow
PY := $(VENV)/bin/python
UV := $(VENV)/bin/uv
# The locks are complete (--no-deps) and cover what builds: nothing comes in without a hash.
UV_INSTALL = VIRTUAL_ENV="$(CURDIR)/$(VENV)" $(UV) pip install --python $(PY) --no-deps --no-build-isolation
COMPILE = $(UV) pip compile --quiet --universal --generate-hashes --no-header --no-annotate \
	--python-version 3.11 $(if $(UPGRADE),--upgrade)
JAR_LISTS := $(wildcard infra/local/jars.py infra/local/jars/*)

# Most tests wait for servers and drivers: two at a time take little more of two cores than one (ARGS="-n 0": one).
WORKERS := -n 2 --dist loadfile

# A caller's Python settings would leak into .venv; uv must not fetch an interpreter of its own.
unexport PYTHONHOME PYTHONPATH
export UV_PYTHON_DOWNLOADS := never
export PIP_DISABLE_PIP_VERSION_CHECK := 1

step = @printf 'set-up %s  %s\n' '$(1)' '$(2)' >&2
begin = mkdir -p $(STAMPS) && echo $$$$ > $(VENV)/.unfinished
end = rm -f $(VENV)/.unfinished && touch $@
inner = @$(MAKE) --silent --no-print-directory
suitable = import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
has_java = $(PY) -c 'from infra.local.java import find_java; find_java()'
# A zombie has no command, and another program under the same number has another one.
command_of_owner = { cat "/proc/$$owner/cmdline" 2>/dev/null || ps -p "$$owner" -o args= 2>/dev/null; }
minor = import sys; print("%d.%d" % sys.version_info[:2])

help: ## list the targets
	@echo 'make <target>; PYTHON=python3.12 chooses the interpreter, ARGS="…" goes to retail, pytest or the bench'
	@sed -n 's/^\([a-z-]*\):.* ## \(.*\)/  \1|\2/p' Makefile | awk -F'|' '{printf "%-12s %s\n", $$1, $$2}'

setup: guard ## make .venv with all packages, a JRE if the machine has none, and the jars
	$(inner) $(STAMPS)/jars

run: setup ## set up what is missing, start the servers and run the whole house live
	@$(VENV)/bin/retail run $(ARGS)

check: dev ## lint, types, import arrows, house rules, contracts: no JVM, under 3 minutes
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(PY) -m pytest $(WORKERS) -q -m check

airflow: setup clock ## run Airflow for real, with all DAGs, until Ctrl-C (its page: 127.0.0.1:18080)
	@$(PY) -m orchestration.scheduler start $(ARGS)

airflow-stop: guard ## stop Airflow with all that it started
	@[ ! -x $(PY) ] || $(PY) -m orchestration.scheduler stop

test: setup clock check ## what CI runs: check, then every test that is not long
	$(PY) -m pytest $(WORKERS) -m "not check and not long" $(ARGS)

yarn-test: setup dev yarn-jars ## the jobs on a real YARN and on Spark standalone: control totals of the real file
	$(PY) -m pytest -m long tests/journey/test_yarn.py tests/journey/test_standalone.py $(ARGS)

test-long: setup clock dev yarn-jars ## the long tests (hours); their result goes to docs/evidence/ and docs/verified.md
	@set -o pipefail; mkdir -p docs/evidence; failed=0; { echo "commit $$(git rev-parse HEAD)"; date -u +%FT%TZ; \
	$(PY) -m pytest -m long -q --no-header --durations=0 --junitxml=$(STAMPS)/long.xml $(ARGS); } 2>&1 \
	| tee docs/evidence/test-long.txt || failed=1; $(PY) -m infra.verified long $(STAMPS)/long.xml; exit $$failed

chaos: setup ## live runs under faults from a seed: SEED=1 RUNS=3; goes on where it stopped; ONLY=n repeats a run
	@$(PY) -m tests.chaos.chaos --seed $(SEED) --runs $(RUNS) $(if $(ONLY),--only $(ONLY)) $(ARGS)

bench: setup dev ## measure every budget with small sizes (some 45 minutes), then write docs/bench.md
	@$(PY) -m tests.bench.bench $(ARGS)
	@$(PY) -m tests.bench.growth --histories 200000,2000000 --increment 20000
	@$(PY) -m tests.bench.soak --minutes 6
	@$(PY) -m tests.bench.backlog --lines 200000
	@$(MAKE) --no-print-directory bench-freshness ARGS=
	@$(MAKE) --no-print-directory bench-dashboard ARGS=
	@$(PY) -m tests.bench.sizing

bench-full: setup dev ## the same with full sizes and half an hour of soak (two to three hours, a quiet machine)
	@$(PY) -m tests.bench.bench --rounds 5 $(ARGS)
	@$(PY) -m tests.bench.growth
	@$(PY) -m tests.bench.soak
	@$(PY) -m tests.bench.backlog --lines 1800000
	@$(MAKE) --no-print-directory bench-freshness ARGS=
	@$(MAKE) --no-print-directory bench-dashboard ARGS=
	@$(PY) -m tests.bench.sizing

bench-page: dev ## write docs/bench.md with its plots, and docs/sizing.md, from docs/evidence/bench*.json
	@$(PY) -m tests.bench.page
	@$(PY) -m tests.bench.sizing

bench-freshness: setup dev ## measure how old sales are in gold and in SQL at 1,000 lines a second (needs a quiet machine)
	@$(PY) -m tests.bench.freshness $(ARGS)
	@$(PY) -m tests.bench.page

bench-dashboard: setup dev ## measure how soon the dashboard shows numbers over 5 million lines (needs chromium)
	@$(PY) -m tests.bench.dashboard $(ARGS)
	@$(PY) -m tests.bench.page

dist: guard ## build dist/retail.zip for spark-submit --py-files
	$(inner) $(STAMPS)/project
	@$(PY) -m infra.dist

sbom: setup dev ## write dist/retail.cdx.json, the list of components (CycloneDX), for a scanner
	@$(PY) -m infra.sbom

lock: guard ## write requirements/*.txt from pyproject.toml (UPGRADE=1 takes newer versions)
	$(inner) $(STAMPS)/uv
	$(COMPILE) pyproject.toml --group build -o requirements/lakehouse.txt
	$(COMPILE) pyproject.toml --group build --group dev -c requirements/lakehouse.txt -o requirements/dev.txt
	$(COMPILE) --group airflow -o requirements/airflow.txt
	$(COMPILE) --group jre -o requirements/jre.txt
	$(COMPILE) --group uv -o requirements/uv.txt

clean: ## remove build products and caches
	@rm -rf dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@rm -rf spark-warehouse metastore_db derby.log
	@find . -path './.*' -prune -o -type d -name __pycache__ -prune -exec rm -rf {} +

clean-all: clean ## clean, and remove .venv too
	@rm -rf $(VENV) $(VENV).old $(AIRFLOW)
	@if [ -e .retail ]; then echo 'kept .retail, your local lake and its settings: `rm -r .retail` deletes it for good'; fi

dev: guard
	$(inner) $(STAMPS)/project $(STAMPS)/dev

# 64 MB that nothing but the tests of YARN needs.
yarn-jars: setup
	@$(PY) -m infra.local.jars yarn

clock: guard
	$(inner) $(AIRFLOW)/.ready

# Decides in a quarter of a second whether .venv can be built upon. It works before the stamps are looked at.
guard:
	@[ -d $(VENV) ] || exit 0; \
	why=; \
	if [ -e $(VENV)/.unfinished ]; then \
	  owner=$$(cat $(VENV)/.unfinished); \
	  if [ -n "$$owner" ] && $(command_of_owner) | grep -qa '$(VENV)/[.]unfinished'; then \
	    echo "another set-up is at work in $(VENV), process $$owner: wait for it or end it" >&2; exit 3; \
	  fi; \
	  why='an earlier set-up was interrupted'; \
	elif ! $(PY) -c '$(suitable)' 2>/dev/null || ! { [ -x $(UV) ] || $(PY) -m pip --version >/dev/null 2>&1; }; then \
	  why='its Python does not run, or is not 3.11 to 3.13, or it has no pip'; \
	elif ! grep -qF "$(CURDIR)/$(VENV)" $(VENV)/bin/activate; then \
	  why='it was made in another folder'; \
	elif [ -n '$(PYTHON)' ] && [ "$$($(PYTHON) -c '$(minor)')" != "$$($(PY) -c '$(minor)')" ]; then \
	  why='PYTHON=$(PYTHON) is another version'; \
	fi; \
	if [ -n "$$why" ]; then \
	  echo "set-up      $(VENV) is made again: $$why" >&2; \
	  rm -rf $(VENV).old && mv $(VENV) $(VENV).old && rm -rf $(VENV).old; exit; \
	fi; \
	$(has_java) 2>/dev/null || rm -f $(STAMPS)/java

$(STAMPS)/venv:
	$(call step,1/6,virtual environment in $(VENV))
	@python=; seen=; \
	for candidate in $(if $(PYTHON),'$(PYTHON)',$$(type -aP python3 python3.13 python3.12 python3.11)); do \
	  if "$$candidate" -c '$(suitable)' 2>/dev/null; then python=$$candidate; break; fi; \
	  seen="$$seen, $$candidate is $$("$$candidate" --version 2>&1 | head -n 1)"; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "expected Python 3.11, 3.12 or 3.13 with the modules venv and ensurepip; seen: $${seen#, }" >&2; \
	  echo 'install one (Debian: python3-venv too) or name one: make setup PYTHON=/path/to/python3.12' >&2; exit 3; \
	fi; \
	$(begin) && "$$python" -m venv $(VENV) && $(end)

$(STAMPS)/uv: requirements/uv.txt $(STAMPS)/venv
	$(call step,2/6,uv and setuptools$(comma) by pip from requirements/uv.txt)
	@$(begin) && $(PY) -m pip install --quiet --no-input --require-hashes -r $< && $(end)

$(STAMPS)/packages: requirements/lakehouse.txt $(STAMPS)/uv
	$(call step,3/6,packages of requirements/lakehouse.txt (a fresh machine loads some 600 MB))
	@$(begin) && $(UV_INSTALL) --require-hashes -r $< && $(end)

$(STAMPS)/project: pyproject.toml $(STAMPS)/packages
	$(call step,4/6,this project$(comma) editable)
	@$(begin) && $(UV_INSTALL) --quiet --editable . && $(end)

$(STAMPS)/java: requirements/jre.txt $(STAMPS)/project
	$(call step,5/6,Java 17 or later: JAVA_HOME$(comma) the PATH$(comma) else a JRE from requirements/jre.txt)
	@if $(has_java) 2>/dev/null; then touch $@; else \
	  $(begin) && $(UV_INSTALL) --require-hashes -r $< && $(has_java) && $(end); fi

$(STAMPS)/jars: $(JAR_LISTS) $(STAMPS)/java
	$(call step,6/6,pinned jars of Spark$(comma) Kafka and the S3 server)
	@$(PY) -m infra.local.jars && touch $@

$(STAMPS)/dev: requirements/dev.txt $(STAMPS)/packages
	$(call step,dev,packages of requirements/dev.txt (tests and linters))
	@$(begin) && $(UV_INSTALL) --require-hashes -r $< && $(end)

# The stamp lies inside and is written last: a set-up that was interrupted begins anew, quickly by uv's cache.
$(AIRFLOW)/.ready: requirements/airflow.txt $(STAMPS)/uv
	$(call step,clock,packages of requirements/airflow.txt in $(AIRFLOW) (a fresh machine loads some 300 MB))
	@owner=$$(cat $(AIRFLOW)/.unfinished 2>/dev/null); \
	if [ -n "$$owner" ] && $(command_of_owner) | grep -qa '$(AIRFLOW)/[.]unfinished'; then \
	  echo "another set-up is at work in $(AIRFLOW), process $$owner: wait for it or end it" >&2; exit 3; \
	fi; \
	rm -rf $(AIRFLOW) && mkdir $(AIRFLOW) && echo $$$$ > $(AIRFLOW)/.unfinished && \
	$(UV) venv --quiet --allow-existing --python $(PY) $(AIRFLOW) && \
	$(UV) pip install --quiet --python $(AIRFLOW)/bin/python --no-deps --require-hashes -r $< && \
	rm $(AIRFLOW)/.unfinished && touch $@

comma := ,
