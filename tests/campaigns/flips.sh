#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Flips every byte of every file of a small store.
# Usage: tests/campaigns/flips.sh [STEP [BUILD]]
set -euo pipefail
cd "$(dirname "$0")/../.."
FOVEA_FLIPS_STEP=${1:-1} exec "${2:-build/dev}/tests/store_tests" \
  --gtest_filter='FlippedBytesTest.*'
