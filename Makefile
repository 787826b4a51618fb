# Tidegate. `make run` starts it, `make test` runs the whole suite, `make check` reads the code.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
LOCK := --generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-options --strip-extras --allow-unsafe --quiet
TEST_SYSTEM := chromium:chromium mariadbd:mariadb-server redis-server:redis-server nginx:nginx softhsm2-util:softhsm2 javac:default-jdk-headless
HEADLESS := chromium-headless-shell
BRIEFLY := -o Acquire::Retries=0 -o Acquire::http::Timeout=10
install_wanted = $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get $(BRIEFLY) install -y -qq --no-install-recommends
BENCH_SYSTEM := wrk:wrk nginx:nginx mariadbd:mariadb-server javac:default-jdk-headless
SWIFT_HOME ?= var/swift
FONT := /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc
export PIP_DISABLE_PIP_VERSION_CHECK := 1
unexport PYTHONDONTWRITEBYTECODE # compiled once, not again in every process that is started

.PHONY: help run test check check-types check-rest check-swift fuzz bench format lock setup setup-dev setup-system setup-bench clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: setup ## Set everything up and start Tidegate (PORT=8123 chooses another port)
	@exec $(BIN)/tidegate run

setup: .venv/run.stamp ## Virtualenv and locked dependencies

setup-dev: .venv/dev.stamp ## The same and what tests and checks need

.venv/run.stamp: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Tidegate needs Python 3.11 or newer; '$(PYTHON)' is older or absent. Try: make PYTHON=/path/to/python3.11 run"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
	  { echo "Installing python3-venv"; $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq python3-venv >/dev/null; }
	@[ -x $(BIN)/python ] || { echo "Making the virtualenv"; $(PYTHON) -m venv .venv; }
	@echo "Installing the locked dependencies (about a minute the first time)"
	@$(BIN)/pip install --quiet --require-hashes -r requirements.txt
	@$(BIN)/pip install --quiet --no-build-isolation --no-deps --editable .
	@touch $@

.venv/dev.stamp: .venv/run.stamp requirements-dev.txt package-lock.json
	@echo "Installing what tests and checks need"
	@$(BIN)/pip install --quiet --require-hashes -r requirements-dev.txt
	@if command -v npm >/dev/null; then npm ci --silent; else echo "No npm here: the tests of the emitted types will say that they are skipped"; fi
	@touch $@

# Install the packages of SYSTEM (command:package) whose command is absent, and those of EXTRA
define install_absent
@missing="$(EXTRA)"; for pair in $(SYSTEM); do PATH=$$PATH:/usr/sbin:/sbin command -v $${pair%%:*} >/dev/null || missing="$$missing $${pair##*:}"; done; \
if [ -n "$${missing# }" ]; then echo "Installing $${missing# }"; $(SUDO) apt-get update -qq && \
  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; fi
endef

setup-system: SYSTEM = $(TEST_SYSTEM)
setup-system: EXTRA = $(if $(wildcard $(FONT)),,fonts-noto-cjk)
setup-system: ## Debian packages that tests need, where absent
	$(install_absent)
	@command -v $(HEADLESS) >/dev/null || $(install_wanted) $(HEADLESS) >/dev/null 2>&1 || \
	  { $(SUDO) apt-get $(BRIEFLY) update -qq && $(install_wanted) $(HEADLESS); } >/dev/null 2>&1 || \
	  echo "No $(HEADLESS) here: the tests take the whole browser for every page, which is slower"

setup-bench: SYSTEM = $(BENCH_SYSTEM)
setup-bench: ## Debian packages that benchmarks need, where absent
	$(install_absent)

test: setup-dev setup-system ## The whole suite: unit, property, both databases, attacks, faults, the story in Chromium
	@TIDEGATE_TEST_SERVICES=1 $(BIN)/python -m pytest --numprocesses 2 --dist loadscope --no-loadscope-reorder $(ARGS)

check: setup-dev ## ruff, mypy strict, import-linter, the bridge contract, the look's contrast, docs tests
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target check-types check-rest

check-types:
	@$(BIN)/mypy

check-rest:
	@$(BIN)/lint-imports
	@$(BIN)/bridge compile --check
	@$(BIN)/bridge diff
	@$(BIN)/bridge docs --check
	@$(BIN)/python -m native_bridge.shell.contrast
	@$(BIN)/python -m pytest tests/docs

check-swift: setup-dev ## Compile and run the emitted Swift (fetches a compiler once: SWIFT_HOME, 2.5 GB)
	@[ -x $(SWIFT_HOME)/usr/libexec/swift/bin/swift-frontend ] || native_bridge/drivers/swift/fetch.sh $(SWIFT_HOME)
	@TIDEGATE_TEST_SWIFT=$(abspath $(SWIFT_HOME)) $(BIN)/python -m pytest tests/native_bridge/emit/test_swift.py

bench: setup-dev setup-bench ## Measure, each against a peer or a limit in the same run
	@for file in benchmarks/bench_*.py; do $(BIN)/python $$file || exit 1; done

fuzz: setup-dev ## Send arbitrary messages to the bridge's host (EXAMPLES=5000 by default)
	@TIDEGATE_FUZZ_EXAMPLES=$(or $(EXAMPLES),5000) $(BIN)/python -m pytest -q tests/native_bridge/fuzz

format: setup-dev ## Lay out the code
	@$(BIN)/ruff check --fix --exit-zero --quiet . && $(BIN)/ruff format .

lock: ## Lock the dependencies anew, with hashes
	@[ -x $(BIN)/pip-compile ] || $(BIN)/pip install --quiet pip-tools
	@$(BIN)/pip-compile $(LOCK) --upgrade -o requirements.txt requirements.in
	@$(BIN)/pip-compile $(LOCK) --upgrade -o requirements-dev.txt requirements-dev.in

clean: ## Remove the virtualenv and caches (var/ with its keys and data stays)
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
