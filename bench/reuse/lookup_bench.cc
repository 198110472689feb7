// SPDX-License-Identifier: GPL-2.0-or-later
//
// What it costs to ask whether an answer is known: a look-up in a result
// cache, and the gate before it, on one core.
//
//   lookup_bench [--json] [--quick] [--entries N] [CLIP]
//
// Look-ups are for pictures of 40 x 23 cells among 10,000, 100,000 and
// 1,000,000 entries, each with memory of its own, and once more for the
// rivals (3 GB of the largest): half of the pictures are noisy ones of an
// entry, half of none. Entries are of as many scenes ("apart"), or of one
// camera that stands still ("alike"), whose hashes differ by few bits. Beside
// the candidates found by a loop with a heap: once with the processor's bit
// count and the cache's own distance, once as the compiler makes it and cell
// by cell. The gate is measured on the clip's frames, mirrored to 1280 x 720.
// Processor time, so that neighbours on the machine do not tell; fails where
// a look-up misses the entry it was made of.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "bench/recording.h"
#include "bench/reuse/lookup_rivals.h"
#include "codec/grid.h"
#include "filter/features.h"
#include "filter/fingerprint.h"
#include "filter/result_cache.h"

namespace fovea {
namespace {

constexpr int kSkipped = 77;  // there is no clip
constexpr uint16_t kColumns = 40, kRows = 23;
constexpr LookupLimits kLimits = {.most_distance = 8, .tight_distance = 8};

struct Settings {
  bool json = false, quick = false;
  std::vector<size_t> entries = {10'000, 100'000, 1'000'000};
  std::vector<std::string> clips;
};

double CpuUs() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 +
         static_cast<double>(now.tv_nsec) / 1e3;
}

struct Times {
  double median = 0, p99 = 0;
};

Times TimesOf(std::vector<double> us) {
  std::sort(us.begin(), us.end());
  return {us[us.size() / 2], us[us.size() * 99 / 100]};
}

// Of `count` calls, `together` at a time where reading the clock costs as
// much as they do.
Times Measure(size_t count, const std::function<void(size_t)>& call,
              size_t together = 1) {
  std::vector<double> us;
  for (size_t i = 0; i < count; i += together) {
    const double start = CpuUs();
    for (size_t k = 0; k < together; ++k) call(i + k);
    us.push_back((CpuUs() - start) / static_cast<double>(together));
  }
  return TimesOf(std::move(us));
}

// Keeps what was computed from being left out.
volatile uint64_t sink = 0;

// --- look-ups -------------------------------------------------------------

// The entries, as a cache loads them.
class Entries final : public ResultStore {
 public:
  Entries(size_t count, bool alike) : random_(count) {
    Fingerprint scene = RandomHash();
    for (size_t i = 0; i < count; ++i) {
      Result result;
      result.stream = 1;
      result.index = i;
      result.cost_ns = 20'000'000;
      result.answer = "person 0.91 in 12 34 56 78, person 0.87 in 1 2 3 4";
      result.features = RandomFeatures();
      result.fingerprint = alike ? Flipped(scene, 3) : RandomHash();
      results.push_back(std::move(result));
    }
  }

  absl::Status Load(const ModelDigest&, InputKind, uint64_t,
                    const std::function<bool(Result)>& visit) override {
    for (const Result& result : results) {
      if (!visit(result)) break;
    }
    return absl::OkStatus();
  }
  absl::Status Put(const Result&) override { return absl::OkStatus(); }
  absl::Status PutUses(const Result&) override { return absl::OkStatus(); }
  absl::Status Erase(const Result&) override { return absl::OkStatus(); }

