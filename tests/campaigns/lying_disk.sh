#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Cuts the power of a disk that lies, 20,000 seeds by default, on all cores.
# Usage: tests/campaigns/lying_disk.sh [SEEDS [FIRST [BUILD]]]
set -euo pipefail
cd "$(dirname "$0")/../.."
seeds=${1:-20000} first=${2:-1} tests=${3:-build/dev}/tests
jobs=$(nproc) pids=()
for ((job = 0; job < jobs; ++job)); do
  from=$((first + seeds * job / jobs)) to=$((first + seeds * (job + 1) / jobs))
  FOVEA_LYING_DISK_FIRST=$from FOVEA_LYING_DISK_SEEDS=$((to - from)) \
    "$tests/store_tests" --gtest_filter='LyingDiskTest.*' &
  pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid"; done
