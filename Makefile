# Targets for people and CI. Everything is installed into .venv with the versions of constraints.txt, from files whose sha256 is
# in constraints-hashes.txt.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
STAMP := $(VENV)/.installed
INSTALL := tools/install.py constraints-hashes.txt
IMDB_SOURCE := artifacts/imdb-source
BENCH := build/bench
COMPARE := build/compare
RECIPE := build/recipe
COMPARE_REPORT := --json docs/reports/compare.json --page docs/benchmarks.md --pictures docs/pictures
FASTTEXT_TRAINER := $(BENCH)/fasttext-trainer

FLOOR := build/floor
FLEET := $(CURDIR)/build/fleet
FLOOR_TESTS := tests/export/reading tests/export/emitters tests/export/model/tensorflow_operations tests/runtime/engines

RAY := build/ray
RAY_VERSION := 2.60.0
RAY_TESTS := tests/train/parallel/test_ray_cluster.py tests/runtime/bulk/test_on_ray.py

RECIPES := build/recipes
POLARS_VERSION := 2.1.0
DUCKDB_VERSION := 2.0.1
SPARK_VERSION := 4.3.0
RECIPES_TESTS := tests/docs/test_score_recipes.py tests/runtime/bulk/test_scorer.py

WHEELS := build/wheels
DEBS := build/deb
NATIVE_WHEELS := build/native-wheels
OTHER_WHEELS := build/other-wheels
CIBUILDWHEEL := build/cibuildwheel
DIST := dist

# $(call need,PROGRAM,ADVICE) as the first line of a recipe: when PROGRAM is not there, make ends and says what to install.
# ADVICE has no comma and no quotation mark.
need = @command -v $(1) >/dev/null || { echo "make $@: $(1) was not found: $(2)" >&2; exit 2; }

.PHONY: help install constraints-hashes demo test test-runtime test-runtimes test-floor test-ray test-recipes test-arm wheels other-wheels deb test-musl test-pi report-pi test-fleet lint-fleet fuzz lint train train-imdb train-imdb-tiny train-imdb-nano ablation choose-by-film dist check-dist native-wheels debian-packages lint-workflows \
	artifacts report export-time parity-tiers bench soak score-million compare compare-page compare-accuracy compare-recipes floor predict-cycles explain-quality rejection instructions instructions-accept clean

