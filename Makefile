# `make` alone prints the targets.
.DEFAULT_GOAL := help
.PHONY: help run test lint bench deps model console browser pages build clean

linter := bin/golangci-lint-v2.15.0
vulncheck := bin/govulncheck-v1.9.0

help: ## print this
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: deps model console build ## set everything up and serve; ARGS="…" are flags for `gifty serve`
	bin/gifty serve $(ARGS)

# Packages whose goroutines share memory: the log, the read tables' engine, the workers. The others take
# five times as long with the race detector; `make test racy=./...` has it look at everything.
racy := ./eventstore/... ./projections ./projections/reaction

# The race detector needs a C compiler; without one the tests run all the same.
test: deps model console browser ## run every test, with the race detector where goroutines share memory; `make lint` vets
	go test -vet=off -p 4 $$(command -v "$$(go env CC)" >/dev/null && echo -race) -timeout 10m $(racy)
	go test -vet=off -p 4 -parallel 4 -timeout 10m $$(go list ./... | grep -vxF "$$(go list $(racy))")

lint: $(linter) $(vulncheck) ## check format, style, who imports whom, and what is called that is known to be vulnerable
	$(linter) run ./...
	go mod tidy -diff
	@sh cmd/deps/vulnerabilities.sh $(vulncheck) ./...

bench: deps model console ## measure; BENCH="append lag" runs these groups alone
	go run ./cmd/bench -groups "$(BENCH)"

deps: ## install PostgreSQL and pgvector where they are missing
	@sh cmd/deps/postgres.sh

model: ## fetch the weights that turn words into vectors, once
	@sh cmd/deps/model.sh

console: ## fetch and bundle what the console's pages need in the browser, once
	@sh cmd/deps/web.sh
	@$(MAKE) -s $(bundle)

bundle := http/console/assets/console.js
$(bundle): $(wildcard http/console/web/*) $(wildcard cmd/web/bundle.go .gifty/web/packages)
	go run ./cmd/web bundle .gifty/web $(@D)

browser: ## install Chromium where it is missing, for the tests that look at pages
	@sh cmd/deps/browser.sh

pages: ## write the Go of the console's .templ files
	go run ./cmd/web pages

build: ## build bin/gifty
	CGO_ENABLED=0 go build -trimpath -o bin/gifty ./cmd/gifty

clean: ## remove what was built and the tests' server; the data in .gifty stays
	@sh cmd/deps/clean.sh
	rm -rf bin $(filter-out %/.keep,$(wildcard http/console/assets/*))

$(linter):
	GOBIN="$(CURDIR)/bin/new" go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(lastword $(subst -, ,$@))
	mv bin/new/golangci-lint $@ && rmdir bin/new

$(vulncheck):
	GOBIN="$(CURDIR)/bin/new" go install golang.org/x/vuln/cmd/govulncheck@$(lastword $(subst -, ,$@))
	mv bin/new/govulncheck $@ && rmdir bin/new
