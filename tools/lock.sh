#!/bin/sh
# Resolve requirements/*.in anew and write the locked files: hashes, no index addresses.
set -eu
cd "$(dirname "$0")/../requirements"
compile() {
    ../.venv/bin/uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-annotate \
        --custom-compile-command "make lock" "$@"
}
# Universal: the zips carry these wheels to Linux, Windows and macOS, for Python 3.11 and 3.13.
compile --universal --python-version 3.11 extension.in -o extension.txt
# Nodes and development take Python 3.11, 3.12 and 3.13.
compile --universal --python-version 3.11 node.in -o node.txt
compile --universal --python-version 3.11 studio.in -o studio.txt
compile --universal --python-version 3.11 dev.in -o dev.txt
compile --python-version 3.11 --python-platform x86_64-unknown-linux-gnu fuzz.in -o fuzz.txt
for file in bpy-*.in; do
    case $file in
        bpy-4.* | bpy-5.0.*) python=3.11 ;;
        *) python=3.13 ;;
    esac
    compile --python-version "$python" "$file" -o "${file%.in}.txt"
done
compile --python-version 3.11 --python-platform x86_64-pc-windows-msvc windows.in -o windows.txt