help:
	@echo "make install    create $(VENV) and install the three distributions and the tools"
	@echo "make constraints-hashes  ask the package index for the hashes of the versions in constraints.txt and its siblings"
	@echo "make demo       export imdb from its Keras model, check it on 2,000 held-out reviews, classify a few sentences"
	@echo "make test       run the tests, but for those that are marked long"
	@echo "make test-long  run those: more cases of what make test tries, and owners' pipelines in seven languages"
	@echo "make test-runtime PYTHON=python3.9  run the runtime's tests on another Python, in an environment with nothing else"
	@echo "make test-runtimes  the same on each Python from 3.9 to 3.14 that is installed, and name the missing ones"
	@echo "make test-floor the tests of reading, of emitters and of engines, with the oldest Keras, TensorFlow, onnxruntime, ... that are allowed"
	@echo "make test-ray   the tests of what runs on a Ray cluster, in an environment of its own"
	@echo "make test-recipes  run the programs of the guide for Polars, DuckDB and Spark, in an environment of their own; Spark needs Java"
	@echo "make test-arm   build the kernel for every Raspberry Pi, run it under qemu, compare each bit with this machine's"
	@echo "make wheels     build the runtime's wheels for x86_64, aarch64 and armv7l, and its sdist, into $(WHEELS)"
	@echo "make other-wheels  build its wheels for musl (Alpine), macOS and Windows with zig, into $(OTHER_WHEELS)"
	@echo "make test-musl  install the wheel for musl on a Python that runs on musl, and verify a bundle there (Debian)"
	@echo "make deb        build Debian packages of the runtime for amd64, arm64 and armhf from the wheels, into $(DEBS)"
	@echo "make native-wheels  build the runtime's wheel for this Mac with cibuildwheel, into $(NATIVE_WHEELS)"
	@echo "make dist       build what is published, wheels and sdists of all three distributions, into $(DIST)"
	@echo "make check-dist check what make dist wrote; TAG=v1.2.3 checks that it is what this tag releases"
	@echo "make test-pi    install and verify the runtime on emulated Raspberry Pis (root, Debian; half an hour the first time)"
	@echo "make lint-fleet  check the collection in fleet with ansible-lint; a part of make test-fleet"
	@echo "make test-fleet  roll bundles out to emulated Raspberry Pis with the Ansible collection in fleet (root, Debian; after make test-pi)"
	@echo "make report-pi  the same, for docs/reports/raspberry-pi.json"
	@echo "make fuzz       run the fuzzers of the kernel (under ASan and UBSan) and of Python's readers, FUZZ_SECONDS (60) each; needs clang"
	@echo "make lint       check style, types, the direction of imports and the workflows"
	@echo "make lint-workflows  check the workflows with actionlint; a part of make lint"
	@echo "make debian-packages  install the Debian packages that the tests can use (root)"
	@echo "make train-imdb, train-imdb-tiny, train-imdb-nano  train a committed model from raw data into build/runs"
	@echo "make train      train a well-known tutorial's network into build/runs/tutorial"
	@echo "make ablation   measure on validation what each ingredient of the recipe is worth; takes an hour, can be stopped and begun again"
	@echo "make choose-by-film FILMS=PATH  compare settings on reviews of films that training does not know, for docs/reports/film-choice.json"
	@echo "make artifacts  rebuild the committed bundles in artifacts from the models beside them"
	@echo "make report     measure every scheme, format and engine again for docs/reports/parity-imdb.json"
	@echo "make export-time  measure what the export of imdb takes, step by step, for docs/reports/export-time.json"
	@echo "make parity-tiers  the same for the native engine on every tier of instructions, for docs/reports/parity-tiers.json"
	@echo "make explain-quality  judge explanations by the probability that is lost with their words, for docs/reports/explain.json"
	@echo "make rejection        measure whether a rate of accepted foreign texts holds on fresh ones, for docs/reports/rejection.json"
	@echo "make predict-cycles  predict cycles a token on Raspberry Pis with qemu and llvm-mca, for docs/reports/predicted-cycles.json"
	@echo "make instructions  count the instructions of fixed workloads, and compare them with docs/reports/instructions.json (valgrind, qemu)"
	@echo "make instructions-accept  make these counts the baseline, in the report and in docs/performance.md"
	@echo "make floor      measure the kernel's inner step against what this machine could do at best"
	@echo "make bench      measure the native engine against its goals on the workload of benchmarks, for docs/reports/bench.json"
	@echo "make score-million  score up to ten million rows with one job, two, and on Ray, for docs/reports/score.json; takes 3 GB"
	@echo "make soak       ask drupelet serve for a million texts, compare each answer with predict's, for docs/reports/soak.json"
	@echo "make compare    compare with fastText, onnxruntime, LiteRT, TensorFlow, ..., each installed alone, for docs/benchmarks.md; about 20"
	@echo "                minutes; QUICK=1 or PEERS=a,b for a look, which goes to build/compare"
	@echo "make compare-page  write docs/benchmarks.md and its pictures again from docs/reports/compare.json"
	@echo "make docs       build the documentation site into build/docs; without network, once its tools are installed"
	@echo "make docs-reference  write the references of commands and of layers again"
	@echo "make docs-sessions   run the sessions that the guide shows, and write what they print into its pages"
	@echo "make zoo        measure every network of the zoo on every engine in every scheme, for docs/reports/zoo.json; takes half an hour"
	@echo "make docs-compiles   write the page of what compiles from the compiler's layers and docs/reports/zoo.json again"
	@echo "make clean      remove build, dist and $(VENV)"
	@echo "make compare-accuracy  measure accuracy and size of every committed bundle, fastText and n-gram regressions, for docs/reports/accuracy-size.json; with STANDARD_TEST=PATH on the standard test, too"
	@echo "make compare-recipes  compare the settings that texts choose with baselines and configurations on eleven data sets, for docs/reports/recipe.json"

