// SPDX-License-Identifier: GPL-2.0-or-later

#include "tests/support/coded_qps.h"

#include <cmath>
#include <cstdlib>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace fovea::testing {
namespace {

double Correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const auto count = static_cast<double>(a.size());
  double sum_a = 0, sum_b = 0, aa = 0, bb = 0, ab = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    sum_a += a[i], sum_b += b[i];
    aa += a[i] * a[i], bb += b[i] * b[i], ab += a[i] * b[i];
  }
  const double variances =
      (aa - sum_a * sum_a / count) * (bb - sum_b * sum_b / count);
  if (!(variances > 0)) return 0;
  return (ab - sum_a * sum_b / count) / std::sqrt(variances);
}

}  // namespace

absl::StatusOr<CodedQps> EncodeAndReadQps(const VideoEncoderOptions& options,
                                          std::span<const Frame> frames,
                                          const QualityMap* map) {
  auto encoder = NewVideoEncoder(options);
  if (!encoder.ok()) return encoder.status();
  std::vector<EncodedFrame> units;
  for (const Frame& frame : frames) {
    const absl::Status status = (*encoder)->Encode(frame, map, &units);
    if (!status.ok()) return status;
  }
  if (absl::Status s = (*encoder)->Flush(&units); !s.ok()) return s;
  VideoDecoderOptions read;
  read.read_qp = true;
  auto decoder = VideoDecoder::Create(read);
  if (!decoder.ok()) return decoder.status();
  CodedQps coded;
  std::vector<Frame> pictures;
  for (const EncodedFrame& unit : units) {
    const absl::Status s = (*decoder)->Decode(unit.data, unit.pts, &pictures);
    if (!s.ok()) return s;
    coded.keyframe.push_back(unit.keyframe);
  }
  if (absl::Status s = (*decoder)->Flush(&pictures); !s.ok()) return s;
  coded.pictures = (*decoder)->TakeQps();
  if (pictures.size() != frames.size() ||
      coded.pictures.size() != frames.size()) {
    return absl::InternalError(
        absl::StrCat(frames.size(), " frames went in, ", pictures.size(),
                     " came back, ", coded.pictures.size(), " with QPs"));
  }
  return coded;
}

double MeanQpError(const CodedQps& coded, double crf, const QualityMap& map,
                   bool keyframes_only) {
  double error = 0;
  double blocks = 0;
  for (size_t k = 0; k < coded.pictures.size(); ++k) {
    if (keyframes_only && !coded.keyframe[k]) continue;
    for (size_t i = 0; i < map.qp_offset.size(); ++i) {
      error += std::abs(crf + map.qp_offset[i] - coded.pictures[k].qp[i]);
      ++blocks;
    }
  }
  return error / blocks;
}

double MapCorrelation(const CodedQps& with, const CodedQps& without,
                      const QualityMap& map) {
  std::vector<double> wanted, got;
  for (size_t k = 0; k < with.pictures.size(); ++k) {
    if (!with.keyframe[k] || !without.keyframe[k]) continue;
    for (size_t i = 0; i < map.qp_offset.size(); ++i) {
      wanted.push_back(map.qp_offset[i]);
      got.push_back(with.pictures[k].qp[i] - without.pictures[k].qp[i]);
    }
  }
  return wanted.empty() ? 0 : Correlation(wanted, got);
}

}  // namespace fovea::testing
