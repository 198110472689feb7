#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Writers, readers, a pruner and a scrubber on one store, under the thread
# sanitizer, for ten minutes by default.
# Usage: tests/campaigns/threads.sh [SECONDS]
set -euo pipefail
cd "$(dirname "$0")/../.."
cmake --preset tsan >/dev/null
cmake --build build/tsan --target store_tests api_tests -- --quiet
export TSAN_OPTIONS=suppressions=$PWD/tests/sanitizer/tsan.supp
build/tsan/tests/store_tests --gtest_filter='ThreadsTest.*'
FOVEA_THREADS_SECONDS=${1:-600} build/tsan/tests/api_tests \
  --gtest_filter='StoreThreadsTest.*'
