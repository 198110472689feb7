// SPDX-License-Identifier: GPL-2.0-or-later
//
// A source gives the samples of one recording or live feed, track by
// track, in arrival order. Every kind of input is read through this.

#ifndef FOVEA_CODEC_FORMATS_SOURCE_H_
#define FOVEA_CODEC_FORMATS_SOURCE_H_

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/clock_map.h"
#include "codec/formats/limits.h"
#include "codec/sample.h"

namespace fovea {

// One track of a source. Track ids are 0, 1, 2... in SourceInfo::tracks.
struct Track {
  StreamKind kind = StreamKind::kOpaque;
  std::string suffix;  // "" for the main camera, else "imu", "gps", "audio"
  std::string codec;   // of the source: "h264", "mjpeg", "aac", "gpmf", "csv"
  CameraInfo camera;   // kind == kCamera
  SeriesInfo series;   // kind == kImu or kSeries
  OpaqueInfo opaque;   // kind == kOpaque

  // How the clock of its times runs against that of the recorder, by which
  // the other tracks are, where the source tells both.
  std::optional<ClockMap> clock;

  bool compressed = false;       // camera items are AccessUnits, not Frames
  bool stills = false;           // camera items are StillImages
  NalFraming framing = kAnnexB;  // of AccessUnits
  std::vector<uint8_t> codec_config;  // of AccessUnits: avcC or Annex B

  // Not empty: the track is known but not delivered, and this is why.
  std::string rejected;

  int64_t expected_samples = 0;  // frames, packets or rows; 0 unknown
};

struct SourceInfo {
  std::string name;       // what the user gave, credentials removed
  std::string container;  // "mov,mp4", "csv", "ulog", "live"
  bool live = false;
  int64_t duration_ns = 0;  // 0 unknown
  int64_t bytes = 0;        // on disk; 0 unknown
  std::vector<Track> tracks;
  std::vector<std::string> notes;  // for the user: detected units, policies
};

// Time during which a live source delivered nothing, or for which a log says
// that its recorder lost data.
struct Gap {
  int64_t start_ns = 0;
  int64_t end_ns = 0;
  std::string reason;
};

// Samples the source held but could not be read. Counted, never silent.
// Zero samples: a remark on the track ("gave up after 3 tries").
struct Rejected {
  int64_t samples = 0;
  std::string reason;  // "a.csv line 17: 'x' is not a number", one line
};

struct SourceItem {
  int track = 0;
  std::variant<Frame, AccessUnit, SeriesBatch, OpaquePacket, StillImage, Gap,
               Rejected>
      value;
};

struct SourceOptions {
  // Deliver H.264 as the file holds it instead of decoding. Tracks of
  // another codec are rejected by name.
  bool copy = false;

  // Keep the file as it is, whatever it holds: one opaque track.
  bool opaque = false;

  // Decoder threads per video track.
  int threads = 1;

  // Stop after this much stream time; 0 reads to the end.
  int64_t max_duration_ns = 0;

  // Samples from the first time up to the other alone are wanted: what can
  // skip the rest does, others give all.
  int64_t from_ns = std::numeric_limits<int64_t>::min();
  int64_t to_ns = std::numeric_limits<int64_t>::max();

  // Frame rate for numbered image files without times; 0: they are stills.
  double image_fps = 0;

  // CSV: comma-separated column names overriding the header ("t,gx,gy,gz,
  // ax,ay,az"; "-" skips a column), and units overriding detection:
  // "rad/s", "deg/s", "m/s2", "g"; time "s", "ms", "us", "ns".
  std::string csv_columns;
  std::string gyro_unit;
  std::string accel_unit;
  std::string time_unit;

  // Live: silence before reconnecting, tries before giving up (0: never
  // give up), and the back-off between tries (doubles to the maximum).
  int64_t timeout_ns = 5'000'000'000;
  int max_reconnects = 0;
  int64_t backoff_min_ns = 250'000'000;
  int64_t backoff_max_ns = 8'000'000'000;

  // Live: what may wait between the network and the reader. Beyond either
  // bound the oldest whole GOPs are dropped, or, inside one long GOP, what
  // arrives until the next key picture; counted as Rejected.
  int64_t backlog_bytes = 64LL << 20;
  int64_t backlog_ns = 10'000'000'000;

  // Read often while the source opens and reads. Once true, OpenSource()
  // fails with kCancelled and Next() returns nullopt, both soon: only a
  // name look-up of the system's cannot be cut short. Null: never. Outlives
  // the source.
  const std::atomic<bool>* stop = nullptr;

  FormatLimits limits;
};

// Not thread-safe, but Stop() may be called from any thread.
class Source {
 public:
  virtual ~Source() = default;

  virtual const SourceInfo& info() const = 0;

  // The next item; nullopt at the end. An error ends the source: what came
  // before it stays good. kDataLoss: the input is damaged from here on.
  virtual absl::StatusOr<std::optional<SourceItem>> Next() = 0;

  // Makes a blocked or later Next() return nullopt soon. Thread-safe.
  virtual void Stop() = 0;
};

// Opens a file, folder, glob, EuRoC tree, URL, "-" (standard input: Annex B
// or Y4M) or /dev/videoN. kNotFound, kPermissionDenied, kInvalidArgument
// (empty, unknown or no usable track), kResourceExhausted (limits),
// kCancelled (options.stop).
absl::StatusOr<std::unique_ptr<Source>> OpenSource(
    const std::string& location, const SourceOptions& options);

}  // namespace fovea

#endif  // FOVEA_CODEC_FORMATS_SOURCE_H_
