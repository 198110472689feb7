#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Makes a golden store: one that a release wrote, kept so that every later
# release is seen to read it (tests/api/golden_store_test.cc).
#
#   tests/golden/make.sh FOVEA FORMAT
#
# writes store_vFORMAT/ and store_vFORMAT.truth, .seen, from format 4 on
# .decided and from format 5 on .clock beside this script. FOVEA is the program of that release; the store
# in store_v1 is by the last release of format 1, commit 4beb8c0, which no
# models looked along in; that in store_v2 by the last one of format 2, commit
# 178d44e; that in store_v3 by the first one of format 3; that in store_v4 by
# one of format 4, commit eaad150; that in store_v5 by the first one of format 5.

set -euo pipefail
(($# == 2)) || { sed -n '4,14s/^# \{0,1\}//p' "$0" >&2; exit 2; }
fovea=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
store=$here/store_v$2
truth=$here/store_v$2.truth
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rm -rf "$store"

cd "$work"
"$fovea" sample scene --seconds 2 --size 160x96 --fps 10 --seed 3 >/dev/null
sample() { "$fovea" ingest "$@" --store "$store" --progress none >/dev/null; }

sample scene/camera.mp4 --name yard --imu scene/imu.csv
sample scene/camera.mp4 --name yard-copy --copy
# An opaque track, an image folder, a series.
ffmpeg -v error -f lavfi -i sine=440:duration=1 -i scene/camera.mp4 \
  -c:v copy -c:a aac -shortest -y gate.mov
sample gate.mov --name gate --copy
mkdir stills
ffmpeg -v error -i scene/camera.mp4 -frames:v 3 stills/%d.jpg
sample stills --name stills --fps 2
{ echo time_ns,level; for i in $(seq 200); do echo "$((i * 10000000)),$((i * i % 97))"; done; } >tank.csv
sample tank.csv --name tank
# What a model saw: something that moves, from when to when it is seen.
mkdir watcher
printf 'name: watcher\ncommand: [./detect.sh]\nlabels: labels.txt\n' >watcher/model.yaml
printf 'nut\nwheel\n' >watcher/labels.txt
cat >watcher/detect.sh <<'SCRIPT'
#!/bin/sh
n=0
while read -r path; do
  n=$((n + 1))
  echo "$((n * 2)),10,$((n * 2 + 30)),40,0.9,1"
  echo
done
SCRIPT
chmod +x watcher/detect.sh
sample scene/camera.mp4 --name watched --model watcher
# What another one said is given again: results, decisions, an audit.
if (($2 >= 4)); then
  cp -r watcher finder
  sed -i 's/watcher/finder/' finder/model.yaml
  sed -i 's/,1"/,0"/' finder/detect.sh
  sample scene/camera.mp4 --name spared --model finder --max-error 1
fi
# Inertial samples by a profile, within bounds, for a model; a clock.
if (($2 >= 5)); then
  python3 - >ring.csv <<'SCRIPT'
import math
print("time_ns," + ",".join(f"gyro_{a} [rad/s]" for a in "xyz") + "," +
      ",".join(f"accel_{a} [m/s2]" for a in "xyz"))
noise = 1
for i in range(6000):
    row = [i * 5000000]
    for c in range(6):
        noise = noise * 6364136223846793005 + 1442695040888963407 & (1 << 64) - 1
        ring = 900 * math.sin(i / (7 + c)) + 300 * math.sin(i / (91 + 5 * c))
        row.append("%.6f" % ((round(ring) + (noise >> 60)) * 0.001))
    print(*row, sep=",")
SCRIPT
  head -n 1 ring.csv >later.csv
  tail -n 1000 ring.csv >>later.csv
  "$fovea" learn imu-profile ring.csv --device ring -o ring.profile >/dev/null
  sample later.csv --name learned --imu-device ring --imu-profile ring.profile
  sample later.csv --name bounded --imu-bound accel=0.01m/s2,gyro=0.02rad/s
  {
    printf 'fovea-series-sensitivity 1\nrate 100\nwindow 64\nwindows 1\nedges 0 10 50\n'
    for c in gyro_x gyro_y gyro_z accel_x accel_y accel_z; do
      case $c in gyro*) unit=rad/s ;; *) unit=m/s2 ;; esac
      printf 'channel %s\nunit %s\nenergy 1 0.1\n' "$c" "$unit"
    done
    echo end
  } >ring.bands
  sample later.csv --name coarse --imu-model ring.bands
  { echo device,store; for i in $(seq 0 99); do echo "$((i * 100000000)),$((7000000000 + i * 100004000))"; done; } >sync.csv
  "$fovea" clock learned.imu --readings sync.csv --store "$store" >/dev/null
fi
# Something removed, so that the catalogue is on the disk, and something after.
sample tank.csv --name gone
"$fovea" rm gone.series --store "$store" --yes >/dev/null
sample scene/imu.csv --name walk

rm -rf "$store"/{LOCK,SOCKET,BALLAST,leases}
{
  echo "# stream, kind, what it is exported as, SHA-256 of that"
  for row in $("$fovea" ls --store "$store" --json |
    python3 -c 'import json, sys
for s in json.load(sys.stdin)["streams"]: print(s["name"] + ":" + s["kind"])'); do
    name=${row%:*} kind=${row#*:}
    case $name in *-copy | gate) as=original.mp4 ;; stills) as=none ;; *)
      case $kind in camera) as=h264 ;; opaque) as=bin ;; *) as=csv ;; esac ;;
    esac
    [[ $as == none ]] && continue
    case $as in
      original.*) "$fovea" export "$name" --original -o out.mp4 --store "$store" >/dev/null; out=out.mp4 ;;
      *) "$fovea" export "$name" -o "out.$as" --store "$store" >/dev/null; out=out.$as ;;
    esac
    echo "$name $kind $as $(sha256sum <"$out" | cut -d' ' -f1)"
    rm -f out.*
  done
} >"$truth"
{
  echo "# stream, label, observations"
  for name in watched $( (($2 >= 4)) && echo spared); do
    "$fovea" info "$name" --store "$store" --json |
      python3 -c 'import json, sys
for o in json.load(sys.stdin)["stream"]["observations"]: print(sys.argv[1], o["label"], o["count"])' "$name"
  done
} >"$here/store_v$2.seen"
if (($2 >= 4)); then
  {
    echo "# stream, decisions, runs among them, results kept"
    audit=$("$fovea" audit spared --store "$store" --json)
    "$fovea" cache stats --store "$store" --json |
      python3 -c 'import json, sys
audit = json.loads(sys.argv[1])["models"][0]
results = json.load(sys.stdin)["models"][0]["results"]
print("spared", audit["inputs"], audit["runs"], results)' "$audit"
  } >"$here/store_v$2.decided"
fi
if (($2 >= 5)); then
  "$fovea" clock learned.imu --csv --store "$store" >"$here/store_v$2.clock"
fi
rm -rf "$store"/{LOCK,SOCKET,BALLAST,leases}
du -sh "$store"
cat "$truth"
