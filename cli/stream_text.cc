// SPDX-License-Identifier: GPL-2.0-or-later

#include "cli/stream_text.h"

#include <cstdint>
#include <cstdio>
#include <string>

#include "cli/table.h"

namespace fovea::cli {
namespace {

// Up to two decimals, none that are zero.
std::string ShortNumber(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.2f", value);
  std::string number = text;
  while (number.back() == '0') number.pop_back();
  if (number.back() == '.') number.pop_back();
  return number;
}

std::string CameraWhat(const CameraInfo& camera, bool stills) {
  std::string text =
      std::to_string(camera.width) + "x" + std::to_string(camera.height);
  if (stills) return text + " stills";
  const std::string rate = FrameRateText(camera.frame_rate);
  text += rate.empty() ? " variable rate" : " " + rate;
  if (camera.color.full_range) text += " full range";
  if (camera.bit_depth > 8) {
    text += " from " + std::to_string(camera.bit_depth) + " bit";
  }
  if (camera.interlaced) text += " interlaced";
  if (camera.rotation_degrees != 0) {
    text += " turned " + std::to_string(camera.rotation_degrees);
  }
  return text;
}

std::string SeriesWhat(const SeriesInfo& series) {
  const size_t channels = series.channels.size();
  std::string text =
      std::to_string(channels) + (channels == 1 ? " channel" : " channels");
  if (series.rate_hz > 0) text += " " + ShortNumber(series.rate_hz) + " Hz";
  return text;
}

}  // namespace

int64_t RejectedSamples(const StreamCounts& counts) {
  int64_t sum = 0;
  for (const auto& reason : counts.rejected) sum += reason.samples;
  return sum;
}

bool Conserved(const StreamCounts& counts) {
  return counts.samples_in ==
         counts.stored + counts.dropped + RejectedSamples(counts);
}

std::string ConservationText(const StreamCounts& counts) {
  return "in " + FormatCount(counts.samples_in) +
         (Conserved(counts) ? " = " : " is NOT ") + "stored " +
         FormatCount(counts.stored) + " + dropped " +
         FormatCount(counts.dropped) + " + rejected " +
         FormatCount(RejectedSamples(counts));
}

std::string FrameRateText(Rational rate) {
  if (rate.num <= 0 || rate.den <= 0) return "";
  return ShortNumber(static_cast<double>(rate.num) / rate.den) + " fps";
}

std::string StreamWhat(const StreamDescription& description) {
  switch (description.kind) {
    case StreamKind::kCamera:
      return CameraWhat(description.camera, description.stills);
    case StreamKind::kImu:
    case StreamKind::kSeries:
      return SeriesWhat(description.series);
    case StreamKind::kOpaque:
      return description.source_codec;
  }
  return "";
}

std::string TrackWhat(const Track& track) {
  switch (track.kind) {
    case StreamKind::kCamera:
      return CameraWhat(track.camera, track.stills);
    case StreamKind::kImu:
    case StreamKind::kSeries:
      return SeriesWhat(track.series);
    case StreamKind::kOpaque:
      return track.codec;
  }
  return "";
}

const char* SampleNoun(StreamKind kind) {
  switch (kind) {
    case StreamKind::kCamera:
      return "frames";
    case StreamKind::kImu:
    case StreamKind::kSeries:
      return "samples";
    case StreamKind::kOpaque:
      return "packets";
  }
  return "samples";
}

}  // namespace fovea::cli
