# The commands a fresh machine needs are here; each makes the virtual environment first where there is none.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DEMO ?= longvid-demo
INSTALLED := $(VENV)/.installed

# What is compiled once serves every process that a test starts, whatever the shell says.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help install demo test lint types suite training browser quant gpu models-env models eval-env eval llm-server
.PHONY: small-llm voices slow golden tiny ray
.PHONY: format clean

help:
	@echo "make demo     environment, then a ten-minute film, its summary and its score, in DEMO=$(DEMO)"
	@echo "make test     environment, linter, types and the whole test suite"
	@echo "make install  the environment alone, in $(VENV)"
	@echo "make training the tests of training, with peft and trl, and of the trainer of the small model"
	@echo "make browser  the tests of the page in Chromium; skipped where there is none"
	@echo "make models   tiny checkpoints of many video models through the pipeline; make models-env sets up their environment"
	@echo "make eval     longvid_clip in lmms-eval on a tiny MVBench; make eval-env sets up its environment"
	@echo "make slow     the tests that run for minutes (100 kills), and every property with many examples"
	@echo "make quant    the tests of 8 and 4 bits, with bitsandbytes"
	@echo "make ray      batches on clusters of Ray, with workers, drivers and nodes that die; installs Ray"
	@echo "make gpu      everything that needs a CUDA card, with a random checkpoint; prints what it measures"
	@echo "make voices   the test of real voices; needs espeak-ng"
	@echo "make llm-server LLM_SERVER=ADDRESS   a server of language models that runs, as --llm takes it"
	@echo "make small-llm SMALL_LLM=FOLDER      a small language model through every strategy"
	@echo "make golden LONGVID_GOLDEN=DIR   every golden vector in DIR"
	@echo "make tiny     train the small model of StoryFilm on, its two parts for 13 minutes each (TINY='--minutes 60 --rate 0.0005')"
	@echo "make format   sort imports and format"

install: $(INSTALLED)

$(INSTALLED): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench,dev]'
	touch $@

demo: $(INSTALLED)
	$(BIN)/longvid demo $(DEMO)

test: lint types suite

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(INSTALLED)
	$(BIN)/mypy

suite: $(INSTALLED)
	@command -v chromium >/dev/null || echo "no Chromium here: the page is not tested in a browser (make browser)"
	$(BIN)/python -m pytest -q -n auto --dist worksteal

training: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench,dev,train]'
	$(BIN)/python -m pytest -q -n auto --dist worksteal -m "training and not slow"

browser: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench,dev,browser]'
	$(BIN)/python -m pytest -q -rs -n 0 -m browser tests/page

quant: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench,dev,quant]'
	$(BIN)/python -m pytest -q -s -n 0 -m quant

ray: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench,dev,ray]'
	$(BIN)/python -m pytest -q -s -n 0 -m ray

RANDOM := .random-checkpoint
gpu: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench,dev,quant]'
	test -f $(RANDOM)/config.json || $(BIN)/longvid bench precision make $(RANDOM) --layers 8 --vision-layers 8
	$(BIN)/longvid bench precision walk $(RANDOM) --device cuda

# torchvision imports only beside the build of torch that it was made for, which the CPU wheel of torch is not: an
# environment of its own has a pair. `===` leaves out builds with a suffix, such as +cpu. About 5 GB.
MODELS ?= .venv-models
models-env: $(MODELS)/.installed

$(MODELS)/.installed: pyproject.toml constraints.txt
	test -x $(MODELS)/bin/python || $(PYTHON) -m venv $(MODELS)
	$(MODELS)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt 'torch===2.13.0' torchvision
	$(MODELS)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench,dev,video]'
	touch $@

models: $(MODELS)/.installed
	$(MODELS)/bin/python -m pytest -q -n auto -m models tests/models

# lmms-eval asks for PyAV below 16, which longvid cannot use, and runs with 18 all the same; with filelock 4 it does not,
# whatever it says. So it has an environment of its own, in which both stand over what it asks for. Its torchvision does
# not import beside the CPU wheel of torch and is not needed here. About 2.5 GB.
EVAL ?= .venv-eval
eval-env: $(EVAL)/.installed

$(EVAL)/.installed: pyproject.toml constraints.txt
	test -x $(EVAL)/bin/python || $(PYTHON) -m venv $(EVAL)
	grep -E '^(torch|transformers|numpy|huggingface_hub|tokenizers|pillow|pydantic)==' constraints.txt > $(EVAL)/constraints.txt
	$(EVAL)/bin/python -m pip install --quiet --disable-pip-version-check -c $(EVAL)/constraints.txt 'lmms-eval==0.7.3'
	$(EVAL)/bin/python -m pip install --quiet --disable-pip-version-check -c $(EVAL)/constraints.txt -e '.[dev]'
	$(EVAL)/bin/python -m pip install --quiet --disable-pip-version-check 'filelock<4'
	$(EVAL)/bin/python -m pip uninstall --quiet --yes torchvision
	touch $@

eval: $(EVAL)/.installed
	$(EVAL)/bin/python -m pytest -q -n 0 -m lmms tests/benchmarks/published

slow: $(INSTALLED)
	$(BIN)/python -m pytest -q -n auto -m "slow or hypothesis" --hypothesis-profile many --timeout 3600

voices: $(INSTALLED)
	$(BIN)/python -m pytest -q -n 0 -m voices tests/benchmarks/storyfilm

llm-server: $(INSTALLED)
	LLM_SERVER=$(LLM_SERVER) $(BIN)/python -m pytest -q -s -n 0 -m llm_server tests/test_llm_server.py

small-llm: $(INSTALLED)
	SMALL_LLM=$(SMALL_LLM) $(BIN)/python -m pytest -q -n 0 -m small_llm tests/test_small_llm.py

golden: $(INSTALLED)
	LONGVID_GOLDEN=$(LONGVID_GOLDEN) $(BIN)/python -m pytest -q -s tests/cogvlm2/test_golden.py

# glibc keeps memory between batches instead of asking the system for it each time: a sixth less time.
tiny: export MALLOC_MMAP_THRESHOLD_ = 4294967296
tiny: export MALLOC_TRIM_THRESHOLD_ = 8589934592
tiny: export MALLOC_TOP_PAD_ = 268435456
tiny: export THP_MEM_ALLOC_ENABLE = 1
# Where .tiny holds no training, the weights that stand go on; FROM= begins with random ones.
CAPTIONER := longvid/models/storyfilm-tiny
LLM := longvid/models/storyfilm-tiny/writer
FROM := --begin-from
TINY := --minutes 13 --rate 0.0005
from = $(if $(wildcard .tiny/$(1)/state.pt),,$(if $(FROM),$(FROM) $(2)))
tiny: $(INSTALLED)
	$(BIN)/longvid bench tiny train .tiny/watcher --role captioner $(call from,watcher,$(CAPTIONER)) $(TINY)
	$(BIN)/longvid bench tiny export .tiny/watcher --out .tiny/storyfilm-tiny
	$(BIN)/longvid bench tiny train .tiny/writer --role llm $(call from,writer,$(LLM)) $(TINY)
	$(BIN)/longvid bench tiny export .tiny/writer --out .tiny/storyfilm-tiny/writer

format: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) $(MODELS) $(EVAL) .pytest_cache .mypy_cache .ruff_cache .hypothesis
