# telltale: everything here needs Go alone; what real-part tests need besides,
# scripts/setup installs where it may. `make help` lists the targets.
GO      ?= go
BIN     := bin
LINT    := $(BIN)/golangci-lint
LINT_VERSION := v2.15.0
FUZZTIME ?= 2s
SEEDS   ?= 20
SEED    ?= 1

export CGO_ENABLED ?= 0

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

.PHONY: build
build: ## the program, as bin/telltale
	$(GO) build -o $(BIN)/telltale ./cmd/telltale

.PHONY: test
test: ## all tests; installs what real-part tests need when it may
	@sh scripts/setup
	$(GO) test -timeout 20m ./...

.PHONY: race
race: ## all tests under the race detector (needs a C compiler)
	CGO_ENABLED=1 $(GO) test -race -short -timeout 25m ./...

.PHONY: vet
vet: ## go vet for the three systems
	$(GO) vet ./...
	GOOS=darwin $(GO) build ./...
	GOOS=windows $(GO) build ./...

.PHONY: lint
lint: $(LINT) ## golangci-lint, the import arrows included
	$(LINT) run ./...

$(LINT):
	GOBIN=$(CURDIR)/$(BIN) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME
	sh scripts/fuzz $(FUZZTIME)

.PHONY: bench
bench: ## benchmarks, each beside its baseline
	$(GO) test -run '^$$' -bench . -benchtime 1s ./...

.PHONY: bench-lab
bench-lab: build ## every lab profile over SEEDS seeds: true, found, missed, false
	$(BIN)/telltale demo --all --seeds $(SEEDS)

.PHONY: bench-isolate
bench-isolate: build ## isolate and screen beside published methods (SET=file TERMS=file SHORT=1 SEED=1)
	$(BIN)/telltale bench isolate --seed $(SEED) $(if $(SET),--set $(SET)) $(if $(TERMS),--terms $(TERMS)) $(if $(SHORT),--short)

.PHONY: bench-peel
bench-peel: ## the search for copies and keys beside its baselines (SIZE and BINARY in MB)
	$(GO) run ./scripts/benchpeel -size $(or $(SIZE),64) -binary $(or $(BINARY),4)

.PHONY: bench-capture
bench-capture: build ## capturing and importing beside their peers (SIZE in MB; 1024 is the full measure)
	$(GO) run ./scripts/benchcapture -telltale $(CURDIR)/$(BIN)/telltale -size $(or $(SIZE),64)

.PHONY: bench-platforms
bench-platforms: build ## what is found of real systems with known rules (PLATFORMS=dir ONLY=names SEEDS=1 NULL=1)
	$(GO) run ./scripts/benchplatforms -telltale $(CURDIR)/$(BIN)/telltale $(if $(PLATFORMS),-platforms $(PLATFORMS)) $(if $(ONLY),-only $(ONLY)) -seeds $(if $(filter command,$(origin SEEDS)),$(SEEDS),1) $(if $(NULL),-null)

.PHONY: bench-evidence
bench-evidence: build ## what cases withstand: mutations, faults, redaction, size and speed (ONLY=parts SHORT=1)
	$(GO) run ./scripts/benchevidence -telltale $(CURDIR)/$(BIN)/telltale $(if $(ONLY),-only $(ONLY)) $(if $(SHORT),-short)

.PHONY: platform
platform: ## one of those systems for its scenario in examples/platforms, until Ctrl-C (ONLY=name PLATFORMS=dir)
	$(GO) run ./scripts/benchplatforms -up $(ONLY) $(if $(PLATFORMS),-platforms $(PLATFORMS))

.PHONY: bench-null
bench-null: ## 1,000 null runs of the statistics: share of false findings
	$(GO) test -count=1 -run 'TestNull' -v ./internal/attribute/...

.PHONY: check
check: ## what the gate runs
	bash .ci/run

.PHONY: clean
clean: ## remove what was built
	rm -rf $(BIN)
