# The two commands are `make repro` and `make test`; both set up .venv first. `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
export PATH := $(CURDIR)/$(BIN):$(PATH)
export DVC_NO_ANALYTICS := 1
export TF_CPP_MIN_LOG_LEVEL ?= 3
# Some containers set it, and then every stage, every worker and every test would compile the project's modules anew.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup check repro audit gate sweep factors advise decide compare stale summary calibrate test test-fast robustness fuzz lint format lock scaling bench clean

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(READY) ## Create .venv from the pinned requirements (the other commands do it themselves)

$(READY): requirements.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else "Python 3.11, 3.12 or 3.13 is needed, this is %d.%d; run: make PYTHON=python3.11" % v)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -r requirements.txt
	-@$(BIN)/python -m compileall -q -j 0 $(VENV)/lib > /dev/null
	@touch $@

check: $(READY) ## Is params.yaml right, and what will the run need? DATASET= and CORES= of another machine may be given
	@# DVC must be told that a folder, as of a downloaded archive, is in no git repository, and that it is one later.
	@if git rev-parse --git-dir > /dev/null 2>&1; \
	then ! grep -qs no_scm .dvc/config.local || dvc config --local --unset core.no_scm; \
	else dvc config --local core.no_scm true; fi
	@python -m stages.forecast --dataset "$(DATASET)" $(if $(CORES),--cores "$(CORES)")

repro gate: override DATASET :=
repro gate decide: override CORES :=

repro: check ## Run the pipeline on the dataset that params.yaml names; writes reports/<dataset>/
	dvc repro

# Names may hold spaces: make hands the variables of its command line on in the environment, and the shell quotes them.
audit: $(READY) ## Does padding leak through MODEL=model.keras? DATA=, TOKENIZER=, … (docs/audit.md); fails where it does
	$(if $(MODEL),,$(error name a model: make audit MODEL=model.keras))
	@python -m stages.padding_audit "$$MODEL" $${DATA:+--data "$$DATA"} $${TOKENIZER:+--tokenizer "$$TOKENIZER"} \
	    $${TEXT:+--text "$$TEXT"} $${LABEL:+--label "$$LABEL"} $${IMPORT:+--import "$$IMPORT"} $${TRUST:+--trust} \
	    $${SIDES:+--sides $$SIDES} $${PADS:+--pads $$PADS} \
	    $${PAD_VALUE:+--pad-value $$PAD_VALUE} $${TIME_INPUT:+--time-input $$TIME_INPUT} $${OUTPUT:+--output "$$OUTPUT"}

gate: check ## Run the pipeline; fail when a variant or model that `gate:` declares padding-invariant is not
	dvc repro
	python -m stages.reporting.gate --reports reports

sweep: $(READY) ## Run the grid NAME= of sweeps/, resuming what was begun; DATASET=, TEXTS= and JOBS= may be given
	@python -m stages.sweeps run --name "$(NAME)" --dataset "$(DATASET)" --texts "$(TEXTS)" --jobs "$(JOBS)"

factors: $(READY) ## Rewrite reports/DATASET/factors.md from the sweeps that were run; DATASET= may be given
	python -m stages.sweeps factors --reports reports --dataset "$(DATASET)"

decide: check ## Train 6, 12, 18, at most 24 seeds until none of the six verdicts is open; DATASET= may be given
	@python -m stages.sweeps decide --dataset "$(DATASET)"

advise: $(READY) ## Print what the sweeps recommend for a dataset; DATASET= may be given
	@python -m stages.sweeps advise --reports reports --dataset "$(DATASET)"

compare: $(READY) ## Print what two experiments or revisions found, with intervals: A=HEAD B=my-experiment
	@python -m stages.sweeps compare --one "$(A)" --two "$(B)" --dataset "$(DATASET)"

stale: $(READY) ## Name the committed reports whose figures older code computed; fails where there are any
	@python -m stages.reporting.code_hash --reports reports

summary: $(READY) ## Rewrite reports/summary.md: what the mask gains over all reports on real texts
	python -m stages.reporting.summary --reports reports

calibrate: $(READY) ## Simulate what every interval covers and every test rejects; writes tests/calibration.md
	python -m tests.calibrate

test: $(READY) ## Run every test, one process more than there are cores, for tests that wait
	python -m pytest -n $$(($$(getconf _NPROCESSORS_ONLN) + 1)) --dist loadfile --no-loadscope-reorder

test-fast: $(READY) ## Run the tests that train no model
	python -m pytest -n auto --dist loadfile -m "not slow"

robustness: $(READY) ## Run inputs and faults of every kind for real; writes tests/robustness.md
	python -m tests.robustness

fuzz: $(READY) ## Give every reader changed files for five minutes
	python -m tests.robustness.fuzz

lint: $(READY) ## Check style, formatting and types
	ruff check .
	ruff format --check .
	mypy

format: $(READY) ## Rewrite the code in the project's format
	ruff check --fix .
	ruff format .

lock: $(READY) ## Compile requirements.txt from pyproject.toml (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --no-header --extra pipeline --group dev pyproject.toml -o requirements.txt

scaling: $(READY) ## Measure how every stage's CPU time, memory and disk grow (20 minutes); writes benchmarks/scaling.md and docs/big_data.md
	python -m benchmarks.scaling

bench: $(READY) ## Measure against rivals (60 minutes; ONLY= some rows, TORCH= a Python with PyTorch); writes benchmarks/RESULTS.md
	python -m benchmarks $(if $(ONLY),--only $(ONLY)) $(if $(TORCH),--torch $(TORCH))

clean: ## Remove what the pipeline and the tests wrote outside of reports/ and data/raw/, and what was left half-written
	rm -rf data/corpus data/tokens data/bag_of_words data/padded data/models data/states data/analysis .pytest_cache .mypy_cache .ruff_cache
	find . -path ./$(VENV) -prune -o -path ./.git -prune -o -path ./.dvc -prune -o -path ./data/raw -prune -o -name '*.????????.partial' -prune -exec rm -rf {} +