install: $(STAMP)

$(STAMP): pyproject.toml runtime/pyproject.toml export/pyproject.toml train/pyproject.toml constraints.txt \
		export/hatch_build.py train/hatch_build.py runtime/src/drupelet/version.py $(wildcard runtime/backend/*/* runtime/csrc/*) \
		$(INSTALL)
	$(call need,$(PYTHON),install Python 3.11; make install PYTHON=python3.12 takes another one)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python tools/install.py --distributions --group dev
	touch $(STAMP)

# For whoever changes a version: the index says what its files hash to. It does not depend on install, which refuses the new version.
constraints-hashes:
	$(call need,$(BIN)/python,make install creates it)
	$(BIN)/python tools/constraints_hashes.py constraints.txt constraints-runtime.txt constraints-tflite-runtime.txt constraints-fleet.txt

demo: install
	$(BIN)/drupelet doctor
	$(BIN)/drupelet export $(IMDB_SOURCE) --schemes f32,wi8 --out build/imdb
	$(BIN)/drupelet parity build/imdb --model $(IMDB_SOURCE)
	$(BIN)/drupelet inspect build/imdb
	$(BIN)/drupelet predict build/imdb "a quiet, wonderful film" "dull and badly acted, I wanted my money back" \
		"not as bad as people say, and the ending is lovely"

test: install
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile -m "not long"

test-long: install
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile -m long

test-runtime:
	$(call need,python3,install Python 3.9 or newer)
	python3 tests/runtime/on_python.py $(PYTHON)

test-runtimes:
	$(call need,python3,install Python 3.9 or newer)
	python3 tests/runtime/on_python.py --each

# In an environment of its own, with the oldest versions of libraries that the runtime and export allow.
test-floor: $(FLOOR)/.installed
	$(FLOOR)/bin/python -m pytest $(FLOOR_TESTS)

$(FLOOR)/.installed: runtime/pyproject.toml export/pyproject.toml tools/floors.py $(STAMP)
	$(call need,$(PYTHON),install Python 3.11; the oldest versions have no wheels for newer ones)
	test -x $(FLOOR)/bin/python || $(PYTHON) -m venv $(FLOOR)
	$(FLOOR)/bin/python -m pip install --quiet $$($(BIN)/python tools/floors.py) $$(grep -E '^(pytest|hypothesis|joblib)==' constraints.txt)
	PIP_CONSTRAINT=constraints.txt $(FLOOR)/bin/python -m pip install --quiet --no-deps --editable runtime --editable export
	touch $@

# In an environment of its own: Ray is large, and few use it.
test-ray: $(RAY)/.installed
	$(RAY)/bin/python -m pytest $(RAY_TESTS)

$(RAY)/.installed: runtime/pyproject.toml train/pyproject.toml $(INSTALL) $(STAMP)
	$(call need,$(PYTHON),install Python 3.11)
	test -x $(RAY)/bin/python || $(PYTHON) -m venv $(RAY)
	$(RAY)/bin/python tools/install.py --distributions --group dev
	PIP_CONSTRAINT=constraints.txt $(RAY)/bin/python -m pip install --quiet "ray[data]==$(RAY_VERSION)"
	touch $@

# In an environment of its own: Spark is large, and the runtime needs none of them.
test-recipes: $(RECIPES)/.installed
	$(RECIPES)/bin/python -m pytest $(RECIPES_TESTS)

$(RECIPES)/.installed: runtime/pyproject.toml constraints.txt $(STAMP)
	$(call need,$(PYTHON),install Python 3.11)
	test -x $(RECIPES)/bin/python || $(PYTHON) -m venv $(RECIPES)
	PIP_CONSTRAINT=constraints.txt $(RECIPES)/bin/python -m pip install --quiet pytest \
		"polars==$(POLARS_VERSION)" "duckdb==$(DUCKDB_VERSION)" "pyspark[sql]==$(SPARK_VERSION)"
	$(RECIPES)/bin/python -m pip install --quiet --no-deps --editable runtime
	touch $@

test-arm: install
	$(BIN)/python -m pytest tests/device

wheels: install
	rm -rf $(WHEELS)
	$(BIN)/python runtime/build_wheels.py --out $(WHEELS)

# What make wheels built, and so what make test-pi installs, is what is published.
dist: wheels
	rm -rf $(DIST)
	mkdir -p $(DIST)
	cp $(WHEELS)/* $(DIST)
	$(BIN)/python -m build --no-isolation --outdir $(DIST) export
	$(BIN)/python -m build --no-isolation --outdir $(DIST) train

check-dist: install
	$(BIN)/python tools/check_distributions.py $(DIST) $(if $(TAG),--tag $(TAG))

# Decision 0037 says why these are not among what is published.
other-wheels: install
	rm -rf $(OTHER_WHEELS)
	$(BIN)/python runtime/build_wheels.py --out $(OTHER_WHEELS) \
		musl-x86_64 musl-aarch64 musl-armv7l macos-arm64 macos-x86_64 windows-amd64

test-musl: other-wheels
	$(BIN)/python tests/device/on_musl.py $(OTHER_WHEELS) artifacts/imdb

# The wheels for macOS that are published: Apple's compiler builds them and a Mac tries them. On Linux, cibuildwheel works in
# Docker. It has an environment of its own, because TensorFlow, which make install brings, does not run on every Mac.
native-wheels: $(CIBUILDWHEEL)/.installed
	$(if $(filter Linux,$(shell uname)),$(call need,docker,cibuildwheel works in Docker; make wheels needs none))
	rm -rf $(NATIVE_WHEELS)
	$(CIBUILDWHEEL)/bin/cibuildwheel --output-dir $(NATIVE_WHEELS) runtime

$(CIBUILDWHEEL)/.installed: pyproject.toml $(INSTALL)
	$(call need,$(PYTHON),install Python 3.11; make native-wheels PYTHON=python3.12 takes another one)
	test -x $(CIBUILDWHEEL)/bin/python || $(PYTHON) -m venv $(CIBUILDWHEEL)
	$(CIBUILDWHEEL)/bin/python tools/install.py --group native-wheels
	touch $@

deb: wheels
	rm -rf $(DEBS)
	$(BIN)/python tools/build_debs.py $(WHEELS) --out $(DEBS)

test-pi: deb
	PYTHONPATH=tests $(BIN)/python -m pi --wheels $(WHEELS) --packages $(DEBS) --json build/pi.json

# In an environment of its own, and on the roots of make test-pi.
$(FLEET)/.installed: constraints-fleet-hashes.txt $(INSTALL)
	$(call need,$(PYTHON),install Python 3.11; make test-fleet PYTHON=python3.12 takes another one)
	test -x $(FLEET)/bin/python || $(PYTHON) -m venv $(FLEET)
	$(FLEET)/bin/python tools/install.py --group fleet --hashes constraints-fleet-hashes.txt
	touch $@

lint-fleet: $(FLEET)/.installed
	mkdir -p $(FLEET)/collections/ansible_collections/drupelet
	ln -sfn $(CURDIR)/fleet $(FLEET)/collections/ansible_collections/drupelet/fleet
	cd fleet && PATH=$(FLEET)/bin:$$PATH ANSIBLE_COLLECTIONS_PATH=$(FLEET)/collections ansible-lint --offline -q

test-fleet: lint-fleet wheels
	DRUPELET_ANSIBLE=$(FLEET)/bin $(BIN)/python -m pytest -q tests/fleet

report-pi: deb
	PYTHONPATH=tests $(BIN)/python -m pi --wheels $(WHEELS) --packages $(DEBS) --memory --json docs/reports/raspberry-pi.json

fuzz: install
	$(call need,$(or $(CLANG),clang),apt install clang libclang-rt-14-dev)
	PYTHON=$(BIN)/python tests/fuzz/run

# What a test needs and does not find, it says when it skips.
debian-packages:
	$(call need,apt-get,this is for Debian and Ubuntu)
	apt-get update --quiet --quiet
	apt-get install --quiet --quiet --yes bzip2 chromium clang debootstrap default-jre-headless fonts-dejavu-core gcc gcc-aarch64-linux-gnu \
		gcc-arm-linux-gnueabihf iproute2 libc6-dev-arm64-cross libc6-dev-armhf-cross libclang-rt-dev lintian llvm-19 minisign mosquitto mosquitto-clients musl-tools qemu-user-static systemd \
		systemd-container strace valgrind

lint: install lint-workflows
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

lint-workflows: install
	$(BIN)/actionlint

train: install
	$(BIN)/drupelet train --data imdb --config tutorial --out build/runs/tutorial

train-imdb train-imdb-tiny train-imdb-nano: train-%: install
	$(BIN)/drupelet train --data imdb --config $* --out build/runs/$*

ablation: install
	$(BIN)/python -m benchmarks.ablation build/ablation --config benchmarks/ablation.toml \
		--json docs/reports/ablation.json

choose-by-film: install
	$(BIN)/python -m benchmarks.film_choice build/film-choice --films "$(FILMS)" --json docs/reports/film-choice.json

artifacts: install
	$(BIN)/drupelet export $(IMDB_SOURCE) --schemes wi8 --pruning --out artifacts/imdb
	$(BIN)/drupelet export artifacts/imdb-tiny-source --schemes wi4 --pruning --out artifacts/imdb-tiny
	$(BIN)/drupelet export artifacts/imdb-nano-source --schemes wi4 --pruning --out artifacts/imdb-nano

report: install
	$(BIN)/drupelet export $(IMDB_SOURCE) --schemes f32,f16,wi8,wi4 --out build/imdb-all
	$(BIN)/drupelet parity build/imdb-all --model $(IMDB_SOURCE) --explain --report build/imdb-all.html --json \
		> docs/reports/parity-imdb.json.partial
	mv docs/reports/parity-imdb.json.partial docs/reports/parity-imdb.json

export-time: install
	$(BIN)/python -m benchmarks.export_time $(IMDB_SOURCE) --json docs/reports/export-time.json

parity-tiers: report
	$(BIN)/python -m benchmarks.parity_tiers build/imdb-all $(IMDB_SOURCE) --json docs/reports/parity-tiers.json

bench: $(BENCH)/fasttext.ftz $(BENCH)/.prepared
	$(BIN)/python -m benchmarks.bench $(BENCH) --json docs/reports/bench.json

score-million: $(RAY)/.installed
	$(RAY)/bin/python -m benchmarks.score_rows build/score --bundle artifacts/imdb-nano --json docs/reports/score.json

soak: install
	$(BIN)/python -m benchmarks.soak artifacts/imdb --json docs/reports/soak.json

# Every folder of artifacts/ that holds a bundle is measured.
compare-accuracy: $(BENCH)/fasttext.bin $(BENCH)/fasttext.ftz $(BENCH)/.prepared
	$(BIN)/python -m benchmarks.compare_accuracy $(BENCH) $(dir $(wildcard artifacts/*/manifest.json)) \
		$(if $(STANDARD_TEST),--standard-test $(STANDARD_TEST)) \
		--json docs/reports/accuracy-size.json --picture docs/pictures/accuracy-size.svg