  // Every other one of an entry, the others of none.
  std::vector<Result> Questions(size_t count) {
    std::vector<Result> questions;
    for (size_t i = 0; i < count; ++i) {
      Result question = results[random_() % results.size()];
      if (i % 2 == 0) {
        for (int8_t& cell : question.features.cells) {
          cell =
              static_cast<int8_t>(cell + static_cast<int>(random_() % 5) - 2);
        }
        question.fingerprint.coarse ^= uint64_t{1} << random_() % 64;
      } else {
        question.index = std::numeric_limits<uint64_t>::max();
        question.features = RandomFeatures();
        question.fingerprint = Flipped(question.fingerprint, 8);
      }
      questions.push_back(std::move(question));
    }
    return questions;
  }

  std::vector<Result> results;

 private:
  Fingerprint RandomHash() {
    return {random_(), {random_(), random_(), random_(), random_()}};
  }
  Fingerprint Flipped(Fingerprint hash, int bits) {
    for (int i = 0; i < bits; ++i) {
      hash.coarse ^= uint64_t{1} << random_() % 64;
    }
    for (uint64_t& word : hash.fine) word = random_();
    return hash;
  }
  Features RandomFeatures() {
    Features features{kColumns, kRows, {}};
    for (size_t i = 0; i < size_t{kColumns} * kRows; ++i) {
      features.cells.push_back(
          static_cast<int8_t>(static_cast<int>(random_() % 201) - 100));
    }
    return features;
  }

