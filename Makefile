# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
#
# One environment, filled in two steps: what the demo needs, and everything (tests, lint,
# TensorFlow). Set up again only when a file changes that the set-up depends on.

PYTHON ?= python3
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin

DEMO_EXTRAS := fast,bags,speech
ALL_EXTRAS := fast,bags,heic,speech,train,benchmark,privacy,dev

# Written last, so that an interrupted set-up is done again.
DEMO_READY := $(VENV)/.demo-ready
ALL_READY := $(VENV)/.all-ready
INPUTS := Makefile pyproject.toml setup.py CMakeLists.txt package.xml scripts/set_up.py \
	scripts/build_nav2_interface.py $(wildcard cmake/*.cmake msg/*.msg \
	cmake/nav2_interface/*.* cmake/nav2_interface/action/*.action)

# Left by the start-up code of the ROS 2 wheels; another environment must not inherit it.
unexport _ROS_WHEELS_BOOTSTRAP_COMPLETE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo test setup lint format benchmark parameters clean distclean

help: ## Show this
	@echo "usage: make TARGET [PYTHON=python3.12] [ARGS=...]"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 14

demo: $(DEMO_READY) ## Run a patrol demo on real ROS 2; results in demo_output/
	$(BIN)/mask_detector demo --out demo_output $(ARGS)

test: $(ALL_READY) ## Lint, types and all tests (ARGS goes to pytest)
	@status=0; \
	$(MAKE) --no-print-directory lint || status=1; \
	MASK_DETECTOR_ALL_EXTRAS=1 $(BIN)/python -m pytest $(ARGS) || status=1; \
	exit $$status

setup: $(ALL_READY) ## Create .venv with everything: tests, lint, training

lint: $(ALL_READY) ## Check style (ruff), types (mypy) and spelling (codespell)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/codespell

format: $(ALL_READY) ## Put the code in its format, fix what can be fixed
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

benchmark: $(ALL_READY) ## Measure times, load and loss beside their budgets
	$(BIN)/python benchmarks/pipeline.py
	$(BIN)/python benchmarks/node.py
	$(BIN)/python benchmarks/tracking.py --demo
	$(BIN)/python benchmarks/ranging.py

parameters: $(DEMO_READY) ## Write parameter files, docs/parameters.md, docs/patrol_states.md
	$(BIN)/python -m mask_detector_ros.nodes.parameter_files
	$(BIN)/python -m mask_detector_ros.patrol.transitions_page

clean: ## Remove the output of builds, tests and the demo
	rm -rf build install log demo_output *.egg-info
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +

distclean: clean ## Remove .venv as well
	rm -rf $(VENV)

$(DEMO_READY): $(INPUTS)
	@$(PYTHON) scripts/set_up.py $(VENV) $(DEMO_EXTRAS)
	@touch $@

$(ALL_READY): $(INPUTS)
	@$(PYTHON) scripts/set_up.py $(VENV) $(ALL_EXTRAS)
	@touch $(DEMO_READY) $@
