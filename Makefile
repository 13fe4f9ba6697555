# Needs make and Python 3.11 or later with its venv module; everything else is fetched.
# `make run` and `make test` do their own set-up. Repeats cost nothing: the stamps below say what is done.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
HARNESS_VENV := .venv-harness
BIN := $(VENV)/bin
PIP_INSTALL := -m pip --disable-pip-version-check install --quiet --quiet
TORCH := 2.13.0
# Where CPU builds of torch are; asked only when the places that pip knows have none.
TORCH_AT := --extra-index-url https://download.pytorch.org/whl/cpu
# How many pytest processes; `make test ARGS="tests/hub -k card"` chooses tests.
WORKERS ?= auto
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup harness run test bench lock clean

help:  ## What there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' Makefile

run: setup  ## Start the site with everything it needs at http://127.0.0.1:8000/ (PORT=... for another)
	@$(MAKE) --no-print-directory harness || echo "The site starts without the harness; evaluation runs wait."
	@$(BIN)/python -m hub.launch

test: setup harness  ## Every check, then every test, on real servers
	@WORKERS="$(WORKERS)" .ci/test $(ARGS)

bench: setup harness  ## What the benchmarks measure: figures, no verdicts
	@$(BIN)/python -m pytest -m benchmark -p no:randomly -n 0 -s -q tests/benchmarks $(ARGS)

setup: $(VENV)/site.stamp  ## The site's environment, .venv
	@:

harness: $(if $(HARNESS_PYTHON),harness-given,$(HARNESS_VENV)/harness.stamp)  ## The evaluation harness's own environment, .venv-harness (torch, CPU)
	@:

lock: setup  ## Write requirements/*.txt anew from requirements/*.in
	@for name in base dev; do $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header requirements/$$name.in -o requirements/$$name.txt || exit 1; done
	@echo 'torch ; sys_platform == "never"' > $(VENV)/overrides.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --overrides $(VENV)/overrides.txt --no-emit-package torch \
		requirements/harness.in -o requirements/harness.txt

clean:  ## Remove both environments and caches; .state, which holds your data, stays
	rm -rf $(VENV) $(HARNESS_VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	@echo "Your data are still in .state; remove that by hand if you mean to."

# --- What the words above rest on ---------------------------------------------------------------------

# A usable interpreter, or a sentence that says what is missing. $(1): the environment to make with it.
define make_venv
	@test -n "$(PYTHON)" || { echo "Tributary needs Python 3.11 or later; here python3 is \
	$$(python3 -c 'import platform; print(platform.python_version())' 2>/dev/null || echo missing). \
	Install a newer one, or: make PYTHON=/path/to/python3.12"; exit 2; }
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and \
	"Tributary needs Python 3.11 or later; $(PYTHON) is %d.%d. Another one: make PYTHON=/path/to/python3.12" % v[:2])'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "The venv module of $(PYTHON) is missing; on \
	Debian or Ubuntu: apt-get install python3-venv"; exit 2; }
	@$(1)/bin/python -m pip --version > /dev/null 2>&1 || $(PYTHON) -m venv --clear $(1)
endef

# uv makes it quicker, and only that: the same hashed lock goes to pip where uv cannot be had or cannot reach
# its index (it does not read pip's configuration). uv itself comes from the lock too. Measured: 8 s
# with uv, 41 s with pip.
$(VENV)/site.stamp: requirements/dev.txt
	$(call make_venv,$(VENV))
	@echo "Setting up $(VENV) (once, about a minute) ..."
	@sed -n '/^uv==/,/# via/p' requirements/dev.txt > $(VENV)/uv.txt
	@( $(BIN)/python $(PIP_INSTALL) --require-hashes --no-deps -r $(VENV)/uv.txt \
	  && UV_PYTHON_DOWNLOADS=never UV_HTTP_TIMEOUT=60 $(BIN)/uv pip install --quiet --system-certs \
	     --python $(BIN)/python --require-hashes -r requirements/dev.txt ) > $(VENV)/uv.log 2>&1 \
	  || $(BIN)/python $(PIP_INSTALL) --require-hashes -r requirements/dev.txt
	@touch $@

$(HARNESS_VENV)/harness.stamp: requirements/harness.txt
	$(call make_venv,$(HARNESS_VENV))
	@echo "Setting up $(HARNESS_VENV): torch $(TORCH) for the CPU and lm_eval (once, some minutes) ..."
	@if [ "$$(uname -s)" = Darwin ]; then \
	  $(HARNESS_VENV)/bin/python $(PIP_INSTALL) torch==$(TORCH); \
	else \
	  $(HARNESS_VENV)/bin/python $(PIP_INSTALL) --retries 0 "torch==$(TORCH)+cpu" 2> $(HARNESS_VENV)/torch.log \
	  || $(HARNESS_VENV)/bin/python $(PIP_INSTALL) $(TORCH_AT) "torch==$(TORCH)+cpu"; \
	fi
	@( $(BIN)/uv --version && UV_PYTHON_DOWNLOADS=never UV_HTTP_TIMEOUT=60 $(BIN)/uv pip install --quiet --system-certs \
	     --python $(HARNESS_VENV)/bin/python --no-deps --require-hashes -r requirements/harness.txt \
	 ) > $(HARNESS_VENV)/uv.log 2>&1 \
	  || $(HARNESS_VENV)/bin/python $(PIP_INSTALL) --no-deps --require-hashes -r requirements/harness.txt
	@# Evaluations do not write bytecode, and import 1.7 times quicker where it is there.
	@$(HARNESS_VENV)/bin/python -m compileall -q -j 0 $(HARNESS_VENV)/lib > /dev/null 2>&1 || true
	@touch $@

# Somebody's own environment, with a GPU build perhaps.
.PHONY: harness-given
harness-given:
	@"$(HARNESS_PYTHON)" -c 'import lm_eval, torch' || { echo "HARNESS_PYTHON=$(HARNESS_PYTHON) cannot import \
	torch and lm_eval; see requirements/harness.in, or unset it and let \`make harness\` make one."; exit 2; }
