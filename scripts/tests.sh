#!/usr/bin/env bash
# Runs tests in several processes, and what failed once more in one process, alone. A test that fails for want of processor
# time, or because a port was taken, fails for no fault of the program; it is named all the same, for it is at fault itself.
# What fails both times fails. Usage: scripts/tests.sh HOW-TO-SPREAD [PYTEST'S ARGUMENTS]
set -uo pipefail
spread=$1; shift
python=${PY:-.venv/bin/python}
most=10 # More at once are no accident.
kept=$(mktemp -d)
trap 'rm -rf "$kept"' EXIT
failed() { "$python" -c 'import json, pathlib, sys; its = pathlib.Path(sys.argv[1]); print(*(json.loads(its.read_text()) if its.exists() else ()), sep="\n")' "$kept/v/cache/lastfailed"; }

# shellcheck disable=SC2086
"$python" -m pytest $spread -o cache_dir="$kept" "$@"
code=$?
# 1: tests failed. Whatever else went wrong would go wrong again.
[ $code = 1 ] || exit $code
first=$(failed)
count=$(grep -c . <<<"$first")
if [ "$count" -eq 0 ] || [ "$count" -gt $most ]; then exit 1; fi
echo "== once more, alone: $count"
"$python" -m pytest -o cache_dir="$kept" --last-failed --last-failed-no-failures none "$@"
code=$?
still=$(failed)
while read -r its; do
  grep -qxF -- "$its" <<<"$still" || echo "unsteady: failed once, passed alone: $its" >&2
done <<<"$first"
exit $code
