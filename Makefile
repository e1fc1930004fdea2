# Farmhand: `make help` lists the targets. Each does the set-up that it needs.
# The first that runs: a name on the path may be a shim without a Python behind it.
PYTHON ?= $(or $(shell for python in python3.11 python3.13 python3.12 python3; do \
	$$python -c '' 2>/dev/null && echo $$python && break; done),python3)
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup render test matrix bench soak lint format build release repo docs architecture blender windows farm lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/ready ## Create .venv with everything for development

.venv/ready: requirements/dev.txt pyproject.toml tools/setup.py
	$(PYTHON) tools/setup.py

render: setup ## Render the example, or FILE=any.blend [FRAMES=1-10 SCALE=25 SAMPLES=16 OUT=folder]
	@$(BIN)/python tools/render.py $(if $(FILE),--file "$(FILE)") $(if $(FRAMES),--frames "$(FRAMES)") \
		$(if $(SCALE),--scale $(SCALE)) $(if $(SAMPLES),--samples $(SAMPLES)) $(if $(OUT),--out "$(OUT)")

test: setup ## Run every test that can run here and say what was skipped
	@$(BIN)/python tools/run_tests.py

matrix: setup ## Run the tests in every available Blender and write docs/compatibility.md; VERSIONS="4.2.23 5.3.0": only in these
	@$(BIN)/python tools/matrix.py $(VERSIONS)

bench: setup ## Run every benchmark in quick sizes and update the plots of growth; NAMES="growth": only these; WHOLE=1: full sizes
	@$(BIN)/python benchmarks/run_all.py $(NAMES) $(if $(WHOLE),--whole)

soak: setup ## Run the tests that take minutes, and those in the other Blenders
	@$(BIN)/python -m pytest -m soak
	@$(BIN)/python tools/run_tests.py --soak
	@$(BIN)/python tools/windows_tests.py

lint: setup ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: setup ## Rewrite the code in the project's style
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

build: setup ## Build the extension's zips into dist/
	@$(BIN)/python tools/build_extension.py

release: setup ## Build a release into dist/release: zips, checksums, bill of materials, notes
	@$(BIN)/python tools/release.py

repo: setup ## Build an extension repository into dist/repository, ready for any web server
	@$(BIN)/python tools/repository.py

docs: setup ## Build the guide into build/docs
	@$(BIN)/mkdocs build --quiet --strict

architecture: setup ## Draw docs/images/architecture.svg from the imports
	@$(BIN)/python tools/draw_architecture.py

blender: setup ## Prepare the Blenders for the tests (bpy; as root on Debian also 4.3.2 and 5.2.2 with windows); ALL=1: those for matrix
	@$(BIN)/python tools/blenders.py $(if $(ALL),--all)

windows: setup ## Prepare a Windows Python with bpy under Wine for the tests (as root on Debian)
	@$(BIN)/python tools/windows_python.py

farm: setup ## Start the render farm on this computer
	@$(BIN)/farmhand farm

lock: setup ## Resolve the requirements again
	tools/lock.sh

clean: ## Remove build results
	rm -rf .venv dist build
