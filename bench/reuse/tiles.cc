// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/reuse/tiles.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace fovea::bench::reuse {
namespace {

constexpr float kMacroblock = 16;  // pixels

int64_t NowNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::vector<GridPart> PartsOf(const Grid& grid, int columns, int rows) {
  std::vector<GridPart> parts;
  for (int y = 0; y < rows; ++y) {
    for (int x = 0; x < columns; ++x) {
      const int left = x * grid.columns / columns;
      const int top = y * grid.rows / rows;
      parts.push_back({left, top, (x + 1) * grid.columns / columns - left,
                       (y + 1) * grid.rows / rows - top});
    }
  }
  return parts;
}

Footage FootageOf(const Footage& whole, const GridPart& part) {
  Footage footage;
  footage.name = whole.name;
  footage.camera = whole.camera;
  RegionGrids regions;
  for (size_t i = 0; i < whole.size(); ++i) {
    footage.frames.push_back(PictureOf(whole.frames[i], part));
    regions.See(whole.grids[i]);
    footage.grids.push_back(regions.Of(1, part).grid);
    footage.light.push_back(MedianLuma(whole.grids[i]));
  }
  footage.camera.width = footage.frames[0].width;
  footage.camera.height = footage.frames[0].height;
  return footage;
}

absl::StatusOr<Trace> MakeTrace(const Footage& footage, Model* model) {
  Trace trace{footage.name,
              model->card().name,
              static_cast<float>(model->card().threshold),
              model->labels(),
              {}};
  for (const Frame& frame : footage.frames) {
    const int64_t begin = NowNs();
    auto answer = model->Infer(frame, footage.camera.color);
    if (!answer.ok()) return answer.status();
    trace.frames.push_back(
        {frame.time_ns, NowNs() - begin,
         std::make_shared<Boxes>(std::move(answer->detections))});
  }
  return trace;
}

template <typename T>
void Keep(size_t most, std::vector<T>* all) {
  if (all->size() > most)
    all->erase(all->begin() + static_cast<ptrdiff_t>(most), all->end());
}

// From the tile to the whole picture.
Detection Moved(Detection box, const GridPart& part) {
  const float x = kMacroblock * static_cast<float>(part.column);
  const float y = kMacroblock * static_cast<float>(part.row);
  box.left += x;
  box.right += x;
  box.top += y;
  box.bottom += y;
  return box;
}

}  // namespace

absl::StatusOr<TiledClip> LoadTiledClip(
    const ClipName& clip, const std::string& model, int columns, int rows,
    size_t most_frames, const std::string& data, const std::string& folder,
    const std::function<void(const std::string&)>& say) {
  auto footage = LoadFootage(clip, data);
  if (!footage.ok()) return footage.status();
  Keep(most_frames, &footage->frames);
  Keep(most_frames, &footage->grids);
  Keep(most_frames, &footage->packets);
  const auto opened = OpenTracedModel(model, data, folder);
  if (!opened.ok()) return opened.status();
  const auto stem = TraceStem(clip, **opened, data, folder);
  if (!stem.ok()) return stem.status();
  TiledClip tiled{*std::move(footage), {}};
  for (const GridPart& part : PartsOf(tiled.footage.grids[0], columns, rows)) {
    Footage cut = FootageOf(tiled.footage, part);
    const std::string kept =
        absl::StrCat(*stem, "-", columns, "x", rows, "-", tiled.tiles.size(),
                     "-", cut.size(), ".json");
    auto trace = KeptTrace(kept, [&] { return MakeTrace(cut, opened->get()); });
    if (!trace.ok()) return trace.status();
    if (trace->size() != cut.size()) {
      return absl::DataLossError(absl::StrCat(kept, " has ", trace->size(),
                                              " frames of ", cut.size()));
    }
    tiled.tiles.push_back({part, std::move(cut), *std::move(trace)});
    say(absl::StrCat(clip.name, " ", columns, "x", rows, ": tile ",
                     tiled.tiles.size()));
  }
  return tiled;
}

Trace JointTrace(const TiledClip& clip) {
  Trace joint = clip.tiles[0].trace;
  for (size_t i = 0; i < joint.size(); ++i) {
    auto boxes = std::make_shared<Boxes>();
    for (size_t tile = 0; tile < clip.tiles.size(); ++tile) {
      for (const Detection& box : clip.tiles[tile].trace.boxes(i)) {
        boxes->push_back(Moved(box, clip.tiles[tile].part));
        boxes->back().label += kTileLabels * static_cast<int>(tile);
      }
    }
    joint.frames[i].answer = std::move(boxes);
  }
  return joint;
}

Boxes BoxesOfTile(const Boxes& joint, size_t tile) {
  Boxes boxes;
  for (const Detection& box : joint) {
    if (box.label / kTileLabels == static_cast<int>(tile)) boxes.push_back(box);
  }
  return boxes;
}

}  // namespace fovea::bench::reuse
