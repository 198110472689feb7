// SPDX-License-Identifier: GPL-2.0-or-later
//
// The judges on OpenCV's dnn module, the only file that includes it. Input
// sizes, layouts and thresholds are those the models were published with.

#include "bench/accuracy/judge.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <opencv2/core.hpp>
#include <opencv2/dnn.hpp>
#include <opencv2/imgproc.hpp>
#include <span>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "store/chunk_id.h"

namespace fovea::bench {
namespace {

using Outputs = std::vector<cv::Mat>;

std::span<const float> Values(const cv::Mat& output) {
  return {output.ptr<float>(), output.total()};
}

// What goes into a network, and how it lies on the picture.
struct Input {
  cv::Mat blob;
  int width = 0;
  int height = 0;
  float scale = 1;  // of a letterbox
};

cv::Mat View(const BgrImage& picture) {
  // OpenCV only reads; its matrix has no const view.
  return cv::Mat(picture.height, picture.width, CV_8UC3,
                 const_cast<uint8_t*>(picture.bgr.data()));
}

// The picture bent to the network's size.
Input Stretched(const BgrImage& picture, int width, int height, double scale,
                double mean, bool swap_to_rgb) {
  cv::Mat small;
  cv::resize(View(picture), small, cv::Size(width, height), 0, 0,
             cv::INTER_LINEAR);
  return {cv::dnn::blobFromImage(small, scale, cv::Size(),
                                 cv::Scalar::all(mean), swap_to_rgb),
          width, height, 1};
}

// The picture shrunk without bending, at the top left of a square of grey.
// Rows of nothing but grey are cut off, down to the coarsest stride: they
// cost a third of the time.
Input Letterboxed(const BgrImage& picture) {
  constexpr int kSide = 416, kStride = 32;
  const float scale =
      std::min(static_cast<float>(kSide) / static_cast<float>(picture.width),
               static_cast<float>(kSide) / static_cast<float>(picture.height));
  const cv::Size size(
      std::max(1, static_cast<int>(static_cast<float>(picture.width) * scale)),
      std::max(1,
               static_cast<int>(static_cast<float>(picture.height) * scale)));
  const auto cut = [&](int pixels) {
    return std::min(kSide, (pixels + kStride - 1) / kStride * kStride);
  };
  cv::Mat canvas(cut(size.height), cut(size.width), CV_8UC3,
                 cv::Scalar::all(114));
  cv::Mat inside = canvas(cv::Rect(cv::Point(0, 0), size));
  cv::resize(View(picture), inside, size, 0, 0, cv::INTER_LINEAR);
  return {cv::dnn::blobFromImage(canvas), canvas.cols, canvas.rows, scale};
}

// One row per judge: pure functions between picture, network and answer.
struct Kind {
  const char* name;
  std::vector<const char*> files;  // network, then weights if apart
  float threshold;
  double f1_floor;
  const char* processing;  // goes into the digest: change it with the code
  Input (*prepare)(const BgrImage& picture);
  Answer (*read)(const Outputs& outputs, const Input& input,
                 const BgrImage& picture);
};

Answer ReadMap(const Outputs& outputs, const Input&, const BgrImage& picture) {
  const cv::Mat& map = outputs.front();
  return ReadFastestDet(Values(map), map.size[3], map.size[2], picture.width,
                        picture.height);
}

Answer ReadStrides(const Outputs& outputs, const Input& input,
                   const BgrImage&) {
  return ReadYolox(Values(outputs.front()), input.width, input.height,
                   input.scale);
}

Answer ReadRegions(const Outputs& outputs, const Input&,
                   const BgrImage& picture) {
  std::vector<float> lines;
  for (const cv::Mat& map : outputs) {
    const std::span<const float> values = Values(map);
    lines.insert(lines.end(), values.begin(), values.end());
  }
  return ReadDarknet(lines, picture.width, picture.height);
}

Answer ReadAnchors(const Outputs& outputs, const Input&,
                   const BgrImage& picture) {
  // Two per anchor are scores, four are corners.
  const size_t scores = outputs.front().size[2] == 2 ? 0 : 1;
  return ReadFaces(Values(outputs[scores]), Values(outputs[1 - scores]),
                   picture.width, picture.height);
}

const std::vector<Kind>& Kinds() {
  static const std::vector<Kind> kinds = {
      {"fastestdet",
       {"FastestDet.onnx"},
       0.6F,
       0.6,
       "bgr/255 stretched bilinear 352x352; obj^0.6*cls^0.4; nms 0.45",
       [](const BgrImage& picture) {
         return Stretched(picture, 352, 352, 1.0 / 255, 0, false);
       },
       ReadMap},
      {"yolox",
       {"yolox_nano.onnx"},
       0.3F,
       0.7,
       "bgr letterboxed bilinear 416 grey 114 cut to 32; obj*cls; nms 0.45",
       Letterboxed,
       ReadStrides},
      {"yolo-fastest",
       {"yolo-fastest-1.1-xl.cfg", "yolo-fastest-1.1-xl.weights"},
       0.3F,
       0.6,
       "rgb/255 stretched bilinear 320x320; obj*cls; nms 0.45",
       [](const BgrImage& picture) {
         return Stretched(picture, 320, 320, 1.0 / 255, 0, true);
       },
       ReadRegions},
      {"face",
       {"face_RFB-320.onnx"},
       0.7F,
       0.7,
       "rgb (x-127)/128 stretched bilinear 320x240; nms 0.45",
       [](const BgrImage& picture) {
         return Stretched(picture, 320, 240, 1.0 / 128, 127, true);
       },
       ReadAnchors},
  };
  return kinds;
}

class OpenCvJudge final : public Judge {
 public:
  OpenCvJudge(const Kind& kind, JudgeInfo info, cv::dnn::Net net)
      : kind_(kind),
        info_(std::move(info)),
        net_(std::move(net)),
        names_(net_.getUnconnectedOutLayersNames()) {}