# The texts come from the index, where packages hold them; those of apt from the lists of a Debian system.
compare-recipes: $(BENCH)/fasttext.bin
	mkdir -p $(RECIPE)/downloads $(RECIPE)/fasttext
	$(BIN)/python -m pip download --quiet --no-deps --no-binary :all: --no-build-isolation --dest $(RECIPE)/downloads vaderSentiment==3.3.2
	$(BIN)/python -m pip download --quiet --no-deps --dest $(RECIPE)/downloads chatterbot-corpus==1.3.3 home-assistant-intents==2026.10.27
	ln -sfn $(CURDIR)/$(FASTTEXT_TRAINER)/lib/python3*/site-packages/fasttext* $(RECIPE)/fasttext
	$(BIN)/python -m benchmarks.recipe $(RECIPE) --fasttext $(RECIPE)/fasttext --part test --json docs/reports/recipe.json

# Each peer has an environment of its own below build/compare, which stays for the next run.
compare: $(BENCH)/fasttext.ftz $(BENCH)/.prepared
	$(BIN)/python -m benchmarks.compare $(COMPARE) --workload $(BENCH) $(if $(PEERS),--peers $(PEERS)) $(if $(QUICK),--quick) \
		$(if $(PEERS)$(QUICK),--json $(COMPARE)/report.json,$(COMPARE_REPORT))

