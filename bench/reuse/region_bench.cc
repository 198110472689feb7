// SPDX-License-Identifier: GPL-2.0-or-later
//
// How many runs over tiles are avoided where each tile is held and run by
// itself, against a filter that decides about all of them at once.
//
//   region_bench [--quick] [--clips NAME,...] [--tiles 2x2,3x3]
//                [--frames N] [--traces DIR]
//
// Tables on standard output, progress on standard error. Agreement is that of
// the tiles' answers, each one counted. Settings are the best in hindsight, for
// all methods alike, of frames behind the first 40 %.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "bench/recording.h"
#include "bench/reuse/oracle.h"
#include "bench/reuse/policy.h"
#include "bench/reuse/protocol.h"
#include "bench/reuse/tiles.h"

namespace fovea::bench::reuse {
namespace {

constexpr int kSkipped = 77;  // as test drivers understand it

constexpr char kModel[] = "fastestdet";
constexpr char kOurs[] = "ours";
constexpr char kEveryK[] = "every k";
constexpr char kRunAll[] = "run all";

// Rows of the tables.
constexpr char kByRegion[] = "each tile by itself";
constexpr char kByFrame[] = "all tiles, by the whole frame";
constexpr char kEvery[] = "all tiles, every k";
constexpr char kOracle[] = "oracle, each tile";
constexpr const char* kRows[] = {kEvery, kByFrame, kByRegion, kOracle};

struct Settings {
  std::vector<std::string> clips;  // empty: all whose camera stands
  std::vector<std::string> tiles = {"2x2", "3x3"};
  std::string data = ChooseRecordings({}, {""}).front();
  std::string traces = FOVEA_TRACES;
  size_t frames = 150;
  bool quick = false;
};

// Runs avoided at kTargets; summed over clips.
struct Avoided {
  double at[std::size(kTargets)] = {};
};
// By row and loss.
using Table = std::map<std::pair<std::string, Loss>, Avoided>;

void Say(const std::string& line) {
  std::fprintf(stderr, "%s\n", line.c_str());
}

const MethodEntry& MethodNamed(const std::string& name) {
  return *std::ranges::find(AllMethods(), name, &MethodEntry::name);
}

void Append(const Outcome& from, Outcome* to) {
  to->avoided.insert(to->avoided.end(), from.avoided.begin(),
                     from.avoided.end());
  to->agreed.insert(to->agreed.end(), from.agreed.begin(), from.agreed.end());
}

// One setting for all tiles.
void Append(const Sweep& tile, Sweep* all) {
  if (all->judged.empty()) {
    *all = tile;
    return;
  }
  for (size_t knob = 0; knob < tile.judged.size(); ++knob) {
    Append(tile.judged[knob], &all->judged[knob]);
  }
}

// Decides about all tiles as about one picture; what is given is judged tile by
// tile.
class WholeFrame {
 public:
  WholeFrame(const TiledClip& clip, Loss loss)
      : clip_(clip), joint_(JointTrace(clip)), task_{loss, joint_.threshold} {}

  Sweep Judge() {
    FeatureBank features(clip_.footage);
    const Scene scene{&clip_.footage, &features};
    const auto method = MethodNamed(kOurs).make(scene, task_);
    Sweep sweep;
    for (size_t knob = 0; knob < method->knobs(); ++knob) {
      sweep.judged.push_back(JudgeOne(method->Make(knob).get()));
    }
    return sweep;
  }

 private:
  Outcome JudgeOne(Policy* policy) {
    const size_t begin = SplitOf(joint_.size(), false).tune;
    Outcome outcome;
    for (size_t i = 0; i < joint_.size(); ++i) {
      std::optional<Answer> given;
      if (i >= begin) given = policy->Decide(i);
      if (!given) policy->Ran(i, joint_.frames[i].answer);
      for (size_t tile = 0; i >= begin && tile < clip_.tiles.size(); ++tile) {
        outcome.avoided.push_back(given.has_value());
        outcome.agreed.push_back(!given || Agrees(i, tile, **given));
      }
    }
    return outcome;
  }

  bool Agrees(size_t frame, size_t tile, const Boxes& given) const {
    return task_.Same(BoxesOfTile(joint_.boxes(frame), tile),
                      BoxesOfTile(given, tile));
  }

