#!/bin/sh
# Maps from gradients against the best plain settings, published rules from
# the same gradients, and a judge whose gradients nobody took. Profiles each
# clip with both networks, then runs the accuracy bench; hours of CPU. Stop
# and go on as you like: what is there is not run again.
#
#   bench/accuracy/gradients.sh OUT
set -eu

out=${1:?usage: gradients.sh OUT}
root=$(cd "$(dirname "$0")/../.." && pwd)
data=${FOVEA_TEST_DATA:-$root/../shared/data}
fovea=$root/build/dev/cli/fovea
sens=$out/sensitivities
models=$out/models
mkdir -p "$sens"

add() {  # CARD NETWORK
  [ -d "$models/$1" ] && return
  "$fovea" model add "$root/bench/accuracy/cards/$1.yaml" \
    --network "$data/models/$2" --labels "$data/models/coco.names" \
    --models "$models"
}
add fastestdet FastestDet.onnx
add yolox yolox_nano.onnx

# CLIP FILE HALF: file "fd" and "yx" of all frames, "pfd" and "pyx" the mean
# of the first half of those the bench encodes.
profile() {
  [ -e "$sens/pyx.$1.fsen" ] && return
  "$fovea" profile "$data/$2" --model fastestdet --model yolox \
    --models "$models" -o "$sens/$1.fsen"
  "$fovea" profile "$data/$2" --model fastestdet --model yolox \
    --models "$models" -o "$sens/prior.$1.fsen" --prior --duration "$3"
  mv "$sens/$1.fastestdet.fsen" "$sens/fd.$1.fsen"
  mv "$sens/$1.yolox.fsen" "$sens/yx.$1.fsen"
  mv "$sens/prior.$1.fastestdet.fsen" "$sens/pfd.$1.fsen"
  mv "$sens/prior.$1.yolox.fsen" "$sens/pyx.$1.fsen"
}
profile tc video/towncentre_street_41f.mp4 2s
profile ua video/uadetrac_intersection_a.mp4 2s
profile dc video/dashcam_solidWhiteRight.mp4 2s
profile gp camera_imu/gopro_max-heromode.mp4 1.67s
profile h7 camera_imu/gopro_hero7.mp4 1.67s
profile vt video/opencv_vtest.avi 5s
profile mp video/mot17-04_plaza_8f.mp4 1s
profile ub video/uadetrac_intersection_b.mp4 1.15s

bench() {  # CLIPS JUDGES POLICIES
  "$root/build/dev/cli/fovea-bench" accuracy --clips "$1" --judges "$2" \
    --policies "$3" --sensitivities "$sens" --data "$data" --jobs 2 \
    --out "$out/$4"
}
ours=models/=fd+yx
accmpeg=binary/=fd+yx/+10/hold10/aq0/notree/c0
rest=models/=fd,models/=yx,$ours/hold10,models/=pfd+pyx
rest=$rest,binary/=fd+yx/+10/c-9,sensitivity/=fd+yx/k1/freeze/c-9/exact
bench tc,ua,dc,gp fastestdet,yolox "grid,$ours,$accmpeg,$rest" seen
bench h7,vt,mp,ub fastestdet,yolox "grid,$ours,$accmpeg" further
bench tc,ua,dc,gp yolo-fastest "grid,$ours" unseen
