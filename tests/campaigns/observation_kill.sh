#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kills ingests under a model, model runs and joins of packs at random
# instants: 200 times by default.
# Usage: tests/campaigns/observation_kill.sh [CYCLES [SEED [BUILD]]]
set -euo pipefail
cd "$(dirname "$0")/../.."
FOVEA_OBSERVATION_KILL_CYCLES=${1:-200} FOVEA_OBSERVATION_KILL_SEED=${2:-7} \
  exec "${3:-build/dev}/tests/system_tests" \
  --gtest_filter='ObservationKillTest.*'
