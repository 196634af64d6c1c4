#!/usr/bin/env bash
# Takes in the sample batches into a data folder of its own (.demo) and shows what was read. May be run again: it starts afresh.
set -euo pipefail
cd "$(dirname "$0")/.."
export CONSTAT_DATA_DIR=$PWD/.demo
constat=.venv/bin/constat
rm -rf .demo
status=0
$constat intake samples/batches --batch demo || status=$?
# 1 means that some page needs a person or was refused, each of them named above: for samples that hold such pages, as intended.
[ "$status" -le 1 ] || exit "$status"
echo
$constat batch show --latest
echo
$constat show --any
echo
$constat verify --all
cat >&2 <<TXT

The demo's data are in .demo. Look further with:
  export CONSTAT_DATA_DIR=$PWD/.demo; . .venv/bin/activate
  constat batch list; constat show NUMBER --json; constat layouts list
TXT