compare-page: install
	$(BIN)/python -m benchmarks.compare $(COMPARE) --draw $(COMPARE_REPORT)

explain-quality: install
	$(BIN)/python -m benchmarks.explain artifacts/imdb artifacts/imdb-tiny artifacts/imdb-nano --json docs/reports/explain.json

rejection: install
	$(BIN)/python -m benchmarks.rejection --out docs/reports/rejection.json

predict-cycles: $(BENCH)/.prepared
	$(BIN)/python -m benchmarks.predict_cycles $(BENCH) --json docs/reports/predicted-cycles.json

$(VENV)/.installed-bench: $(STAMP)
	$(BIN)/python tools/install.py --group bench
	touch $@

# Rebuilt whenever the compiler or the file formats change; texts that stay the same are not written again.
$(BENCH)/.prepared: $(VENV)/.installed-bench $(shell find runtime/src export/src benchmarks -name '*.py')
	$(BIN)/python -m benchmarks.prepare $(BENCH)
	touch $@

$(BENCH)/fasttext_training.txt: $(BENCH)/.prepared ;

# In an environment of its own: the package that trains has the same import name as the one that only predicts.
$(BENCH)/fasttext.bin $(BENCH)/fasttext.ftz &: $(BENCH)/fasttext_training.txt benchmarks/train_fasttext.py
	test -x $(FASTTEXT_TRAINER)/bin/python || $(PYTHON) -m venv $(FASTTEXT_TRAINER)
	$(FASTTEXT_TRAINER)/bin/python tools/install.py --group fasttext-trainer --allow-sdists # it has no wheel for Macs
	$(FASTTEXT_TRAINER)/bin/python benchmarks/train_fasttext.py $< $(BENCH)/fasttext.bin $(BENCH)/fasttext.ftz