  std::mt19937_64 random_;
};

// The nearest of the candidates, as a rival finds it.
float NearestOf(const std::vector<Result>& results, const Result& question,
                const std::vector<uint32_t>& places,
                float (*distance)(const Features&, const Features&)) {
  float nearest = std::numeric_limits<float>::infinity();
  for (const uint32_t place : places) {
    nearest =
        std::min(nearest, distance(question.features, results[place].features));
  }
  return nearest;
}

struct LookupRow {
  size_t entries = 0;
  bool alike = false;
  double bytes_each = 0;
  Times ours, popcnt, plain;
  size_t missed = 0;
};

absl::StatusOr<LookupRow> BenchLookups(size_t count, bool alike, bool quick) {
  LookupRow row;
  row.entries = count;
  row.alike = alike;
  Entries entries(count, alike);
  ResultCacheOptions options;
  options.most_entries = count;
  options.most_bytes = std::numeric_limits<size_t>::max();
  ResultCache cache({}, InputKind::kFrame, options, &entries);
  if (absl::Status status = cache.Load(1); !status.ok()) return status;
  row.bytes_each =
      static_cast<double>(cache.bytes()) / static_cast<double>(cache.size());
  const bench::HeapScan rival(entries.results);
  const size_t rounds = quick ? 40 : count >= 1'000'000 ? 400 : 2000;
  const std::vector<Result> questions = entries.Questions(rounds);
  row.ours = Measure(rounds, [&](size_t i) {
    const Result& asked = questions[i];
    const Lookup found =
        cache.Find(asked.fingerprint, asked.features, 0, kLimits);
    sink = sink + found.neighbours;
    // Among the alike, thousands of hashes may be as near as its own.
    const bool known = i % 2 == 0 && !alike;
    const bool same = found.outcome == LookupOutcome::kFound &&
                      found.result->index == asked.index;
    row.missed += known && !same;
  });
  row.popcnt = Measure(rounds / 2, [&](size_t i) {
    const auto places =
        rival.Popcnt(questions[i].fingerprint, kLookupCandidates);
    sink = sink + (NearestOf(entries.results, questions[i], places,
                             FeatureDistance) > 8);
  });
  row.plain = Measure(rounds / 4, [&](size_t i) {
    const auto places =
        rival.Plain(questions[i].fingerprint, kLookupCandidates);
    sink = sink + (NearestOf(entries.results, questions[i], places,
                             bench::PlainFeatureDistance) > 8);
  });
  return row;
}

void Print(const LookupRow& row, bool json) {
  const char* text =
      json ? "{\"bench\":\"lookup\",\"entries\":%zu,\"hashes\":\"%s\","
             "\"bytes_each\":%.0f,\"median_us\":%.1f,\"p99_us\":%.1f,"
             "\"popcnt_heap_us\":%.1f,\"plain_heap_us\":%.1f,"
             "\"popcnt_ratio\":%.2f,\"plain_ratio\":%.2f,\"missed\":%zu}\n"
           : "%8zu entries %s, %.0f bytes each: median %.1f us, p99 %.1f us; "
             "loop with bit count %.1f us, plain loop %.1f us (%.2fx, %.2fx); "
             "%zu missed\n";
  std::printf(text, row.entries, row.alike ? "alike" : "apart", row.bytes_each,
              row.ours.median, row.ours.p99, row.popcnt.median,
              row.plain.median, row.popcnt.median / row.ours.median,
              row.plain.median / row.ours.median, row.missed);
  std::fflush(stdout);
}

// --- the gate -------------------------------------------------------------

constexpr int kWidth = 1280, kHeight = 720;

// The luma at `x` of pictures that go on mirrored.
int Folded(int x, int size) {
  const int at = x % (2 * size);
  return at < size ? at : 2 * size - 1 - at;
}

absl::StatusOr<Frame> At720p(const Frame& frame) {
  auto buffer = FrameBuffer::Allocate(kWidth, kHeight);
  if (!buffer.ok()) return buffer.status();
  for (int y = 0; y < kHeight; ++y) {
    const uint8_t* from =
        frame.y.data + Folded(y, frame.height) * frame.y.stride;
    uint8_t* to = buffer->plane(0) + y * buffer->stride(0);
    for (int x = 0; x < kWidth; ++x) to[x] = from[Folded(x, frame.width)];
  }
  for (int plane = 1; plane < 3; ++plane) {
    std::memset(buffer->plane(plane), 128,
                static_cast<size_t>(buffer->stride(plane)) * (kHeight / 2));
  }
  return std::move(*buffer).Release();
}

struct GateRow {
  Times meter, features, fingerprint, distance, plain_distance;
  Times gate, gate_and_meter;
};

absl::StatusOr<GateRow> BenchGate(const std::vector<Frame>& frames) {
  auto meter = GridMeter::Create(kWidth, kHeight);
  if (!meter.ok()) return meter.status();
  std::vector<Grid> grids;
  GateRow row;
  absl::Status status;
  Features reference;
  const auto look = [&](const Grid& grid) {
    const Features features = FeaturesOf(grid);
    const Fingerprint fingerprint = FingerprintOf(grid);
    const float distance = FeatureDistance(features, reference);
    if (reference.cells.empty()) reference = features;
    sink = sink + fingerprint.coarse + (distance > 8);
  };
  row.meter = Measure(frames.size(), [&](size_t i) {
    const auto grid = (*meter)->Measure(frames[i]);
    status.Update(grid.status());
    if (grid.ok()) grids.push_back(**grid);
  });
  if (!status.ok()) return status;
  (*meter)->Reset();
  row.gate_and_meter = Measure(frames.size(), [&](size_t i) {
    const auto grid = (*meter)->Measure(frames[i]);
    if (grid.ok()) look(**grid);
  });
  constexpr size_t kRounds = 8000, kTogether = 16;
  const auto grid_at = [&](size_t i) -> const Grid& {
    return grids[i % grids.size()];
  };
  const auto measure = [&](const std::function<void(size_t)>& call) {
    return Measure(kRounds, call, kTogether);
  };
  row.gate = measure([&](size_t i) { look(grid_at(i)); });
  row.features = measure(
      [&](size_t i) { sink = sink + FeaturesOf(grid_at(i)).cells.size(); });
  row.fingerprint = measure(
      [&](size_t i) { sink = sink + FingerprintOf(grid_at(i)).coarse; });
  std::vector<Features> all;
  for (const Grid& grid : grids) all.push_back(FeaturesOf(grid));
  const auto at = [&](size_t i) -> const Features& {
    return all[i % all.size()];
  };
  row.distance = measure(
      [&](size_t i) { sink = sink + (FeatureDistance(at(i), reference) > 8); });
  row.plain_distance = measure([&](size_t i) {
    sink = sink + (bench::PlainFeatureDistance(at(i), reference) > 8);
  });
  for (const Features& features : all) {
    if (FeatureDistance(features, reference) !=
        bench::PlainFeatureDistance(features, reference)) {
      return absl::InternalError("distances differ from plain ones");
    }
  }
  return row;
}

void Print(const GateRow& row, bool json) {
  const char* text =
      json ? "{\"bench\":\"gate\",\"features_us\":%.2f,\"fingerprint_us\":%.2f,"
             "\"distance_us\":%.2f,\"plain_distance_us\":%.2f,"
             "\"distance_ratio\":%.1f,\"gate_us\":%.2f,\"gate_p99_us\":%.2f,"
             "\"grid_us\":%.1f,\"gate_and_grid_us\":%.1f,"
             "\"gate_and_grid_p99_us\":%.1f}\n"
           : "gate at 720p: features %.2f us, fingerprint %.2f us, distance "
             "%.2f us (plain loop %.2f us, %.1fx); all with the grid there "
             "%.2f us, p99 %.2f us; grid %.1f us; all with the grid %.1f us, "
             "p99 %.1f us\n";
  std::printf(text, row.features.median, row.fingerprint.median,
              row.distance.median, row.plain_distance.median,
              row.plain_distance.median / row.distance.median, row.gate.median,
              row.gate.p99, row.meter.median, row.gate_and_meter.median,
              row.gate_and_meter.p99);
}

absl::Status BenchGateOn(const std::string& clip, const Settings& settings) {
  auto recording = bench::LoadRecording(clip, settings.quick ? 10 : 120);
  if (!recording.ok()) return recording.status();
  std::vector<Frame> frames;
  for (const Frame& frame : recording->frames) {
    auto resized = At720p(frame);
    if (!resized.ok()) return resized.status();
    frames.push_back(*std::move(resized));
  }
  const auto row = BenchGate(frames);
  if (!row.ok()) return row.status();
  Print(*row, settings.json);
  return absl::OkStatus();
}

// --- the program ----------------------------------------------------------

bool ParseArguments(int argc, char** argv, Settings* settings) {
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--json") {
      settings->json = true;
    } else if (argument == "--quick") {
      settings->quick = true;
      settings->entries = {10'000};
    } else if (argument == "--entries") {
      size_t entries = 0;
      if (++i == argc || !absl::SimpleAtoi(argv[i], &entries) || entries == 0) {
        return false;
      }
      settings->entries = {entries};
    } else if (argument.starts_with("-") || !settings->clips.empty()) {
      return false;
    } else {
      settings->clips.push_back(argument);
    }
  }
  return true;
}

