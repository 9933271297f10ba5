#!/usr/bin/env bash
# Compiles the helper `frames`: src/native/build.sh [FILE]
#
# Needs a C compiler and, as Debian names them, libc6-dev, libx11-dev, libxext-dev and libxdamage-dev. The file appears
# when it is complete, so a recording that starts meanwhile finds the one from before or this one.
set -euo pipefail
folder=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
file=${1:-$folder/../../node_modules/.tapehead/frames}

mkdir -p "$(dirname "$file")"
unfinished=$(mktemp "$file.XXXXXX")
trap 'rm -f "$unfinished"' EXIT
"${CC:-gcc}" -std=gnu11 -D_GNU_SOURCE -O3 -Wall -Wextra -o "$unfinished" "$folder"/*.c -lX11 -lXext -lXdamage -pthread
chmod 755 "$unfinished"
mv "$unfinished" "$file"
