# The few commands a person types. `make demo` and `make test` need Rust, Python 3 and make, and install the rest.
.PHONY: demo screenshot coverage template test test-large test-browser fuzz check bench bench-quick bench-compare bench-baseline \
	package docs book tutorial

CARGO := cargo
# Both build the same things with the same features, so that the second finds what the first compiled.
# No benchmarks: criterion is built by whoever measures.
BUILD := $(CARGO) build --workspace --lib --bins --tests --locked

## Replays the project's fixtures through the real Lambda binary, prints what AWS Config shows, and makes the auditor's
## page of it. The page is made also where a fixture is not as expected, which fails the target afterwards.
demo:
	$(CARGO) build --workspace --bins --locked
	@mkdir -p target/demo
	target/debug/sekisho replay fixtures --save target/demo/replay.json; code=$$?; \
	target/debug/sekisho report target/demo/replay.json --output target/demo/report.html && \
	target/debug/sekisho report target/demo/replay.json --lang en --output target/demo/report-en.html || exit 2; \
	echo; echo "the report for an auditor:  $(CURDIR)/target/demo/report.html  (English: report-en.html)"; \
	exit $$code

## docs/report.png, made anew: the demo's page in a real Chromium.
screenshot: demo
	bash tests/env/make_venv.sh --browser
	.cache/venv-browser/bin/python tests/report/screenshot.py target/demo/report.html

## Every test: unit, fixtures, Rego (under regorus and under real OPA), end to end, template.
test: venv
	$(BUILD)
	$(CARGO) test --workspace --locked --no-fail-fast
	target/debug/sekisho test
	.venv/bin/python tests/oracle/opa_oracle.py --library .venv/lib/opa/libopa.so test policies
	.venv/bin/python rule-runtime/aws/models/generate.py --check
	.venv/bin/python -m unittest discover --start-directory tests/template --pattern 'test_*.py'
	.venv/bin/python -m unittest discover --start-directory tests/bench --pattern 'test_*.py'
	@echo "make test: all passed"

## A snapshot of 300,000 items (3 GB) through the release build: every verdict counted, peak memory below 512 MiB; and over 100,000
## changed items, read by halves and whole, remembered and fresh.
test-large: venv
	$(CARGO) build --release --locked -p sekisho-lambda
	$(BUILD)
	target/debug/large-snapshot 300000
	SEKISHO_VARIANTS=130 $(CARGO) test --locked -p sekisho-tests --test masked

## The readers of everything that comes from outside, ten minutes each; needs the nightly compiler and cargo-fuzz.
fuzz:
	for target in event item metadata roster; do \
	  cargo +nightly fuzz run $$target -- -max_total_time=600 || exit 1; \
	done

## The page of `sekisho report` in a real Chromium, which is installed apart; the target says how.
test-browser:
	$(BUILD)
	bash tests/env/make_venv.sh --browser
	.cache/venv-browser/bin/python -m unittest discover --start-directory tests/report --pattern 'test_*.py'

## An independent witness: template and function in `fakecloud`, which is installed apart; the target says how.
test-fakecloud: venv
	@CARGO="$(CARGO)" .venv/bin/python tests/fakecloud/witness.py

## The parts of template.yaml that follow from the policies: run it after a policy was added or asks for other facts.
template: venv
	.venv/bin/python tests/template/pack.py

## The document that is made of policies/guidelines: run it after a guideline or a row of demands changed.
coverage:
	$(CARGO) build --locked -p sekisho
	target/debug/sekisho check
	target/debug/sekisho check --coverage > docs/guideline-coverage.md

## The book: a page a policy in both languages, made of METADATA, fixtures and guidelines; `make book` makes a site of it too.
## And the JSON Schemas for editors, made of the types that read the files.
docs:
	$(CARGO) build --locked -p sekisho
	target/debug/sekisho docs
	target/debug/sekisho schema print --all

## What the commands of docs/tutorial.md print now, written into it: read the difference.
tutorial:
	$(BUILD)
	SEKISHO_UPDATE_TUTORIAL=1 $(CARGO) test --locked --workspace --test tutorial

book: docs
	@command -v mdbook >/dev/null || { echo "error: mdbook is not installed; cargo install --locked mdbook installs it" >&2; exit 2; }
	mdbook build docs/book
	@echo "the book:  $(CURDIR)/docs/book/html/index.html"

## Formatter, linter and, where cargo-deny is installed, licences and advisories.
check:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	@if command -v cargo-deny >/dev/null; then $(CARGO) deny check; \
	else echo "note: cargo-deny is not installed; licences and advisories were not checked"; fi

## Measures everything side by side and writes docs/performance.md with its plot; see there. An hour or more.
bench:
	@CARGO="$(CARGO)" bash bench/run.sh --write

## The same over a tenth of the items; writes no document.
bench-quick:
	@CARGO="$(CARGO)" bash bench/run.sh --items 30000 --lines 1000

## The parts of the way (parse, judge, load, prepare) beside bench/baseline.json; fails where one became slower.
bench-compare:
	rm -rf target/criterion
	CRITERION_HOME="$(CURDIR)/target/criterion" $(CARGO) bench --locked -p sekisho-bench
	python3 bench/baseline.py compare

## bench/baseline.json, made anew: on the machine that it is compared on.
bench-baseline:
	rm -rf target/criterion
	CRITERION_HOME="$(CURDIR)/target/criterion" $(CARGO) bench --locked -p sekisho-bench
	python3 bench/baseline.py write

## The function and its policies as one zip, for those who deploy without SAM.
package:
	$(CARGO) build --release --locked -p sekisho-lambda
	rm -rf target/package && mkdir -p target/package
	cp target/release/bootstrap target/package/
	cp -r policies target/package/
	find target/package -name '*_test.rego' -delete
	cd target/package && python3 -m zipfile -c ../sekisho.zip bootstrap policies
	@ls -l target/release/bootstrap target/sekisho.zip

# Asked every time: it is quick where all is there, and a half-made .venv would look finished to make.
.PHONY: venv
venv:
	@bash tests/env/make_venv.sh
