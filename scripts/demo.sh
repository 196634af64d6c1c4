#!/usr/bin/env bash
# Takes in the sample batches into a data folder of its own (.demo) and shows what was read. May be run again: it starts afresh.
set -euo pipefail
cd "$(dirname "$0")/.."
demo=${DEMO_DIR:-$PWD/.demo}
export CONSTAT_DATA_DIR=$demo
constat=.venv/bin/constat
title() { printf '\n== %s\n\n' "$*"; }

rm -rf "$demo"
title "constat register samples/electronic/tickets.jsonl"
# Never on paper; the answers to two of them are, among what is taken in next.
$constat register samples/electronic/tickets.jsonl

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

title "constat user add"
people="anne:reviewer benoit:reviewer sylvie:supervisor isabelle:intake claude:court chantal:admin denis:auditor"
: >"$demo/first-passwords.txt"
chmod 600 "$demo/first-passwords.txt"
for one in $people; do
  password=$($constat user add "${one%%:*}" --role "${one##*:}" 2>/dev/null)
  printf '%-8s  %-10s  %s\n' "${one%%:*}" "${one##*:}" "$password" >>"$demo/first-passwords.txt"
done
cat "$demo/first-passwords.txt"

cat >&2 <<TXT

The originals, what was read from them and the ledger are in $demo. To look further:

  . .venv/bin/activate; export CONSTAT_DATA_DIR=$demo
  constat batch show --latest --pages     # every page: form, letter or blank side, and its state
  constat show $(printf %-27s "$number --json")# everything known of one statement
  constat show 704100211497963            # Schedule I, with a report of service where the plea would be
  constat show 704100193458947            # one of two counts: Schedule II, form C1
  constat show 5866837536                 # never on paper; its answer was: a person says whether it is
  constat layouts render iii.statement.front.fr@generic-1 --out form.pdf
  constat --help                          # CONSTAT_LANGUAGE=fr for French

In a browser, with the accounts above (also in $demo/first-passwords.txt; each must be changed at the first sign-in):

  constat serve                           # http://127.0.0.1:8080

Anne decides the doubtful fields by keyboard. What she changes in a critical field waits for Benoit, a second person, or
for Sylvie, who also resolves exceptions and closes the batch. Isabelle takes in the mail, places pages and drafts forms; Claude
looks statements up for the court. Chantal gives out accounts, Denis reads the access log. Each speaks French or English: top right.

As the court's systems see it, and as a defendant does, while the server runs:

  constat events                          # what the court is told
  constat client add court --role court > $demo/court.key
  python -m samples.court_client --api http://127.0.0.1:8080 --key-file $demo/court.key --out $demo/court --once
  $(printf %-39s "constat link add $number --reason demo") # after http://127.0.0.1:8080, the defendant sees it
TXT
