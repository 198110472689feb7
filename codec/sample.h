// SPDX-License-Identifier: GPL-2.0-or-later
//
// The nouns every room shares: timestamps, video frames, compressed access
// units, sensor batches. Plain data; no disk, no clock, no third-party type.

#ifndef FOVEA_CODEC_SAMPLE_H_
#define FOVEA_CODEC_SAMPLE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/print_rule.h"

namespace fovea {

// A rational number: seconds per tick in a time base, or a frame rate in
// frames per second, or a pixel aspect. Zero numerator means "unknown".
struct Rational {
  int32_t num = 0;
  int32_t den = 1;
  friend bool operator==(const Rational&, const Rational&) = default;
};

// `ticks * base` seconds in nanoseconds, rounded half to even, exact in 128
// bits; saturates at the int64 range. Requires base.num > 0, base.den > 0.
int64_t ToNanoseconds(int64_t ticks, Rational base);

// What a stream is made of. Values are stored; never renumber.
enum class StreamKind : uint8_t {
  kCamera = 1,  // frames
  kImu = 2,     // inertial samples: gyroscope, accelerometer, magnetometer
  kSeries = 3,  // 1-64 numeric channels: GPS, temperature, heart rate
  kOpaque = 4,  // packets kept bit-exact: audio, radar, unknown tracks
};

// "camera", "imu", "series", "opaque".
const char* StreamKindName(StreamKind kind);

// How picture samples map to light. The three code points are those of
// ISO/IEC 23091-2 (H.264 Annex E uses the same); 2 means unspecified.
struct ColorInfo {
  bool full_range = false;
  uint8_t primaries = 2;
  uint8_t transfer = 2;
  uint8_t matrix = 2;
  friend bool operator==(const ColorInfo&, const ColorInfo&) = default;
};

// What is constant over one camera stream.
struct CameraInfo {
  int width = 0;  // true size in pixels; coded size is padded to even
  int height = 0;
  Rational time_base{1, 1'000'000'000};
  Rational frame_rate;  // average; zero when it varies or is unknown
  Rational sample_aspect{1, 1};
  int rotation_degrees = 0;  // clockwise turn a viewer applies: 0..270
  ColorInfo color;
  int bit_depth = 8;        // of the source; frames here are always 8
  bool interlaced = false;  // fields are kept woven, as they came
};

// One plane of 8-bit samples. Rows are `stride` bytes apart.
struct Plane {
  const uint8_t* data = nullptr;
  int stride = 0;
};

// A picture in planar 4:2:0, 8 bits (Y', Cb, Cr). Luma is width x height,
// chroma rounds up. Copies share the pixels, which never change.
struct Frame {
  int width = 0;
  int height = 0;
  Plane y, u, v;
  int64_t pts = 0;                     // source ticks, as the source gave them
  int64_t time_ns = 0;                 // stream time
  int64_t duration_ns = 0;             // zero when unknown
  std::shared_ptr<const void> pixels;  // keeps the planes alive

  int chroma_width() const { return (width + 1) / 2; }
  int chroma_height() const { return (height + 1) / 2; }
};

// Writable pixels that become a Frame. Rows are 64-byte aligned.
class FrameBuffer {
 public:
  // kInvalidArgument unless 1 <= width, height <= 16384;
  // kResourceExhausted when memory runs out.
  static absl::StatusOr<FrameBuffer> Allocate(int width, int height);

  uint8_t* plane(int i) { return planes_[i]; }  // 0 = Y', 1 = Cb, 2 = Cr
  int stride(int i) const { return strides_[i]; }

  // The pixels as a Frame; this buffer is empty afterwards.
  Frame Release() &&;

 private:
  FrameBuffer() = default;
  int width_ = 0;
  int height_ = 0;
  uint8_t* planes_[3] = {};
  int strides_[3] = {};
  std::shared_ptr<uint8_t> pixels_;
};

// How NAL units are delimited inside an access unit: 0 = Annex B start
// codes, 1, 2 or 4 = big-endian length prefixes of that many bytes.
using NalFraming = int;
inline constexpr NalFraming kAnnexB = 0;

// One compressed picture, in decoding order, in the source's own framing.
struct AccessUnit {
  std::vector<uint8_t> data;
  int64_t pts = 0;  // source ticks
  int64_t dts = 0;
  int64_t time_ns = 0;
  int64_t duration_ns = 0;
  bool keyframe = false;
};

// One numeric channel of an imu or series stream.
struct Channel {
  std::string name;  // "gyro_x", "latitude"
  std::string unit;  // UCUM or SI: "rad/s", "m/s2", "deg", "" when unknown
  friend bool operator==(const Channel&, const Channel&) = default;
};

struct SeriesInfo {
  std::vector<Channel> channels;  // 1..64
  double rate_hz = 0;  // measured from the recording, not nominal; 0 unknown

  // As codec/series_metadata.h has them, "" unknown.
  std::string device = {};
  std::string axes = {};
  std::string calibration = {};

  // How fields of each channel were written; empty: of none is it known.
  PrintRules rules = {};
};

// How the values of a batch were written where they came from.
struct SeriesText {
  PrintRules rules;  // of each channel; empty: of none is it known

  // Of channels with a rule, those that it does not give: which of the values,
  // ascending, and its text.
  std::vector<std::pair<size_t, std::string>> fields;
};

// Consecutive samples of one imu or series stream, in arrival order. Times
// may repeat or run backward; they are kept as they came.
struct SeriesBatch {
  std::vector<int64_t> time_ns;  // one per sample
  std::vector<double> values;    // sample-major: samples x channels
  SeriesText text = {};
};

// One packet of an opaque stream.
struct OpaquePacket {
  std::vector<uint8_t> data;
  int64_t pts = 0;
  int64_t time_ns = 0;
  int64_t duration_ns = 0;
};

struct OpaqueInfo {
  Rational time_base{1, 1'000'000'000};
  std::vector<uint8_t> codec_config;  // container's decoder configuration
};

// One still picture kept as the file it came in.
struct StillImage {
  std::string format;  // "jpeg" or "png"
  int width = 0;
  int height = 0;
  std::string name;  // file name without folders
  std::vector<uint8_t> file;
  int64_t time_ns = 0;
};

}  // namespace fovea

#endif  // FOVEA_CODEC_SAMPLE_H_
