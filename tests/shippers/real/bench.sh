#!/usr/bin/env bash
# Measures vires within and beside real shippers: round trip, start-up, memory, throughput, lines lost on signals. Takes some minutes.
# Run it on a machine that does nothing else; `bench.sh round_trip` measures only that.
set -euo pipefail
cd "$(dirname "$0")/../../.."
tests/shippers/real/run.sh --install
cargo test --release --locked --test shippers "figures::${1:-}" -- --ignored --nocapture --test-threads 1 2>&1 |
    sed 's/^test figures::.* \.\.\. //' | grep -E '^(round trip|start-up|memory|throughput|lost) |SKIPPED|FAILED|Error|panicked|test result'