  const TiledClip& clip_;
  const Trace joint_;
  const Task task_;
};

// Each outcome is of all tiles; run all avoids none; holding every k-th answer
// avoids no more than the oracle, where all agree.
absl::Status Check(const TiledClip& clip,
                   const std::map<std::string, Sweep>& sweeps) {
  const Split split = SplitOf(clip.footage.size(), false);
  const size_t judged = (split.size - split.tune) * clip.tiles.size();
  for (const auto& [row, sweep] : sweeps) {
    for (const Outcome& outcome : sweep.judged) {
      if (outcome.size() == judged) continue;
      return absl::InternalError(absl::StrCat(
          row, " decided about ", outcome.size(), " tiles of ", judged));
    }
  }
  if (ScoreOf(sweeps.at(kRunAll).judged, 0) != Score{0, 1}) {
    return absl::InternalError("run all avoids or disagrees");
  }
  if (Hindsight(sweeps.at(kEvery), 1).avoided >
      Hindsight(sweeps.at(kOracle), 1).avoided) {
    return absl::InternalError("every k avoids more than any holding can");
  }
  return absl::OkStatus();
}

absl::Status BenchLoss(const TiledClip& clip, Loss loss, Table* table) {
  std::map<std::string, Sweep> sweeps;
  for (const Tile& tile : clip.tiles) {
    FeatureBank features(tile.footage);
    const Scene scene{&tile.footage, &features};
    Truth truth(tile.trace, loss);
    const auto sweep = [&](const char* method) {
      return SweepMethod(MethodNamed(method), scene, &truth, false);
    };
    Append(sweep(kOurs), &sweeps[kByRegion]);
    Append(sweep(kEveryK), &sweeps[kEvery]);
    Append(sweep(kRunAll), &sweeps[kRunAll]);
    Append(SweepOracles(&truth)[0], &sweeps[kOracle]);
  }
  sweeps[kByFrame] = WholeFrame(clip, loss).Judge();
  if (absl::Status s = Check(clip, sweeps); !s.ok()) return s;
  for (const char* row : kRows) {
    for (size_t i = 0; i < std::size(kTargets); ++i) {
      (*table)[{row, loss}].at[i] +=
          Hindsight(sweeps[row], kTargets[i]).avoided;
    }
  }
  return absl::OkStatus();
}

std::string CellText(const Avoided& avoided, size_t clips) {
  std::string text;
  for (const double sum : avoided.at) {
    absl::StrAppend(
        &text, text.empty() ? "" : ", ",
        absl::StrFormat("%.1f", 100 * sum / static_cast<double>(clips)));
  }
  return text;
}

void Print(const std::string& tiles, const Table& table, size_t clips) {
  std::printf(
      "Tile runs avoided by %s, %s tiles, mean of %zu clips, %%:\n\n"
      "| | labels 90, 95, 99 %% | counts | boxes |\n|---|---|---|---|\n",
      kModel, tiles.c_str(), clips);
  for (const char* row : kRows) {
    std::printf("| %s |", row);
    for (const Loss loss : kLosses) {
      std::printf(" %s |", CellText(table.at({row, loss}), clips).c_str());
    }
    std::printf("\n");
  }
  std::printf("\n");
  std::fflush(stdout);
}

double MedianOf(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle =
      values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// Medians over tiles: what there is to compare of one, and what a run takes.
struct Costs {
  std::vector<double> cut_us, run_ms;
};

void MeasureCosts(const TiledClip& clip, Costs* costs) {
  RegionGrids regions;
  for (const Grid& grid : clip.footage.grids) {
    regions.See(grid);
    uint32_t number = 0;
    for (const Tile& tile : clip.tiles) {
      const auto begin = std::chrono::steady_clock::now();
      regions.Of(++number, tile.part);
      costs->cut_us.push_back(std::chrono::duration<double, std::micro>(
                                  std::chrono::steady_clock::now() - begin)
                                  .count());
    }
  }
  for (const Tile& tile : clip.tiles) {
    costs->run_ms.push_back(tile.trace.median_infer_us() / 1e3);
  }
}

absl::StatusOr<std::pair<int, int>> ParseTiles(const std::string& text) {
  int columns = 0, rows = 0;
  const std::vector<std::string> sides = absl::StrSplit(text, 'x');
  if (sides.size() != 2 || !absl::SimpleAtoi(sides[0], &columns) ||
      !absl::SimpleAtoi(sides[1], &rows) || columns < 1 || rows < 1 ||
      columns > 8 || rows > 8) {
    return absl::InvalidArgumentError(
        absl::StrCat("tiles '", text, "': expected such as 2x2, up to 8x8"));
  }
  return std::pair(columns, rows);
}

absl::Status BenchTiles(const std::string& tiles, const Settings& settings) {
  const auto sides = ParseTiles(tiles);
  if (!sides.ok()) return sides.status();
  Table table;
  Costs costs;
  size_t clips = 0;
  for (const ClipName& clip : AllClips()) {
    const bool chosen = settings.clips.empty()
                            ? !clip.moving
                            : std::ranges::count(settings.clips, clip.name) > 0;
    if (!chosen) continue;
    const auto tiled =
        LoadTiledClip(clip, kModel, sides->first, sides->second,
                      settings.frames, settings.data, settings.traces, Say);
    if (!tiled.ok()) return tiled.status();
    for (const Loss loss : kLosses) {
      if (absl::Status s = BenchLoss(*tiled, loss, &table); !s.ok()) return s;
    }
    MeasureCosts(*tiled, &costs);
    ++clips;
  }
  if (clips == 0) return absl::OkStatus();
  Print(tiles, table, clips);
  std::printf("What is compared of a tile takes %.1f us, a run %.1f ms.\n\n",
              MedianOf(costs.cut_us), MedianOf(costs.run_ms));
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  CLI::App app("Runs over tiles avoided", "region_bench");
  Settings settings;
  app.add_option("--clips", settings.clips, "names; all that stand without")
      ->delimiter(',');
  app.add_option("--tiles", settings.tiles, "such as 2x2,3x3")->delimiter(',');
  app.add_option("--frames", settings.frames, "of each clip, at most");
  app.add_option("--data", settings.data, "folder of clips and models");
  app.add_option("--traces", settings.traces, "folder of the traces");
  app.add_flag("--quick", settings.quick, "two short recordings");
  CLI11_PARSE(app, argc, argv);
  if (!std::filesystem::is_directory(settings.data)) {
    std::printf("skipped: no recordings at %s\n", settings.data.c_str());
    return kSkipped;
  }
  if (settings.quick) {
    settings.clips = {"ua_b", "street"};
    settings.tiles = {"2x2"};
    settings.frames = 60;
  }
  for (const std::string& tiles : settings.tiles) {
    const absl::Status status = BenchTiles(tiles, settings);
    if (status.ok()) continue;
    Say(absl::StrCat("region_bench: ", status.message()));
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace fovea::bench::reuse

int main(int argc, char** argv) {
  return fovea::bench::reuse::Main(argc, argv);
}