absl::Status Run(const Settings& settings) {
  size_t missed = 0;
  for (const size_t entries : settings.entries) {
    for (const bool alike : {false, true}) {
      const auto row = BenchLookups(entries, alike, settings.quick);
      if (!row.ok()) return row.status();
      Print(*row, settings.json);
      missed += row->missed;
    }
  }
  for (const std::string& clip : settings.clips) {
    if (absl::Status status = BenchGateOn(clip, settings); !status.ok()) {
      return status;
    }
  }
  if (missed == 0) return absl::OkStatus();
  return absl::InternalError(
      absl::StrCat(missed, " look-ups missed the entry they were made of"));
}

int Main(int argc, char** argv) {
  Settings settings;
  if (!ParseArguments(argc, argv, &settings)) {
    std::fprintf(stderr,
                 "usage: lookup_bench [--json] [--quick] [--entries N] "
                 "[CLIP]\n");
    return 2;
  }
  settings.clips =
      bench::ChooseRecordings(settings.clips, {"video/opencv_vtest.avi"});
  const absl::Status status = Run(settings);
  if (status.ok()) return 0;
  std::fprintf(stderr, "lookup_bench: %s\n", status.ToString().c_str());
  return absl::IsNotFound(status) ? kSkipped : 1;
}

}  // namespace
}  // namespace fovea

int main(int argc, char** argv) { return fovea::Main(argc, argv); }
