# Farmhand: `make help` lists the targets.  Each does the set-up that it needs.
PYTHON ?= $(or $(shell command -v python3.11),python3)
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup render test soak lint format build docs architecture blender farm lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/ready ## Create .venv with everything that development needs

.venv/ready: requirements/dev.txt pyproject.toml tools/setup.py
	$(PYTHON) tools/setup.py

render: setup ## Render the example, or FILE=any.blend [FRAMES=1-10 SCALE=25 SAMPLES=16 OUT=folder]
	@$(BIN)/python tools/render.py $(if $(FILE),--file "$(FILE)") $(if $(FRAMES),--frames "$(FRAMES)") \
		$(if $(SCALE),--scale $(SCALE)) $(if $(SAMPLES),--samples $(SAMPLES)) $(if $(OUT),--out "$(OUT)")

test: setup ## Run every test that can run here and say what was skipped
	@$(BIN)/python tools/run_tests.py

soak: setup ## Run the tests that take minutes
	@$(BIN)/python -m pytest -m soak

lint: setup ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: setup ## Rewrite the code in the project's style
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

build: setup ## Build the extension's zips into dist/
	@$(BIN)/python tools/build_extension.py

docs: setup ## Build the guide into build/docs
	@$(BIN)/mkdocs build --quiet --strict

architecture: setup ## Draw docs/images/architecture.svg from the imports
	@$(BIN)/python tools/draw_architecture.py

blender: setup ## Prepare the Blenders that the tests use (bpy; as root on Debian 4.3.2 and 5.2.2 with windows too)
	@$(BIN)/python tools/blenders.py

farm: setup ## Start the render farm on this computer
	@$(BIN)/farmhand farm

lock: setup ## Resolve the requirements anew
	tools/lock.sh

clean: ## Remove what was built in the checkout
	rm -rf .venv dist build
