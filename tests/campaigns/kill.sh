#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kills ingests, and stores at work, at random instants: 1,000 times each by
# default.
# Usage: tests/campaigns/kill.sh [CYCLES [SEED [BUILD]]]
set -euo pipefail
cd "$(dirname "$0")/../.."
export FOVEA_KILL_CYCLES=${1:-1000} FOVEA_KILL_SEED=${2:-7}
tests=${3:-build/dev}/tests
"$tests/store_tests" --gtest_filter='StoreKillTest.*'
"$tests/system_tests" --gtest_filter='KillTest.*'
