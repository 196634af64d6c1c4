#!/usr/bin/env bash
# Format, lint, types and import directions; with `samples` also that the committed samples come from their seed. Types
# take longest and one core: the rest runs beside them. Prints which step failed.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin
said=$(mktemp -d)
beside=()
trap '((${#beside[@]} == 0)) || kill "${beside[@]}" 2>/dev/null || true; rm -rf "$said"' EXIT
echo "== format";  $bin/ruff format --check --quiet . || { $bin/ruff format --diff --quiet . | head -40; exit 1; }
echo "== ruff";    $bin/ruff check --quiet .
{ $bin/lint-imports --no-cache && if [ "${1:-}" = samples ]; then $bin/python -m samples.build --check; fi; } >"$said/beside" 2>&1 &
beside=($!)
echo "== mypy";    $bin/mypy --no-error-summary
echo "== imports${1:+, $1 made anew and compared}"
wait "${beside[0]}" || { beside=(); cat "$said/beside"; exit 1; }
beside=()
[ -z "${1:-}" ] || tail -n 1 "$said/beside"
