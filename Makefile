# cockpit
#   make run     the cockpit, trading on the embedded exchange
#   make test    all tests of a short kind
#   make build   the environment and the core, nothing run
#   make check   the C tests: release, address+undefined, thread
#   make fuzz    the decoders under mutated messages, for minutes
#   make soak    exchange and desk at length, with faults and kills; hours
#   make endurance  a busy desk for ten minutes: memory and rings
#   make bench   every row of `cockpit bench`
#   make bench-ui  what the screen costs: first frame, bytes, processor, memory, keys, desk
#   make lint    ruff, mypy, clang-format
#   make clean   what was built; make distclean: the environment too
#
# Each creates .venv if needed. A half-made one has no stamp and is made anew.

.DEFAULT_GOAL := build
.PHONY: run test build check fuzz soak endurance bench bench-ui lint format clean distclean tools snapshots

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
    $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
CC     ?= cc
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.complete

run: build
	@$(BIN)/cockpit $(ARGS)

test: build
	$(BIN)/python -m pytest -q $(ARGS)

build: $(STAMP)
	@$(MAKE) --no-print-directory -s -C native CC=$(CC) PYTHON=$(CURDIR)/$(BIN)/python
	@$(BIN)/python -m compileall -q cockpit

# The C tests, and every decoder and the risk check under mutated input for a moment.
check: $(STAMP)
	@$(MAKE) --no-print-directory -C native check CC=$(CC) PYTHON=$(CURDIR)/$(BIN)/python
	@$(MAKE) --no-print-directory -C native/fuzz run N=200000 STEPS=100000 CC=$(CC)

# Every decoder, ten million mutated messages; N=... and SEED=... change that.
fuzz: $(STAMP)
	@$(MAKE) --no-print-directory -C native/fuzz run N=$(or $(N),10000000) SEED=$(or $(SEED),1) CC=$(CC)

# Hours: the venue against its model (MODELS seeds of EVENTS messages), then the whole system
# while things go wrong (SEEDS), then kills (KILLS), of a desk, and of desk and exchange in
# turn. docs/testing.md says what a difference looks like. The venue checks its invariants all the way: after every step beside the
# model, after every seventh in the rest.
CHECKED_PIPE := build/checked/test/venue_pipe
soak: $(STAMP)
	@$(MAKE) --no-print-directory -s -C native FLAVOUR=checked $(CHECKED_PIPE) CC=$(CC) PYTHON=$(CURDIR)/$(BIN)/python
	$(BIN)/python -m tests.venue.compare --seeds $(or $(MODELS),20) --events $(or $(EVENTS),1000000) --program native/$(CHECKED_PIPE) $(ARGS)
	@$(MAKE) --no-print-directory -C native soak SEEDS=$(or $(SEEDS),100000) KILLS=$(or $(KILLS),334) CC=$(CC) PYTHON=$(CURDIR)/$(BIN)/python
	COCKPIT_KILLS=$(or $(KILLS),334) $(BIN)/python -m pytest -q tests/journal/test_kill.py
	COCKPIT_KILLS=$(or $(KILLS),200) $(BIN)/python -m pytest -q tests/net/test_kills.py

# Ten minutes at 100,000 events/s; SECONDS=... and RATE=... change that.
endurance: build
	COCKPIT_ENDURANCE_SECONDS=$(or $(SECONDS),600) COCKPIT_ENDURANCE_RATE=$(or $(RATE),100000) $(BIN)/python -m pytest -q -s tests/test_endurance.py

bench: build
	$(BIN)/cockpit bench $(ARGS)

bench-ui: build
	$(BIN)/python -m cockpit.bench.ui $(ARGS)

lint: build
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	git ls-files 'native/*.c' 'native/*.h' | xargs $(BIN)/clang-format --dry-run --Werror

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	git ls-files 'native/*.c' 'native/*.h' | xargs $(BIN)/clang-format -i

# Pictures changed on purpose: make them anew, then look at each one.
snapshots: build
	$(BIN)/python -m pytest -q tests/ui --snapshot-update

clean:
	$(MAKE) -s -C native clean
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache

distclean: clean
	rm -rf $(VENV)

# One line for what is missing, before anything is begun.
tools:
	@test -n "$(PYTHON)" || { echo "cockpit needs Python 3.11 or newer: install python3 (Debian: apt install python3 python3-venv python3-dev)" >&2; exit 1; }
	@command -v $(firstword $(CC)) >/dev/null || { echo "cockpit needs a C compiler: install gcc or clang (Debian: apt install gcc)" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "cockpit needs Python's venv: install it (Debian: apt install python3-venv)" >&2; exit 1; }
	@echo '#include <stdint.h>' | $(CC) -fsyntax-only -x c - 2>/dev/null || { echo "cockpit needs the C library's headers: install them (Debian: apt install libc6-dev)" >&2; exit 1; }
	@header=$$($(PYTHON) -c 'import sysconfig; print(sysconfig.get_path("include"))')/Python.h; \
	 test -f $$header || { echo "cockpit needs Python's headers, and $$header is not there: install them (Debian: apt install python3-dev)" >&2; exit 1; }

$(STAMP): pyproject.toml setup.py | tools
	@echo "making $(VENV) (once; takes a minute)"
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check 'setuptools>=77' 'cffi>=2'
	@$(MAKE) --no-print-directory -s -C native CC=$(CC) PYTHON=$(CURDIR)/$(BIN)/python
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-build-isolation -e '.[dev]'
	@touch $@
