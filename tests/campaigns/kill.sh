#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kills ingests at random instants, 1,000 times by default.
# Usage: tests/campaigns/kill.sh [CYCLES [SEED [BUILD]]]
set -euo pipefail
cd "$(dirname "$0")/../.."
FOVEA_KILL_CYCLES=${1:-1000} FOVEA_KILL_SEED=${2:-7} \
  exec "${3:-build/dev}/tests/system_tests" --gtest_filter='KillTest.*'
