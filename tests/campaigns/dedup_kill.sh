#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kills 'fovea dedup --apply' at random instants, 500 times by default.
# Usage: tests/campaigns/dedup_kill.sh [CYCLES [SEED [BUILD]]]
set -euo pipefail
cd "$(dirname "$0")/../.."
FOVEA_DEDUP_KILL_CYCLES=${1:-500} FOVEA_DEDUP_KILL_SEED=${2:-7} \
  exec "${3:-build/dev}/tests/system_tests" --gtest_filter='DedupKillTest.*'