  const JudgeInfo& info() const override { return info_; }

  absl::StatusOr<Answer> Look(const BgrImage& picture) override {
    try {
      const Input input = kind_.prepare(picture);
      net_.setInput(input.blob);
      Outputs outputs;
      net_.forward(outputs, names_);
      Answer answer = kind_.read(outputs, input, picture);
      if (answer.cells.empty()) {
        return absl::InternalError("judge " + info_.name + " gave no scores");
      }
      answer.detections =
          SuppressDoubles(std::move(answer.detections), kDoubleOverlap);
      return answer;
    } catch (const cv::Exception& error) {
      return absl::InternalError(
          absl::StrCat("judge ", info_.name, " failed: ", error.err));
    }
  }

 private:
  const Kind& kind_;
  const JudgeInfo info_;
  cv::dnn::Net net_;
  const std::vector<cv::String> names_;
};

absl::Status Append(const std::string& path, std::vector<uint8_t>* bytes) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError("model file " + path + " is missing");
  bytes->insert(bytes->end(), std::istreambuf_iterator<char>(file), {});
  return absl::OkStatus();
}

absl::StatusOr<std::string> DigestOf(const Kind& kind,
                                     const std::string& models) {
  std::vector<uint8_t> bytes;
  for (const char* file : kind.files) {
    absl::Status status = Append(absl::StrCat(models, "/", file), &bytes);
    if (!status.ok()) return status;
  }
  const std::string processing = kind.processing;
  bytes.insert(bytes.end(), processing.begin(), processing.end());
  return ChunkId::Of(bytes).ToHex();
}

}  // namespace

std::vector<std::string> JudgeNames() {
  std::vector<std::string> names;
  for (const Kind& kind : Kinds()) names.emplace_back(kind.name);
  return names;
}

absl::StatusOr<std::unique_ptr<Judge>> OpenJudge(const std::string& name,
                                                 const std::string& models) {
  const auto kind = std::find_if(
      Kinds().begin(), Kinds().end(),
      [&](const Kind& candidate) { return name == candidate.name; });
  if (kind == Kinds().end()) {
    return absl::InvalidArgumentError("no judge is called '" + name + "'");
  }
  auto digest = DigestOf(*kind, models);
  if (!digest.ok()) return digest.status();
  cv::setNumThreads(1);  // one thread a judge: runs are repeatable and timed
  try {
    const std::string network = absl::StrCat(models, "/", kind->files[0]);
    cv::dnn::Net net =
        kind->files.size() == 1
            ? cv::dnn::readNetFromONNX(network)
            : cv::dnn::readNetFromDarknet(
                  network, absl::StrCat(models, "/", kind->files[1]));
    JudgeInfo info{name, kind->threshold, kind->f1_floor, *std::move(digest)};
    return std::make_unique<OpenCvJudge>(*kind, std::move(info),
                                         std::move(net));
  } catch (const cv::Exception& error) {
    return absl::DataLossError(
        absl::StrCat("judge ", name, " cannot be loaded: ", error.err));
  }
}

absl::StatusOr<std::vector<JudgeInfo>> DescribeJudges(
    const std::vector<std::string>& names, const std::string& models) {
  std::vector<JudgeInfo> infos;
  for (const std::string& name : names) {
    const auto judge = OpenJudge(name, models);
    if (!judge.ok()) return judge.status();
    infos.push_back((*judge)->info());
  }
  return infos;
}

}  // namespace fovea::bench
