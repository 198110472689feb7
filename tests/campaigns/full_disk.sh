#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Fills a disk of 64 MiB again and again, 100 times by default. Needs root.
# Usage: tests/campaigns/full_disk.sh [CYCLES [SEED [BUILD]]]
set -euo pipefail
cd "$(dirname "$0")/../.."
FOVEA_FULL_DISK_CYCLES=${1:-100} FOVEA_FULL_DISK_SEED=${2:-1} \
  exec "${3:-build/dev}/tests/store_tests" --gtest_filter='FullDiskTest.*'
