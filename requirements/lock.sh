#!/usr/bin/env bash
# Makes the lock files anew: exact versions with hashes, no addresses. Run after editing a .in file.
set -euo pipefail
cd "$(dirname "$0")"
options=(--quiet --generate-hashes --strip-extras --no-header --no-emit-index-url --no-emit-find-links
         --no-emit-trusted-host --no-emit-options --no-annotate --resolver=backtracking)
# Wanted by RapidOCR's Python code only, of which the runtime uses none; opencv-python-headless would also overwrite opencv-python.
only_rapidocr=(opencv-python-headless shapely pyclipper omegaconf colorlog tqdm six antlr4-python3-runtime)
skip=(); for name in "${only_rapidocr[@]}"; do skip+=(--unsafe-package "$name"); done
pip-compile "${options[@]}" --allow-unsafe build.in -o build.lock "$@"
pip-compile "${options[@]}" "${skip[@]}" runtime.in -o runtime.lock "$@"
pip-compile "${options[@]}" dev.in -o dev.lock --allow-unsafe "$@"
pip-compile "${options[@]}" node.in -o node.lock "$@"
pip-compile "${options[@]}" --unsafe-package opencv-python-headless bench.in -o bench.lock "$@"
sed -i -E '/^# (The following packages|WARNING)/,$d' runtime.lock bench.lock
