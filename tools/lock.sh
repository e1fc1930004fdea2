#!/bin/sh
# Resolve requirements/*.in anew and write the locked files: hashes, no index addresses.
set -eu
cd "$(dirname "$0")/../requirements"
compile() {
    ../.venv/bin/uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-annotate \
        --custom-compile-command "make lock" --python-version 3.11 "$@"
}
# Universal: the zips carry these wheels to Linux, Windows and macOS, for Python 3.11 and 3.13.
compile --universal extension.in -o extension.txt
compile dev.in -o dev.txt
for version in 4.2.23 4.5.15 5.0.1; do
    compile "bpy-$version.in" -o "bpy-$version.txt"
done
