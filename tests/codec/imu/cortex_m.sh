#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Builds the core of inertial blocks for a Cortex-M4 without an operating
# system, prints its size, and fails when it asks for anything but memory
# functions and the compiler's own arithmetic.
#
#   cortex_m.sh SOURCE_FOLDER
set -euo pipefail

prefix=arm-none-eabi-
if ! command -v "${prefix}g++" > /dev/null; then
  echo "skipped: ${prefix}g++ is absent (libstdc++-arm-none-eabi-newlib)"
  exit 77
fi
cd "$1"
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

for source in codec/imu/core/*.cc; do
  "${prefix}g++" -mcpu=cortex-m4 -mthumb -Os -std=c++20 -ffreestanding \
    -fno-exceptions -fno-rtti -fno-threadsafe-statics -I . \
    -Wall -Wextra -Wconversion -Werror \
    -c "$source" -o "$out/$(basename "$source" .cc).o"
done
"${prefix}size" --totals "$out"/*.o

"${prefix}ld" -r "$out"/*.o -o "$out/core"
foreign=$("${prefix}nm" --undefined-only "$out/core" | awk '{print $2}' |
  grep -vE '^(mem(cpy|cmp|move|set)|__aeabi_[a-z0-9]+|__(clz|popcount)di2)$' ||
  true)
if [[ -n $foreign ]]; then
  echo "the core asks for: $foreign"
  exit 1
fi
