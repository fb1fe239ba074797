# SandGrid: `make plan` makes the two plans of the README, `make test` tests everything.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
OUT    ?= out
REQUIREMENT_TOOLS := --disable-pip-version-check --quiet

.PHONY: plan plan-quick plan-city setup setup-test setup-browser test test-all lint bench demo-data clean

# Both at once: the small one takes what the large one leaves and speaks when it has ended.
plan: setup
	@$(MAKE) --no-print-directory -j2 plan-quick plan-city

plan-quick: setup
	@mkdir -p $(OUT); trap : INT; nice -n 19 $(BIN)/sandgrid plan scenarios/kulun-quick.toml --out $(OUT)/kulun-quick 2> $(OUT)/kulun-quick.log; \
	code=$$?; cat $(OUT)/kulun-quick.log >&2; rm -f $(OUT)/kulun-quick.log; exit $$code

plan-city: setup
	@$(BIN)/sandgrid plan scenarios/tongliao-2030.toml --out $(OUT)/tongliao-2030

setup: $(VENV)/.run-ready

setup-test: $(VENV)/.test-ready

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "Python is missing: install the package python3 (3.11 or newer)"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "SandGrid needs Python 3.11 or newer; found $$($(PYTHON) --version)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python cannot make virtual environments: install the package python3-venv"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run-ready: $(BIN)/python requirements/run.txt pyproject.toml
	@echo "Installing the pinned requirements (once) ..."
	@$(BIN)/python -m pip install $(REQUIREMENT_TOOLS) --require-hashes -r requirements/run.txt
	@$(BIN)/python -m pip install $(REQUIREMENT_TOOLS) --no-deps --no-build-isolation -e .
	@echo "Compiling, and making a first small plan to see that all works (once) ..."
	@$(BIN)/python -m compileall -q sandgrid
	@$(BIN)/sandgrid plan scenarios/mini-20km.toml --out $(VENV)/first-plan 2> $(VENV)/first-plan.log || { cat $(VENV)/first-plan.log; exit 1; }
	@touch $@

$(VENV)/.test-ready: $(VENV)/.run-ready requirements/test.txt
	@echo "Installing what the tests need (once) ..."
	@$(BIN)/python -m pip install $(REQUIREMENT_TOOLS) --require-hashes -r requirements/test.txt
	@touch $@

setup-browser:
	@command -v chromium >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk >/dev/null; }
	@chromium --version

lint: setup-test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry sandgrid

test: lint
	$(BIN)/python -m pytest -n 2 --dist loadscope --no-loadscope-reorder -m "not slow"
	$(BIN)/python -m pytest -n 2 --nbmake --nbmake-timeout=240 notebooks

test-all: lint
	$(BIN)/python -m pytest
	$(BIN)/python -m pytest --nbmake --nbmake-timeout=600 notebooks

bench: setup
	@for name in $(wildcard benchmarks/*.py); do $(BIN)/python $$name --quick || exit 1; done

demo-data: setup
	@$(BIN)/sandgrid demo-data data

clean:
	rm -rf $(OUT) build *.egg-info
