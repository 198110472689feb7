// SPDX-License-Identifier: GPL-2.0-or-later
//
// Recordings as MCAP (https://mcap.dev), which Foxglove and Rerun open:
//
//   video    foxglove.CompressedVideo (protobuf): H.264, Annex B
//   imu      sensor_msgs/msg/Imu (ROS 2 CDR)
//   boxes    foxglove.ImageAnnotations (protobuf)
//   series   an object of numbers (JSON), with its JSON Schema
//
// Chunks are indexed and checksummed; log and publish times are stream
// times. docs/MCAP.md says more of each.

#ifndef FOVEA_CODEC_FORMATS_MCAP_WRITER_H_
#define FOVEA_CODEC_FORMATS_MCAP_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "codec/formats/annotations.h"
#include "codec/sample.h"

namespace fovea {

struct McapOptions {
  bool compress = true;  // zstd, in chunks where it gains something
  // Held in memory before a chunk is written; a reader that seeks unpacks
  // that much.
  size_t chunk_bytes = 1U << 20;
};

struct McapVideo {
  // Framing of the units and the container's avcC or parameter sets; those
  // that units bring themselves are used too.
  NalFraming framing = kAnnexB;
  std::vector<uint8_t> codec_config;
  std::string frame_id;  // where the camera is, for viewers in 3D
};

struct McapChannel {
  uint16_t id = 0;
};

// Writes beside the target and renames at Close(), so that no half file is
// ever seen under the name asked for. Messages may come in any order of
// channels; readers seek best when they come by time. After a failed write
// only the destructor is of use. Not thread-safe.
class McapWriter {
 public:
  // kNotFound (no such folder), kPermissionDenied; kResourceExhausted: disk
  // full, here and below.
  static absl::StatusOr<std::unique_ptr<McapWriter>> Create(
      const std::string& path, const McapOptions& options);
  ~McapWriter();  // without Close(): removes the unfinished file

  // A topic ("/camera/front") is one channel's alone: kInvalidArgument for
  // one that is empty or taken.
  absl::StatusOr<McapChannel> AddVideoChannel(const std::string& topic,
                                              const McapVideo& video);
  absl::StatusOr<McapChannel> AddBoxesChannel(const std::string& topic);

  // Channels gyro_x, _y, _z in rad/s or deg/s and accel_x, _y, _z in m/s2 or
  // g (no unit: the first), written as rad/s and m/s2; an Imu message has no
  // place for others. kInvalidArgument: none of the two, another unit.
  absl::StatusOr<McapChannel> AddImuChannel(const std::string& topic,
                                            const SeriesInfo& info,
                                            const std::string& frame_id);

  // A second channel of a name becomes NAME_2.
  absl::StatusOr<McapChannel> AddSeriesChannel(const std::string& topic,
                                               const SeriesInfo& info);

  // Units in decoding order, a keyframe first. Parameter sets are put
  // before keyframes that have none. kInvalidArgument: B pictures (pts that
  // run back), which CompressedVideo cannot hold; no parameter sets; a time
  // below 0, here and below. kDataLoss: broken framing.
  absl::Status WriteVideo(McapChannel channel, const AccessUnit& unit);

  // The boxes of one picture; none take away those shown before.
  absl::Status WriteBoxes(McapChannel channel, int64_t time_ns,
                          std::span<const AnnotatedBox> boxes);

  // Samples of an imu or series channel, a message each; as many values in
  // each as the channel was added with. A value that is
  // not finite is left out of a series' message. kInvalidArgument: an imu
  // time beyond 2038, where ROS's seconds end.
  absl::Status WriteSamples(McapChannel channel, const SeriesBatch& batch);

  absl::Status Close();

 private:
  class State;
  explicit McapWriter(std::unique_ptr<State> state);
  absl::Status WriteImu(McapChannel channel, const SeriesBatch& batch,
                        size_t row);
  absl::Status WriteSeries(McapChannel channel, const SeriesBatch& batch,
                           size_t row);
  std::unique_ptr<State> state_;
};

}  // namespace fovea

#endif  // FOVEA_CODEC_FORMATS_MCAP_WRITER_H_
