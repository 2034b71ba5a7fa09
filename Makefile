# The project's verbs. Every one that needs the environment makes it first; `make` alone prints this help.
.DEFAULT_GOAL := help
.SUFFIXES:
SHELL := /bin/sh
# Without bytecode every kernel would compile its imports anew.
unexport PYTHONDONTWRITEBYTECODE
# Results must not depend on how many threads a machine lends to linear algebra, and small systems run faster on one.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1

# The first Python of 3.11 or later; `make PYTHON=/path/to/python` names another.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; \
	done)
RUN := .venv/bin/python -m
INSTALLED := .venv/.installed
# One more than there are processors: tests of runs mostly wait for the processes they start.
WORKERS := $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)' 2>/dev/null || echo 2)
# A file's tests stay together and share what they prepare; files go out in the order of conftest.py, longest first.
SPREAD := --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder

.PHONY: help setup report test cover lint bench validate validate-r reliability lab data site release lock clean

help: ## Show this help
	@echo "crimjust-research: reproducible assessments of the CRIMJUST programme's outcomes"
	@echo
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' Makefile | while IFS='|' read -r verb what; do printf '  make %-11s %s\n' "$$verb" "$$what"; done
	@echo
	@echo "Start with: make report"

setup: $(INSTALLED) ## Make .venv and install every pinned package into it

$(INSTALLED): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed and was not found; install it, or name it: make PYTHON=/path/to/python"; exit 1; }
	@echo "Setting up .venv with $$($(PYTHON) --version)"
	@test -x .venv/bin/python || $(PYTHON) -m venv .venv || { echo "python venv failed; on Debian and Ubuntu: apt install python3-venv"; rm -rf .venv; exit 1; }
	@sed -n '/^uv==/,/# via/p' requirements.lock > .venv/uv.lock
	@$(RUN) pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: --requirement .venv/uv.lock
	@$(RUN) uv pip sync --quiet --python .venv/bin/python --require-hashes --compile-bytecode requirements.lock
	@$(RUN) uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
	@# From where the environment lies: in a plain C locale Python cannot read the name of a folder that has accents.
	@for link in .venv/lib/python3*/site-packages/*crimjust_research.pth; do \
		test ! -f "$$link" || echo ../../../../src > "$$link"; done
	@touch $@

report: $(INSTALLED) ## Run the assessments on the embedded data and build reports/index.html
	@$(RUN) crimjust_research run all
	@$(RUN) crimjust_research report

test: $(INSTALLED) ## Run every test, and re-run the executed notebooks against their outputs
	@$(RUN) pytest $(SPREAD) --nbval tests reports/notebooks

cover: $(INSTALLED) ## Run the tests and show which lines they do not reach; counting lines takes half as long again
	@$(RUN) pytest $(SPREAD) --cov --cov-report term:skip-covered

lint: $(INSTALLED) ## Check style and types
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) mypy

bench: $(INSTALLED) ## Time all that docs/PERFORMANCE.md claims, beside its plain forms, and write that page
	@$(RUN) benchmarks.performance

validate: $(INSTALLED) ## Hold the estimators against published answers and simulations, and write docs/VALIDATION.md
	@$(RUN) validation

validate-r: $(INSTALLED) ## Compute registered questions and reference cases again in R, where it is installed
	@$(RUN) validation.second

reliability: $(INSTALLED) ## Break everything in all ways at random, and write docs/RELIABILITY.md; takes hours
	@$(RUN) reliability

lab: $(INSTALLED) ## Open the notebooks in JupyterLab
	@$(RUN) crimjust_research lab

data: $(INSTALLED) ## Rebuild data/processed from data/raw and verify both
	@$(RUN) crimjust_research data panels
	@$(RUN) crimjust_research data verify

site: $(INSTALLED) ## Build the site in build/site: results, notebooks, guides, methods, data, plan, package
	@$(RUN) crimjust_research report --format html,pdf,docx
	@.venv/bin/python docs/site/build.py

release: $(INSTALLED) ## Build the archive of a release, of the last commit, in build/release
	@$(RUN) crimjust_research release

lock: $(INSTALLED) ## Pin the newest versions pyproject.toml admits into requirements.lock
	@$(RUN) uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --upgrade --quiet \
		--generate-hashes --no-emit-index-url --no-emit-find-links --no-header --output-file requirements.lock

clean: ## Remove .venv, caches and what failed runs left; variants, sweeps and comparisons stay
	@rm -rf .venv .computed .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist \
		reports/.pending reports/failed
	@find src tests benchmarks validation reliability -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
