# The front door: every target is a command of tools/, see `make help`.
# NAME=VALUE on make's command line reaches it as an environment variable.
PYTHON ?= python3
COMMANDS := setup demo test lint data shell bench stop clean dashboards screenshots

.DEFAULT_GOAL := help
.PHONY: help $(COMMANDS)

help $(COMMANDS):
	@$(PYTHON) -m tools $@
