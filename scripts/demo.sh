#!/usr/bin/env bash
# Takes in the sample batches into a data folder of its own (.demo) and shows what was read. May be run again: it starts afresh.
set -euo pipefail
cd "$(dirname "$0")/.."
demo=${DEMO_DIR:-$PWD/.demo}
export CONSTAT_DATA_DIR=$demo
constat=.venv/bin/constat
title() { printf '\n== %s\n\n' "$*"; }

rm -rf "$demo"
title "constat intake samples/batches --batch demo"
echo "42 sheets, 84 images: about a minute on two free cores." >&2
status=0
$constat intake samples/batches --batch demo || status=$?
# 1 means that some page needs a person or was refused, each of them named above.
[ "$status" -le 1 ] || exit "$status"

# Of the statements with a return document, the one of which most was accepted.
number=$($constat batch show --latest --json | .venv/bin/python -c '
import json, sys
batch = json.load(sys.stdin)
taken = {page["id"]: sum(field["decision"] == "accepted" for field in page["fields"].values()) for page in batch["pages"]}
known = [one for one in batch["statements"] if one["number"]]
best = max(known, key=lambda one: (bool(one["returns"]), sum(taken[page] for page in one["pages"] + one["returns"])))
print(best["number"])')
title "constat show $number"
$constat show "$number"

title "constat verify --all"
$constat verify --all

cat >&2 <<TXT

The originals, what was read from them and the ledger are in $demo. To look further:

  . .venv/bin/activate; export CONSTAT_DATA_DIR=$demo
  constat batch show --latest --pages     # every page: form, letter or blank side, and its state
  constat show $number --json    # everything known of one statement
  constat show 704100211497963            # Schedule I, with a report of service where the plea would be
  constat show 704100193458947            # one of two counts: Schedule II, form C1
  constat user add sylvie --role supervisor   # prints a first password
  constat serve                           # pages for a browser, at http://127.0.0.1:8080
  constat layouts render iii.statement.front.fr@generic-1 --out form.pdf
  constat --help                          # CONSTAT_LANGUAGE=fr for French
TXT
