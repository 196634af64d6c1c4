#!/usr/bin/env bash
# Format, lint, types and import directions; prints which step failed.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin
echo "== format";  $bin/ruff format --check --quiet . || { $bin/ruff format --diff --quiet . | head -40; exit 1; }
echo "== ruff";    $bin/ruff check --quiet .
echo "== mypy";    $bin/mypy --no-error-summary
echo "== imports"; $bin/lint-imports --no-cache >/tmp/constat-imports.$$ 2>&1 || { cat /tmp/constat-imports.$$; rm -f /tmp/constat-imports.$$; exit 1; }
rm -f /tmp/constat-imports.$$
