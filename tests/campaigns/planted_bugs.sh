#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Tests the tests: builds the store with ten bugs to choose from, plants one
# after the other, and says which the store's tests catch. The dropped lock
# is for the thread sanitizer. Ends with status 0 when all are caught.
# Usage: tests/campaigns/planted_bugs.sh [BUG...]
set -euo pipefail
cd "$(dirname "$0")/../.."
names=([1]="skip sync" "skip folder sync" "acknowledge what is not written"
  "ignore a short write" "skip checksums" "checksum without offset"
  "prune before copy" "retry sync" "trust a count" "drop a lock")
bugs=("$@")
((${#bugs[@]})) || bugs=("${!names[@]}")

build() {
  cmake --preset "$1" -B "build/$2" -DFOVEA_PLANTED_BUGS=ON \
    -DFOVEA_BENCH=OFF -DFOVEA_TORCH=OFF >/dev/null
  cmake --build "build/$2" --target store_tests -- --quiet >/dev/null
}

# Runs the tests with bug $1 in build $2; succeeds when one fails.
catches() {
  local filter='*'
  [[ $2 == *tsan ]] && filter='ThreadsTest.*'
  ! (
    ulimit -v "$3" # a count that is trusted asks for all memory
    FOVEA_PLANTED_BUG=$1 TSAN_OPTIONS=suppressions=tests/sanitizer/tsan.supp \
      timeout 900 "build/$2/tests/store_tests" --gtest_filter="$filter" \
      --gtest_fail_fast >"build/$2/bug$1.log" 2>&1
  )
}

# Short forms: these bugs show soon.
export FOVEA_FAILING_CALLS_STEP=40 FOVEA_LYING_DISK_SEEDS=60 FOVEA_KILL_CYCLES=10
export FOVEA_FLIPS_STEP=200 FOVEA_FULL_DISK_CYCLES=2

build dev planted
if catches 0 planted 8000000; then
  echo "tests fail without any bug: see build/planted/bug0.log" >&2
  exit 1
fi

caught=0
for bug in "${bugs[@]}"; do
  folder=planted limit=8000000 # KiB
  if ((bug == 10)); then
    folder=planted-tsan limit=unlimited
    build tsan "$folder"
  fi
  if catches "$bug" "$folder" "$limit"; then
    by=$(grep -m1 -oP '\[  FAILED  \] \K\S+' "build/$folder/bug$bug.log" ||
      grep -m1 -oP '\[ RUN      \] \K\S+' <(tac "build/$folder/bug$bug.log"))
    printf 'caught      %2d %s: %s\n' "$bug" "${names[bug]}" "$by"
    caught=$((caught + 1))
  else
    printf 'NOT CAUGHT  %2d %s\n' "$bug" "${names[bug]}"
  fi
done
echo "$caught of ${#bugs[@]} caught"
((caught == ${#bugs[@]}))
