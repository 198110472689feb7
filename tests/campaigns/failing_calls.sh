#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Lets every call to the disk fail: as EIO and as a full disk, once and for
# ever; and every call of a prune.
# Usage: tests/campaigns/failing_calls.sh [STEP [BUILD]]
set -euo pipefail
cd "$(dirname "$0")/../.."
FOVEA_FAILING_CALLS_STEP=${1:-1} exec "${2:-build/dev}/tests/store_tests" \
  --gtest_filter='FailingCallsTest.*:PruneTest.EachFailingCall*'
