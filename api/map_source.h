// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where the quality maps of an encode come from: measured sensitivities, a
// detector's boxes, a map made by hand, or the model-free proxy.

#ifndef FOVEA_API_MAP_SOURCE_H_
#define FOVEA_API_MAP_SOURCE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/allocation.h"
#include "codec/box.h"
#include "codec/grid.h"
#include "codec/model_id.h"
#include "codec/quality_map.h"
#include "codec/quality_side_data.h"
#include "codec/sample.h"

namespace fovea {

enum class MapOrigin : uint8_t {
  kProxy,        // texture and motion; takes little, since it is a guess
  kPlain,        // none: uniform quality
  kSensitivity,  // sensitivity files
  kBoxes,        // box file
  kMap,          // map file
};

// "proxy", "plain", "sensitivity", "boxes", "map".
const char* MapOriginName(MapOrigin origin);

struct MapSourceOptions {
  MapOrigin origin = MapOrigin::kProxy;
  // One file; none for kProxy and kPlain; for kSensitivity one or more, each
  // model with its own: the finest of their wishes counts.
  std::vector<std::string> paths;

  // kSensitivity and kProxy; s_ref follows the stream where it is 0.
  AllocationOptions allocation;

  // kBoxes: QP offset outside the boxes (even), macroblocks they are grown
  // by, frames for which boxes hold, and the score they must reach.
  int box_offset = 12;
  int box_grow = 1;
  int64_t box_hold = 0;
  float box_score = 0;

  // Presentation index, in the files, of the first frame asked for.
  int64_t first_frame = 0;

  // Box file that protects under the other origins: inside, offsets are at
  // most `protect_offset`. box_hold and box_score hold for it too.
  std::string protect_path;
  int protect_offset = 4;
};

// Frames are asked for once each, in presentation order. Not thread-safe.
class MapSource {
 public:
  virtual ~MapSource() = default;

  // The map of the next frame; null: uniform. Valid until the next call.
  // `grid` is the frame's where the caller has measured it, else null.
  virtual absl::StatusOr<const QualityMap*> Next(const Frame& frame,
                                                 const Grid* grid) = 0;

  // What is to be protected in the last frame asked for.
  virtual const std::vector<Box>& boxes() const = 0;

  // What the last frame's side data says, but for the chroma offset.
  virtual QualitySideData SideData() const = 0;

  // Chroma QP minus luma QP, where the sensitivities tell planes apart.
  virtual std::optional<int> chroma_qp_offset() const = 0;

  // One line for people: "sensitivities of detector (s.fsen)".
  virtual std::string description() const = 0;

  // Gradients of models are behind the maps, not a guess or a rule.
  bool of_models() const {
    return SideData().unit == SensitivityUnit::kLossSquaredPerGreySquared;
  }
};

// Whose sensitivities these maps come from: "proxy:texture-motion/1", or of
// each file's models the name and digest, "yolox sha256:...", joined by "; ".
// Empty where none is behind them. Errors of reading the files.
absl::StatusOr<std::string> NameModels(const MapSourceOptions& options);
std::string NameModels(std::span<const ModelId> models);

// Of several sources the finest wish per macroblock; uniform where one has
// said nothing yet, since it may need everything. Requires one or more.
std::unique_ptr<MapSource> CombineSources(
    std::vector<std::unique_ptr<MapSource>> sources);

// For pictures of width x height. kNotFound, kInvalidArgument with the
// reason: the file is of another size, not of its kind, or damaged.
absl::StatusOr<std::unique_ptr<MapSource>> OpenMapSource(
    const MapSourceOptions& options, int width, int height);

}  // namespace fovea

#endif  // FOVEA_API_MAP_SOURCE_H_
