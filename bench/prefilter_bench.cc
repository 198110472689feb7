// SPDX-License-Identifier: GPL-2.0-or-later
//
// What MovingSpans() lets a dearer question skip, and what it loses:
//
//   recall    share of the frames with an object that lie in a span
//   excluded  share of the frames without one that lie in none
//   decoded   chunks read to tell so, as the store counts them
//
// over the least strength, and at the default one over the margin
// ("0.10+0ms"), for footage encoded at ingest, copied, and ingested without
// motion, where it is guessed from packet sizes. Truth:
//
//   car     a detector (YOLOX-nano) sees a car, or the "cell phone" it takes
//           a car from above for, in the source's own picture. What it
//           misses counts as no object, and it misses half.
//   sight   the same clip: 1 % of the picture differs by 40 grey levels from
//           the empty scene (medians over the clip, at the frame's exposure);
//           the same by eye on every sixth frame.
//   bottle  a hand: at least 0.2 % of the picture is redder than the still
//           scene ever is. Motion is looked for in luma alone, so the two
//           share nothing. A bottle in the air without a hand is no object.
//   scene   a generated scene's own: at least a quarter of an object is in
//           sight. Frames that show less of one count as neither.
//
// Fails where a chunk was read, and where a scene's goal is missed.
//
// Usage: prefilter_bench [--quick]     (--quick: a small scene alone)

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/scene.h"
#include "api/store.h"
#include "bench/accuracy/bgr_image.h"
#include "bench/accuracy/judge.h"
#include "bench/recording.h"
#include "index/frame_index.h"
#include "index/motion_spans.h"
#include "tests/support/test_data.h"

