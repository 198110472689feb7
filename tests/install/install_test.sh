#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Installs a build, builds the examples against it in both ways, runs them,
# and compiles every header it installed by itself.
# Usage: install_test.sh SOURCE_DIR BUILD_DIR CXX
set -euo pipefail
source=$1 build=$2 cxx=$3

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix
export FOVEA_STORE=$work/store

step() { printf '== %s\n' "$*"; }
fail() { printf 'install_test: %s\n' "$*" >&2; exit 1; }
expect() { grep -Eq "$2" "$1" || { cat "$1"; fail "$1 lacks '$2'"; }; }

step "installing"
cmake --install "$build" --prefix "$prefix" >"$work/install.txt"
fovea=$prefix/bin/fovea
"$fovea" --version
[[ -z $(ldd "$prefix"/lib/libfovea.so | grep -E 'torch|onnx|opencv') ]] ||
  fail "libfovea.so links a plug-in's libraries"

step "headers, all in one"
(cd "$prefix/include" && find fovea -name '*.h' | sort) |
  sed 's/.*/#include "&"/' >"$work/all.cc"
"$cxx" -std=c++20 -Wall -Wextra -Werror -fsyntax-only \
  -I"$prefix/include" "$work/all.cc"
echo "$(wc -l <"$work/all.cc") headers"

step "examples, by CMake"
cmake -S "$source/examples" -B "$work/examples" -DCMAKE_CXX_COMPILER="$cxx" \
  -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_CXX_FLAGS='-O1 -Wall -Wextra -Werror' \
  >/dev/null
cmake --build "$work/examples" >"$work/build.txt" 2>&1 ||
  { cat "$work/build.txt"; fail "the examples do not build"; }

step "an example, by pkg-config"
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
# shellcheck disable=SC2046
"$cxx" -std=c++20 "$source/examples/find_clips.cc" -o "$work/find_clips" \
  $(pkg-config --cflags --libs fovea)

step "running them"
run() {
  LD_LIBRARY_PATH=$prefix/lib "$@" >"$work/out.txt" || fail "$* failed"
  cat "$work/out.txt"
}
run "$work/examples/encode_with_map" "$work/out.h264"
mapfile -t numbers < <(grep -oE '[0-9]+' "$work/out.txt")
((numbers[1] * 10 < numbers[2] * 9)) || fail "the map saved nothing"

"$fovea" sample "$work/scene" --seconds 4 --size 320x180 >/dev/null
run "$work/examples/find_shaking" "$FOVEA_STORE" "$work/scene/camera.mp4" \
  "$work/scene/imu.csv" 0.05
expect "$work/out.txt" 'up to 0\.[0-9]+ rad/s'

run "$work/examples/infer_once" "$FOVEA_STORE" camera 1
expect "$work/out.txt" '^computed [1-9][0-9]? of 1[0-9][0-9] frames, '
run "$work/examples/infer_once" "$FOVEA_STORE" camera 0
expect "$work/out.txt" '^computed (1[0-9][0-9]) of \1 frames, '

printf '%s\n' frame,left,top,right,bottom,score,label \
  30,10,10,60,90,0.9,person 45,20,10,70,90,0.9,person >"$work/boxes.csv"
"$fovea" annotate camera --from "$work/boxes.csv" >/dev/null
for program in "$work/find_clips" "$work/examples/find_clips"; do
  run "$program" "$FOVEA_STORE" person
  expect "$work/out.txt" '^camera 1\.000 s to .* frame 30 of mean luma [0-9]+$'
done
if LD_LIBRARY_PATH=$prefix/lib "$work/find_clips" "$FOVEA_STORE" \
  'person in' 2>"$work/err.txt"; then
  fail "half a query was answered"
fi
expect "$work/err.txt" '^find_clips: INVALID_ARGUMENT: '
