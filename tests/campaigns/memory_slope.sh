#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Whether an ingest of hours grows: two hours of media after a warm-up, kept
# as it came and coded anew, at full speed; MiB of resident memory per hour.
# The warm-up lasts until the catalogue's memory is full and was written out
# once: at a GOP every two seconds that is five hours.
# Usage: tests/campaigns/memory_slope.sh [HOURS [WARM_UP_HOURS [BUILD]]]
set -euo pipefail
cd "$(dirname "$0")/../.."
hours=${1:-2} warm_up=${2:-5.5}
bench=${3:-build/dev}/bench/memory_bench
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
ffmpeg -v error -y -f lavfi -i testsrc2=size=160x90:rate=10 \
  -t "$(awk "BEGIN {print 3600 * ($hours + $warm_up)}")" \
  -c:v libx264 -preset ultrafast -crf 36 -g 2 "$folder/long.mp4"
status=0
echo "kept as it came"
"$bench" "$folder/long.mp4" "$warm_up" --copy || status=1
echo "coded anew"
"$bench" "$folder/long.mp4" "$warm_up" || status=1
exit $status