namespace fovea::bench {
namespace {

using testing::TempDir;
using testing::TestData;

constexpr double kLeastStrengths[] = {0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7};
constexpr int64_t kMarginsMs[] = {0, 100, 400};  // beside the default, 200
constexpr double kGoalRecall = 0.98;
constexpr double kGoalExcluded = 0.90;
constexpr size_t kAllFrames = 1U << 20;

bool failed = false;

void Require(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "prefilter_bench: %s\n", status.ToString().c_str());
  std::exit(1);
}

template <typename T>
T Require(absl::StatusOr<T> value) {
  Require(value.status());
  return *std::move(value);
}

// --- truth --------------------------------------------------------------

enum class Shows : uint8_t { kNothing, kObject, kNeither };

struct Footage {
  std::string name;
  std::string path;
  std::vector<Shows> truth;  // by frame
};

std::vector<Shows> CarsSeen(const std::string& path) {
  const Recording clip = Require(LoadRecording(path, kAllFrames));
  const auto judge = Require(OpenJudge("yolox", TestData("models")));
  constexpr int kCar = 2, kCellPhone = 67;  // of COCO's 80
  std::vector<Shows> truth;
  for (const Frame& frame : clip.frames) {
    const Answer answer = Require(judge->Look(ToBgr(frame, clip.camera.color)));
    const bool seen =
        std::any_of(answer.detections.begin(), answer.detections.end(),
                    [&](const Detection& d) {
                      return d.score >= judge->info().threshold &&
                             (d.label == kCar || d.label == kCellPhone);
                    });
    truth.push_back(seen ? Shows::kObject : Shows::kNothing);
  }
  return truth;
}

// Luma of every fourth pixel of every fourth row.
std::vector<uint8_t> Sparse(const Frame& frame) {
  constexpr int kStep = 4;
  std::vector<uint8_t> pixels;
  for (int y = 0; y < frame.height; y += kStep) {
    const uint8_t* row = frame.y.data + ptrdiff_t{y} * frame.y.stride;
    for (int x = 0; x < frame.width; x += kStep) pixels.push_back(row[x]);
  }
  return pixels;
}

double Middle(std::vector<double> values) {
  const auto middle =
      values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// Medians of each pixel over the clip.
std::vector<double> EmptyScene(
    const std::vector<std::vector<uint8_t>>& frames) {
  constexpr size_t kEvery = 8;
  std::vector<double> empty;
  for (size_t i = 0; i < frames[0].size(); ++i) {
    std::vector<double> values;
    for (size_t f = 0; f < frames.size(); f += kEvery) {
      values.push_back(frames[f][i]);
    }
    empty.push_back(Middle(std::move(values)));
  }
  return empty;
}

std::vector<Shows> AnythingInSight(const std::string& path) {
  constexpr double kLevels = 40, kLeastShare = 0.01;
  std::vector<std::vector<uint8_t>> frames;
  for (const Frame& frame : Require(LoadRecording(path, kAllFrames)).frames) {
    frames.push_back(Sparse(frame));
  }
  const std::vector<double> empty = EmptyScene(frames);
  std::vector<Shows> truth;
  for (const std::vector<uint8_t>& frame : frames) {
    std::vector<double> gains;
    for (size_t i = 0; i < frame.size(); ++i) {
      gains.push_back(frame[i] / std::max(empty[i], 1.0));
    }
    const double gain = Middle(std::move(gains));
    double differ = 0;
    for (size_t i = 0; i < frame.size(); ++i) {
      differ += std::abs(frame[i] - gain * empty[i]) > kLevels ? 1 : 0;
    }
    truth.push_back(differ >= kLeastShare * static_cast<double>(frame.size())
                        ? Shows::kObject
                        : Shows::kNothing);
  }
  return truth;
}

// Share of the picture that is at least this red.
double RedShare(const Frame& frame) {
  constexpr int kRed = 128 + 14;  // of Cr; the scene without a hand: 139
  int red = 0;
  for (int y = 0; y < frame.chroma_height(); ++y) {
    const uint8_t* row = frame.v.data + ptrdiff_t{y} * frame.v.stride;
    for (int x = 0; x < frame.chroma_width(); ++x) red += row[x] >= kRed;
  }
  return static_cast<double>(red) /
         (static_cast<double>(frame.chroma_width()) * frame.chroma_height());
}

std::vector<Shows> HandsSeen(const std::string& path) {
  constexpr double kHand = 0.002;
  std::vector<Shows> truth;
  for (const Frame& frame : Require(LoadRecording(path, kAllFrames)).frames) {
    truth.push_back(RedShare(frame) >= kHand ? Shows::kObject
                                             : Shows::kNothing);
  }
  return truth;
}

Shows ShownBy(const SceneTruth& truth) {
  constexpr double kVisible = 0.25;
  Shows shows = Shows::kNothing;
  for (const SceneBox& box : truth.boxes[0]) {
    if (box.visible >= kVisible) return Shows::kObject;
    shows = Shows::kNeither;
  }
  return shows;
}

Footage MakeScene(bool quick, const std::string& folder) {
  SceneOptions options;
  options.seed = quick ? 1 : 3;
  options.width = quick ? 320 : 640;
  options.height = quick ? 180 : 360;
  options.fps = quick ? 15 : 30;
  options.seconds = quick ? 40 : 120;
  options.objects = 3;
  options.still_camera = true;
  options.roam = 8;
  Require(WriteScene(options, folder, nullptr).status());
  const auto scene = Require(Scene::Create(options));
  Footage footage = {"scene", folder + "/camera.mp4", {}};
  for (int64_t i = 0; i < scene->frames(); ++i) {
    footage.truth.push_back(ShownBy(scene->Truth(i)));
  }
  return footage;
}

// --- gate ---------------------------------------------------------------

// Counts chunks that are read through it.
class WatchedReader : public StoreReader {
 public:
  explicit WatchedReader(StoreReader* reader) : reader_(reader) {}
  int chunks() const { return chunks_; }

  absl::StatusOr<std::vector<uint8_t>> ReadChunk(const ChunkId& id) override {
    ++chunks_;
    return reader_->ReadChunk(id);
  }
  absl::StatusOr<std::vector<uint8_t>> ReadChunkRange(
      const ChunkId& id, uint64_t offset, uint64_t length) override {
    ++chunks_;
    return reader_->ReadChunkRange(id, offset, length);
  }
  absl::StatusOr<std::string> Get(Family family,
                                  std::string_view key) override {
    return reader_->Get(family, key);
  }
  absl::Status Scan(Family family, std::string_view begin, std::string_view end,
                    const Visitor& visit) override {
    return reader_->Scan(family, begin, end, visit);
  }
  absl::StatusOr<KeyValue> SeekBackward(Family family, std::string_view key,
                                        std::string_view prefix) override {
    return reader_->SeekBackward(family, key, prefix);
  }
  uint64_t last_sequence() const override { return reader_->last_sequence(); }

 private:
  StoreReader* const reader_;
  int chunks_ = 0;
};

struct Ingested {
  TempDir dir;
  std::unique_ptr<Store> store;
  StreamId stream = 0;
  std::vector<int64_t> times;  // of frames, by index
};

std::unique_ptr<Ingested> Ingest(const Footage& footage, bool copy,
                                 bool motion) {
  auto ingested = std::make_unique<Ingested>();
  StoreOptions opening;
  opening.path = ingested->dir.File("store");
  opening.create = true;
  ingested->store = Require(Store::Open(opening));
  IngestOptions options;
  options.name = "clip";
  options.motion = motion;
  options.source.copy = copy;
  IngestObserver quiet;
  Require(
      ingested->store->Ingest(footage.path, options, &quiet, nullptr).status());
  ingested->stream = Require(ingested->store->Describe("clip")).id;
  const FrameIndex index(ingested->store->chunks());
  for (const GopRef& gop :
       Require(index.Gops(ingested->stream, INT64_MIN, INT64_MAX))) {
    const FrameTable table = Require(index.Table(gop));
    for (const uint32_t i : PresentationOrder(table)) {
      ingested->times.push_back(table.frames[i].time_ns);
    }
  }
  return ingested;
}

struct Outcome {
  int objects = 0, found = 0;
  int empty = 0, excluded = 0;
  double recall() const {
    return objects == 0 ? 1 : static_cast<double>(found) / objects;
  }
  double share_excluded() const {
    return empty == 0 ? 1 : static_cast<double>(excluded) / empty;
  }
};

Outcome Compare(const Footage& footage, const std::vector<int64_t>& times,
                const Timeline& moving) {
  Outcome outcome;
  for (size_t i = 0; i < std::min(times.size(), footage.truth.size()); ++i) {
    const bool moves = moving.Contains(times[i]);
    if (footage.truth[i] == Shows::kObject) {
      ++outcome.objects;
      outcome.found += moves;
    } else if (footage.truth[i] == Shows::kNothing) {
      ++outcome.empty;
      outcome.excluded += !moves;
    }
  }
  return outcome;
}

Outcome Ask(const Footage& footage, Ingested* ingested,
            const MovingSpanOptions& options, int* chunks) {
  WatchedReader reader(ingested->store->chunks());
  const auto spans =
      Require(MovingSpans(&reader, ingested->stream, TimeSpan::All(), options));
  *chunks += reader.chunks();
  return Compare(footage, ingested->times, spans);
}

void PrintLine(const std::string& clip, const char* how, const char* strength,
               const Outcome& o, int chunks, const char* note) {
  std::printf("%-7s %-13s %10s %6d %7d %7.2f%% %8.2f%% %8d  %s\n", clip.c_str(),
              how, strength, o.objects, o.empty, 100 * o.recall(),
              100 * o.share_excluded(), chunks, note);
}

void CheckGoal(const Footage& footage, const Outcome& outcome, int chunks) {
  failed |= chunks != 0;
  if (footage.name != "scene") return;
  failed |= outcome.recall() < kGoalRecall ||
            outcome.share_excluded() < kGoalExcluded;
}

const char* GoalNote(const Outcome& o) {
  return o.recall() >= kGoalRecall && o.share_excluded() >= kGoalExcluded
             ? "default: goal met"
             : "default: goal MISSED";
}

void Measure(const Footage& footage, bool copy) {
  const auto ingested = Ingest(footage, copy, /*motion=*/true);
  if (ingested->times.size() != footage.truth.size()) {
    std::printf("%s: %zu frames stored, truth of %zu\n", footage.name.c_str(),
                ingested->times.size(), footage.truth.size());
    failed = true;
  }
  const MovingSpanOptions shipped;
  for (const double strength : kLeastStrengths) {
    MovingSpanOptions options;
    options.least_strength = strength;
    int chunks = 0;
    const Outcome outcome = Ask(footage, ingested.get(), options, &chunks);
    char text[16];
    std::snprintf(text, sizeof(text), "%.2f", strength);
    const bool is_default = strength == shipped.least_strength;
    if (is_default) CheckGoal(footage, outcome, chunks);
    PrintLine(footage.name, copy ? "copied" : "encoded", text, outcome, chunks,
              is_default ? GoalNote(outcome) : "");
  }
  for (const int64_t margin_ms : kMarginsMs) {
    MovingSpanOptions options;
    options.margin_ns = margin_ms * 1'000'000;
    int chunks = 0;
    const Outcome outcome = Ask(footage, ingested.get(), options, &chunks);
    failed |= chunks != 0;
    char text[24];
    std::snprintf(text, sizeof(text), "%.2f+%dms", options.least_strength,
                  static_cast<int>(margin_ms));
    PrintLine(footage.name, copy ? "copied" : "encoded", text, outcome, chunks,
              "");
  }
}

void MeasureGuess(const Footage& footage, bool copy) {
  const auto ingested = Ingest(footage, copy, /*motion=*/false);
  int chunks = 0;
  MovingSpanOptions options;
  options.guess = true;
  const Outcome outcome = Ask(footage, ingested.get(), options, &chunks);
  failed |= chunks != 0;
  PrintLine(footage.name, copy ? "copied, sizes" : "encoded, sizes", "-",
            outcome, chunks, "");
}

void MeasureAll(const Footage& footage) {
  for (const bool copy : {false, true}) {
    Measure(footage, copy);
    MeasureGuess(footage, copy);
  }
  std::fflush(stdout);
}

int Main(int argc, char** argv) {
  const bool quick = argc == 2 && std::strcmp(argv[1], "--quick") == 0;
  if (argc != 1 && !quick) {
    std::fprintf(stderr, "usage: %s [--quick]\n", argv[0]);
    return 2;
  }
  std::printf("%-7s %-13s %10s %6s %7s %8s %9s %8s\n", "clip", "ingest",
              "strength", "object", "empty", "recall", "excluded", "decoded");
  TempDir scene;
  MeasureAll(MakeScene(quick, scene.path()));
  if (quick) return failed ? 1 : 0;
  const std::string car = TestData("video/intel_car-detection.mp4");
  const std::string bottle = TestData("video/intel_bottle-detection.mp4");
  if (car.empty() || bottle.empty()) {
    std::fprintf(stderr,
                 "prefilter_bench: real recordings are absent; set "
                 "FOVEA_TEST_DATA to their folder\n");
    return failed ? 1 : 77;
  }
  MeasureAll({"car", car, CarsSeen(car)});
  MeasureAll({"sight", car, AnythingInSight(car)});
  MeasureAll({"bottle", bottle, HandsSeen(bottle)});
  return failed ? 1 : 0;
}

}  // namespace
}  // namespace fovea::bench

int main(int argc, char** argv) { return fovea::bench::Main(argc, argv); }
