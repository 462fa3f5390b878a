# make demo: fuse the packaged pair.  make test: everything that must pass.  Both set up .venv by themselves.
PYTHON ?= python3
# The CPU build; on a machine with a GPU: make TORCH=torch==2.13.0
TORCH ?= $(if $(filter Linux,$(shell uname -s)),torch==2.13.0+cpu,torch==2.13.0)
BIN := .venv/bin
READY := .venv/.ready
NO_TORCH := $(TORCH) can't be installed: set PIP_EXTRA_INDEX_URL to PyTorch's index of CPU builds (pytorch.org, Get \
started), or run make with TORCH=torch==2.13.0 for the default build, which on Linux is gigabytes of CUDA

.PHONY: demo test lint clean

demo: $(READY)
	$(BIN)/mgfusion demo -o out/demo --overwrite

test: $(READY) lint
	$(BIN)/python -m pytest -n 2

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and f"mgfusion needs Python 3.11 or newer, this is {sys.version.split()[0]}; try: make $(MAKECMDGOALS) PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -c constraints.txt '$(TORCH)' || { echo "$(NO_TORCH)" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev]'
	touch $(READY)

clean:
	rm -rf .venv out .pytest_cache .mypy_cache .ruff_cache
