#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The two commands of this project, on a bare Debian 12 with git:
#
#   ./run.sh demo [FILE...]   install what is missing, build, then encode,
#                             store, verify and find again: the files given,
#                             or a generated scene
#   ./run.sh test             install what is missing, build, run all that
#                             must pass; ends with ctest's summary
#
# Both may be run again at any time; what is done is not done twice.

set -euo pipefail
cd "$(dirname "$0")"

build=build/dev
fovea=$build/cli/fovea

say() { printf '\n== %s\n' "$*" >&2; }
die() { printf 'run.sh: %s\n' "$*" >&2; exit 1; }

missing_packages() {
  sed -e 's/#.*//' packages.txt | while read -r name; do
    [[ -z $name ]] && continue
    [[ $(dpkg-query -W -f='${db:Status-Abbrev}' "$name" 2>/dev/null) == ii* ]] ||
      echo "$name"
  done
}

install_packages() {
  local missing root=()
  mapfile -t missing < <(missing_packages)
  ((${#missing[@]} == 0)) && return
  say "installing ${#missing[@]} packages: ${missing[*]}"
  if ((EUID != 0)); then
    command -v sudo >/dev/null ||
      die "packages are missing and this is neither root nor is sudo there;" \
          "as root: apt-get install ${missing[*]}"
    root=(sudo)
  fi
  "${root[@]}" apt-get update -qq
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

build_project() {
  say "building${1:+ $1} in $build"
  [[ -f $build/build.ninja ]] || cmake --preset dev >/dev/null
  cmake --build "$build" ${1:+--target "$1"} -- --quiet
}

show() { printf '\n$ fovea %s\n' "$*"; "$fovea" "$@"; }

demo() {
  install_packages
  build_project fovea
  local work=build/demo
  rm -rf "$work" && mkdir -p "$work"
  export FOVEA_STORE=$work/store
  if (($# == 0)); then
    show sample "$work/scene" --seconds 10
    show ingest "$work/scene/camera.mp4" --name scene \
      --imu "$work/scene/imu.csv"
  else
    local status=0
    show ingest "$@" || status=$?
    # 3: stored, but something in the source was not; it has been said.
    ((status == 0 || status == 3)) || exit "$status"
  fi
  show ls
  show du
  show verify --deep
  local camera
  camera=$("$fovea" ls | awk '$2 == "camera" {print $1; exit}')
  if [[ -n $camera ]]; then
    show info "$camera"
    show frames "$camera" --index 0 -o "$work/frames"
    show export "$camera" -o "$work/$camera.mp4"
  fi
  printf '\nThe store is %s; try: FOVEA_STORE=%s %s --help\n' \
    "$FOVEA_STORE" "$FOVEA_STORE" "$fovea"
}

run_tests() {
  install_packages
  build_project
  say "testing"
  # One more than cores: some tests mostly wait, for disks and processes.
  ctest --test-dir "$build" --output-on-failure -j "$(($(nproc) + 1))"
}

case ${1-} in
  demo) shift; demo "$@" ;;
  test) shift; run_tests ;;
  *) sed -n '3,13s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
