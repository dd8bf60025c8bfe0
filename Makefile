# Every target sets up what it needs by itself; `make` alone says what there is.
.DEFAULT_GOAL := help
PYTHON ?= python3
STACK ?= stg
BIN := .venv/bin

.PHONY: help
help: ## say what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /	/' | expand -t 18

.PHONY: setup
setup: ## make the virtual environment from the hashed lock, and mend one that no longer works
	@PYTHON='$(PYTHON)' sh tools/setup.sh all

.PHONY: setup-rehearsal
setup-rehearsal: ## the same with only what a rehearsal loads; one that has everything stays as it is
	@PYTHON='$(PYTHON)' sh tools/setup.sh rehearsal

.PHONY: rehearse
rehearse: setup-rehearsal ## play releases through the declared pipeline on this machine (STACK=prd for the other stack)
	@bin/delivery rehearse --stack $(STACK) $(ARGS)

.PHONY: test
test: setup ## check and test everything this machine can
	@$(BIN)/python -m tests $(TIERS)

.PHONY: unit
unit: setup ## only the tests that need nothing else; plain pytest runs the same, on one processor
	@$(BIN)/python -m tests unit

.PHONY: one
one: setup ## one file's tests, or some of them (T=tests/unit/test_x.py K=expression)
	@$(BIN)/python -m pytest -q $(or $(T),$(error name the tests: make one T=tests/unit/test_x.py)) $(if $(K),-k '$(K)')

.PHONY: lint
lint: setup ## only the static checks
	@$(BIN)/python -m tests lint

.PHONY: lock
lock: setup ## resolve the dependencies anew into the hashed locks
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --all-extras \
	  --upgrade pyproject.toml -o requirements/all.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --extra rehearsal \
	  --constraints requirements/all.txt pyproject.toml -o requirements/rehearsal.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --upgrade requirements/uv.in -o requirements/uv.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --upgrade benchmarks/peers/cdk/requirements.in -o benchmarks/peers/cdk/requirements.txt

.PHONY: schema
schema: setup ## write the JSON Schema of the stack files and the table in docs/settings.md from the settings models
	@$(BIN)/python -m settings.schema
	@$(BIN)/python -m settings.table

.PHONY: bench
bench: setup ## measure, as ratios in one run
	@$(BIN)/python -m benchmarks $(ARGS)

.PHONY: clean
clean: ## remove what setup and rehearsals made
	rm -rf .venv .rehearsal .tools .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: pulumi
pulumi: setup ## build the Pulumi CLI from tools/pulumi with Go, for the engine tests
	@$(BIN)/python -c 'from rehearsal.pulumi_engine.find_cli import build_cli; build_cli(print)'

.PHONY: deployer-policy
deployer-policy: setup-rehearsal ## print the IAM policies of whoever runs pulumi up (STACK=stg ACCOUNT=your account's number)
	@$(BIN)/python -m tools.deployer_policy --stack $(STACK) $(if $(ACCOUNT),--account $(ACCOUNT))

.PHONY: readme
readme: setup ## write the generated parts of README.md, and its picture
	@$(BIN)/python -m tools.picture
	@$(BIN)/python -m tools.readme