instructions: install
	$(BIN)/python -m benchmarks.instructions

instructions-accept: install
	$(BIN)/python -m benchmarks.instructions --accept

floor:
	$(call need,$(CC),install a C compiler or name one: make floor CC=clang)
	mkdir -p $(BENCH)
	$(CC) -std=gnu11 -O3 -ffp-contract=off -Iruntime/csrc benchmarks/kernel_floor.c \
		$(filter-out runtime/csrc/python_module.c,$(wildcard runtime/csrc/*.c)) -o $(BENCH)/kernel_floor
	$(BENCH)/kernel_floor

.PHONY: docs docs-reference docs-sessions docs-compiles zoo

$(VENV)/.installed-docs: $(STAMP)
	$(BIN)/python tools/install.py --group docs || \
		{ echo "make docs needs sphinx, myst-parser and furo, the dependency group docs: pip could not install them" >&2; exit 1; }
	touch $@

docs: $(VENV)/.installed-docs
	$(BIN)/python -m sphinx --quiet --fail-on-warning --keep-going --builder html --doctree-dir build/doctrees docs build/docs
	@echo "build/docs/index.html"

docs-reference: install
	$(BIN)/python -m docs.tools.command_reference

docs-sessions: install
	$(BIN)/python -m docs.tools.sessions --write

zoo: install
	PYTHONPATH=tests $(BIN)/python -m integration.zoo_report docs/reports/zoo.json

docs-compiles: install
	$(BIN)/python -m docs.tools.what_compiles

clean:
	rm -rf build dist $(VENV)
