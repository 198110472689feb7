#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Fails, naming the files, where clang-format would change a source file.
# Usage: format.sh SOURCE_DIR
set -eu

formatter=clang-format-14
if ! command -v "$formatter" >/dev/null; then
  echo "$formatter is missing: install the Debian package $formatter" >&2
  exit 1
fi

cd "$1"
files=$(find . \( -name .git -o -name build -o -name 'b' \) -prune -o \
             \( -name '*.h' -o -name '*.cc' \) -print | sort)
if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
  # Tracked or new, but nothing that git ignores; not what was just deleted.
  files=$(git ls-files --cached --others --exclude-standard -- '*.h' '*.cc' |
    sort -u | while read -r file; do
      if [ -f "$file" ]; then echo "$file"; fi
    done)
fi

checked=0
differ=0
for file in $files; do
  checked=$((checked + 1))
  if ! "$formatter" --dry-run -Werror "$file" >/dev/null 2>&1; then
    echo "$file: differs from $formatter" >&2
    differ=$((differ + 1))
  fi
done
echo "$checked files checked, $differ differ"
if [ "$checked" -eq 0 ]; then
  echo "no source files found in $1" >&2
  exit 1
fi
[ "$differ" -eq 0 ]
