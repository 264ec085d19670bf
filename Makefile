# Everything a fresh clone needs, on a Debian machine with python3, g++ and make.
# `make` lists the targets. PYTHON=python3.12 chooses another interpreter.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Tests are shared out to processes; a test may not depend on the order or on what runs beside it.
# They write bytecode, whatever the environment says: processes that start are a part of their time.
PYTEST := env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest -n auto --maxprocesses 8 --dist worksteal
# pip compiles to bytecode on one core; `installed` does it afterwards, on all.
PIP_INSTALL := $(BIN)/python -m pip install --quiet --no-compile
# The engines for GPUs take a minute to compile, and nothing here could run them without one: AUTO
# has them wherever there is nvcc, as pip does.
MULTISPIN_CUDA ?= $(shell nvidia-smi -L >/dev/null 2>&1 && echo AUTO || echo OFF)
BUILD := --no-build-isolation -C cmake.define.MULTISPIN_CUDA=$(MULTISPIN_CUDA) --editable
# [build-system] requires of pyproject.toml, as words for the shell
BUILD_REQUIRES := $(shell sed -n '/^requires/s/^requires = \[\(.*\)\]$$/\1/p' pyproject.toml | sed 's/", "/" "/g')

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore
export CMAKE_BUILD_PARALLEL_LEVEL ?= $(shell nproc)

# A change in any of these means: build and install again. Python modules are not among them, the
# install is editable.
COMPILED := $(shell find CMakeLists.txt pyproject.toml cmake cpp cuda python/bindings -type f 2>/dev/null)
CXX_FILES := $(shell find cpp cuda python/bindings tests bench examples -type f \
	\( -name '*.cpp' -o -name '*.hpp' -o -name '*.cu' -o -name '*.cuh' \) 2>/dev/null)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help venv demo lab browser test thorough validate lint format docs notebooks bench clean

help:  ## list the targets
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

venv: $(VENV)/installed  ## create .venv with multispin, its extras and the test tools

demo: $(VENV)/installed  ## run the tour and write its HTML page
	$(BIN)/multispin demo

lab: $(VENV)/installed  ## run models live in a browser
	$(BIN)/multispin lab

test: $(VENV)/installed  ## run the Python tests that are soon done
	$(PYTEST)

thorough: $(VENV)/installed  ## run those that take longer; SHARE=0/6 is a sixth of them
	$(PYTEST) -m thorough $(if $(SHARE),--share $(SHARE))

browser: $(VENV)/installed  ## run the tests of the lab in Chromium, which has to be there
	$(PIP_INSTALL) playwright axe-playwright-python
	MULTISPIN_REQUIRE_BROWSER=1 $(PYTEST) -m browser tests/browser

validate: $(VENV)/installed  ## run what takes minutes: validation against physics, robustness in bulk
	$(BIN)/python -m pytest -m slow

lint: $(VENV)/tools  ## check style, types and layering
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/clang-format --dry-run --Werror $(CXX_FILES)
	$(BIN)/mypy
	$(BIN)/python tools/check_layering.py

format: $(VENV)/tools  ## rewrite the sources in the house style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/clang-format -i $(CXX_FILES)

docs: $(VENV)/pages  ## build the site, build/site/index.html
	$(BIN)/python tools/build_site.py

notebooks: $(VENV)/kernel  ## run the notebooks of examples, pages in build/notebooks
	$(BIN)/python tools/run_notebooks.py

bench: $(VENV)/installed  ## build and run the C++ benchmarks (libbenchmark-dev, cmake)
	cmake --preset bench
	cmake --build --preset bench
	cmake --build --preset bench --target run_bench

clean:  ## remove .venv, builds and caches
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The build tools live in the environment, not in one made for each build: builds are incremental.
$(VENV)/installed: $(COMPILED) $(VENV)/cuda-$(MULTISPIN_CUDA) | $(VENV)/created
	$(PIP_INSTALL) $(BUILD_REQUIRES) cmake ninja
	$(PIP_INSTALL) $(BUILD) '.[test]'
	-$(BIN)/python -m compileall -q -j 0 $(VENV)/lib
	@touch $@

# Style and types do not depend on the compiled part, so an edit of it does not install again here.
$(VENV)/tools: pyproject.toml | $(VENV)/installed
	$(PIP_INSTALL) $(BUILD) '.[dev]'
	@touch $@

# What builds the site reads sources; it imports nothing.
$(VENV)/pages: pyproject.toml | $(VENV)/installed
	$(PIP_INSTALL) $(BUILD) '.[docs]'
	@touch $@

$(VENV)/kernel: pyproject.toml | $(VENV)/installed
	$(PIP_INSTALL) $(BUILD) '.[notebooks]'
	@touch $@

# What was built with another choice is built again.
$(VENV)/cuda-$(MULTISPIN_CUDA): | $(VENV)/created
	@rm -f $(VENV)/cuda-*
	@touch $@

$(VENV)/created: tools/check_system.sh
	@bash tools/check_system.sh $(PYTHON)
	$(PYTHON) -m venv --clear $(VENV)
	@touch $@
