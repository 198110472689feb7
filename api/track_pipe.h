// SPDX-License-Identifier: GPL-2.0-or-later
//
// What happens to the samples of one track between source and store. One
// kind of track, one file, one factory; api/ingest.cc strings them up.

#ifndef FOVEA_API_TRACK_PIPE_H_
#define FOVEA_API_TRACK_PIPE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "api/ingest.h"
#include "api/model_reuse.h"
#include "api/overlap_geometry.h"
#include "api/stream_writer.h"
#include "codec/camera_prior.h"
#include "codec/formats/source.h"
#include "codec/video_encoder.h"

namespace fovea {

// Not thread-safe. Items come in source order; Gap and Rejected go to the
// writer, not here.
class TrackPipe {
 public:
  virtual ~TrackPipe() = default;
  virtual absl::Status Add(SourceItem item) = 0;

  // Hands over what is still inside. Also called at a gap: the pipe must be
  // able to go on afterwards.
  virtual absl::Status Drain() = 0;

  // What came of holding and reusing answers; empty where none are.
  virtual std::vector<ReuseReport> Reuse() const { return {}; }
};

// Where and when another camera looks, too.
struct OverlapSpan {
  MacroblockMask mask;
  int qp_offset = 0;
  int64_t from_ns = 0, to_ns = 0;
};

// Frames -> grid, fingerprint, sensitivity, map -> H.264 -> GOPs. The first
// frame handed over is the `first_frame`-th of its source. Where there are
// priors, of the picture's size, maps come from them; they are raised in the
// `overlap`. `model_failed` is called in Add(), once per model that does.
absl::StatusOr<std::unique_ptr<TrackPipe>> NewEncodePipe(
    const Track& track, const IngestOptions& options, int64_t first_frame,
    const std::vector<CameraPrior>& priors,
    const std::optional<OverlapSpan>& overlap, StreamWriter* writer,
    std::function<void(const FailedModel&)> model_failed);

// The encoder settings that pipe uses, for the stream's description too.
VideoEncoderOptions EncoderOptionsFor(const CameraInfo& camera,
                                      const IngestOptions& options);

// H.264 access units -> GOPs, bytes kept; decoded once for grid and
// fingerprint.
absl::StatusOr<std::unique_ptr<TrackPipe>> NewCopyPipe(
    const Track& track, const IngestOptions& options, StreamWriter* writer);

// Of all other tracks: JPEG and PNG files, kept as they are; samples and
// packets -> blocks of a second. Errors of ImuCodingFor(), ChooseProfile() and
// KnownProfile().
absl::StatusOr<std::unique_ptr<TrackPipe>> NewBlockPipe(
    const Track& track, const IngestOptions& options, StreamWriter* writer);

// How the samples of the track are coded, for the stream's description;
// empty where every bit is kept, and of other tracks.
std::string SeriesCodingText(const Track& track, const IngestOptions& options);

}  // namespace fovea

#endif  // FOVEA_API_TRACK_PIPE_H_
