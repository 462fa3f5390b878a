# make demo: fuse a synthetic pair.  make test: everything that must pass.  make docs: the site, in out/site.  All set
# up .venv by themselves.
PYTHON ?= python3
# The CPU build; on a machine with a GPU: make TORCH=torch==2.13.0
TORCH ?= $(if $(filter Linux,$(shell uname -s)),torch==2.13.0+cpu,torch==2.13.0)
BIN := .venv/bin
READY := .venv/.ready
PIP := $(BIN)/python -m pip install --quiet -c constraints.txt
# Asked where what is configured has no such build: PyTorch's own index of CPU builds.
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
BRIEFLY := --retries 1 --timeout 15
NO_PACKAGES := What pyproject.toml asks for can't be installed: the lines above say why. Without a network, or behind \
a proxy, tell pip of an index that it reaches: PIP_INDEX_URL=URL make
NO_TORCH := $(TORCH) can't be installed, neither from what pip is configured for nor from $(TORCH_INDEX). \
With a file of it: make TORCH=/path/to/torch.whl; for the default build, which on Linux is gigabytes of CUDA: \
make TORCH=torch==2.13.0; from another index: make TORCH_INDEX=URL

.PHONY: demo test lint docs clean

demo: $(READY)
	$(BIN)/mgfusion demo -o out/demo --overwrite

test: $(READY) lint
	$(BIN)/python -m pytest -n 2 --dist loadgroup --cov=mgfusion --cov-report= --cov-fail-under=85

docs: $(READY)
	$(BIN)/python scripts/diagrams.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict
	@echo out/site/index.html

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and f"mgfusion needs Python 3.11 or newer, this is {sys.version.split()[0]}; try: make $(MAKECMDGOALS) PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	$(PIP) $(BRIEFLY) '$(TORCH)' 2> .venv/torch.log \
	  || $(PIP) $(BRIEFLY) --extra-index-url $(TORCH_INDEX) '$(TORCH)' 2>> .venv/torch.log \
	  || { cat .venv/torch.log >&2; echo "$(NO_TORCH)" >&2; exit 1; }
	$(PIP) $(BRIEFLY) -e '.[dev]' || { echo "$(NO_PACKAGES)" >&2; exit 1; }
	touch $(READY)

clean:
	rm -rf .venv .coverage out .pytest_cache .mypy_cache .ruff_cache
