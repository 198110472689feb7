// SPDX-License-Identifier: GPL-2.0-or-later
//
// "Who crossed this line, last?": a long recording of one camera, people that
// walk about in it, some over a line. From asking to a clip that plays.
//
//   open      the store, for reading
//   ask       until the first clip is known (order by latest, limit 1)
//   play      until it is cut out as MP4
//   frame     until its first frame is decoded, instead
//   decoded   pictures out of decoders per picture of the clip; the rest is
//             the look-back of its first GOP
//
// The recording is one generated scene, coded once and put again and again,
// later each time: equal payloads are stored once, all else is as if it were
// new. Fails where a clip is not the one that was put, or where more is
// decoded than the clip and its look-back; never on time.
//
// Usage: crossing_bench [--quick] [--frames N]

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "api/query_text.h"
#include "api/scene.h"
#include "api/store.h"
#include "index/frame_index.h"
#include "index/observations.h"
#include "store/chunk_store.h"
#include "tests/support/test_data.h"

namespace fovea::bench {
namespace {

using std::chrono::steady_clock;

constexpr int64_t kSecond = 1'000'000'000;
constexpr int kWidth = 640;
constexpr int kHeight = 360;
constexpr int kSceneSeconds = 10;
constexpr size_t kGopsPerCommit = 256;
constexpr int kRuns = 21;

[[noreturn]] void Fail(const std::string& why) {
  std::fprintf(stderr, "crossing_bench: %s\n", why.c_str());
  std::exit(1);
}

void Require(const absl::Status& status) {
  if (!status.ok()) Fail(std::string(status.message()));
}

template <typename T>
T Require(absl::StatusOr<T> value) {
  Require(value.status());
  return *std::move(value);
}

double MillisecondsSince(steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(steady_clock::now() - start)
      .count();
}

std::unique_ptr<Store> OpenFor(const std::string& path, bool writing) {
  StoreOptions options;
  options.create = writing;
  options.read_only = !writing;
  options.path = path;
  return Require(Store::Open(options));
}

// A GOP of the recording as it was coded.
struct Coded {
  GopRef gop;
  FrameTable table;
  std::vector<uint8_t> payload;
};

std::vector<Coded> ReadCoded(ChunkStore* store, StreamId stream) {
  const FrameIndex index(store);
  std::vector<Coded> coded;
  for (GopRef& gop : Require(index.Gops(stream, INT64_MIN, INT64_MAX))) {
    FrameTable table = Require(index.Table(gop));
    std::vector<uint8_t> payload = Require(store->ReadChunk(gop.row.chunk));
    coded.push_back({std::move(gop), std::move(table), std::move(payload)});
  }
  return coded;
}

// Puts the recording again, `rounds` times, each behind the one before.
class Repeater {
 public:
  Repeater(ChunkStore* store, StreamId stream)
      : store_(store), stream_(stream), coded_(ReadCoded(store, stream)) {
    const Coded& last = coded_.back();
    frames_ = last.gop.first_index + last.gop.row.frames;
    length_ns_ = last.gop.row.start_ns + last.gop.row.duration_ns;
    length_pts_ = last.table.frames.back().pts + PtsStep(last.table);
  }

  uint64_t frames() const { return frames_; }
  int64_t length_ns() const { return length_ns_; }

  void Repeat(uint64_t rounds) {
    CommitBatch batch;
    size_t pending = 0;
    for (uint64_t round = 1; round < rounds; ++round) {
      for (const Coded& coded : coded_) {
        Put(coded, round, &batch);
        if (++pending < kGopsPerCommit) continue;
        Require(store_->Commit(std::exchange(batch, {})).status());
        pending = 0;
      }
    }
    PutCounts(rounds, &batch);
    Require(store_->Commit(std::move(batch)).status());
  }

 private:
  static int64_t PtsStep(const FrameTable& table) {
    return table.frames[1].pts - table.frames[0].pts;
  }

  void Put(const Coded& coded, uint64_t round, CommitBatch* batch) {
    const auto times = static_cast<int64_t>(round);
    const uint64_t first = coded.gop.first_index + round * frames_;
    GopRow row = coded.gop.row;
    row.start_ns += times * length_ns_;
    FrameTable table = coded.table;
    for (FrameEntry& frame : table.frames) {
      frame.pts += times * length_pts_;
      frame.dts += times * length_pts_;
      frame.time_ns += times * length_ns_;
    }
    const std::string key = GopKey(stream_, 0, first);
    batch->PutChunk(coded.payload, key);
    batch->PutRow(Family::kGop, key, EncodeGopRow(row));
    batch->PutRow(Family::kFtab, key, EncodeFrameTable(table));
    batch->PutRow(Family::kTime, TimeKey(stream_, row.start_ns, first),
                  EncodeTimeRow());
  }

  void PutCounts(uint64_t rounds, CommitBatch* batch) {
    const std::string key = StreamCountsKey(stream_);
    StreamCounts counts =
        Require(DecodeStreamCounts(Require(store_->Get(Family::kMeta, key))));
    const auto times = static_cast<int64_t>(rounds);
    counts.samples_in *= times;
    counts.stored *= times;
    counts.chunks *= times;
    counts.stored_bytes *= times;
    batch->PutRow(Family::kMeta, key, EncodeStreamCounts(counts));
  }

  ChunkStore* const store_;
  const StreamId stream_;
  const std::vector<Coded> coded_;
  uint64_t frames_ = 0;
  int64_t length_ns_ = 0;
  int64_t length_pts_ = 0;
};

// When somebody is on the line: of that moment the answer is.
struct Crossing {
  int64_t time_ns = 0;
};

// People walk along the picture for ten seconds, a box every third of one.
// One of `rare` walks over the line in its middle, others turn before it.
std::vector<Crossing> PutWalkers(ChunkStore* store, StreamId stream,
                                 int64_t length_ns, uint64_t frames,
                                 int64_t rare) {
  constexpr int kBoxes = 30;
  constexpr int64_t kStepNs = kSecond / 3;
  std::mt19937_64 dice(7);
  std::vector<Observation> walkers;
  std::vector<Crossing> crossings;
  const int64_t count = length_ns / (20 * kSecond);
  for (int64_t i = 0; i < count; ++i) {
    Observation walker;
    walker.stream = stream;
    walker.label = "person";
    walker.track = static_cast<uint64_t>(i);
    walker.start_ns = i * 20 * kSecond;
    const bool crosses = i % rare == rare / 2;
    const auto height = static_cast<int>(dice() % 100);
    for (int b = 0; b < kBoxes; ++b) {
      const int64_t time_ns = walker.start_ns + b * kStepNs;
      const int left = crosses ? 20 * b : 10 + 10 * (b < 15 ? b : 30 - b);
      const auto index = static_cast<uint64_t>(static_cast<double>(time_ns) /
                                               static_cast<double>(length_ns) *
                                               static_cast<double>(frames));
      walker.boxes.push_back(ToObservedBox(index, time_ns, left, 100 + height,
                                           left + 24, 180 + height, 0.9));
    }
    walker.first_index = walker.boxes.front().index;
    walker.last_index = walker.boxes.back().index;
    walker.end_ns = walker.boxes.back().time_ns;
    walker.max_score = walker.mean_score = ToObservedScore(0.9);
    // Centres are at 20 b + 12: from 312 to 332 over the line at 320.
    if (crosses) crossings.push_back({walker.boxes[15].time_ns});
    walkers.push_back(std::move(walker));
  }
  CommitBatch batch;
  Require(Observations(store).PutAll(walkers, &batch));
  Require(store->Commit(std::move(batch)).status());
  return crossings;
}

struct Times {
  std::vector<double> open, ask, play, frame;
};

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

double Most(const std::vector<double>& values) {
  return *std::ranges::max_element(values);
}

// One question of a process that has just opened the store.
void AskOnce(const std::string& path, const std::string& clip_path,
             const Crossing& last, int64_t until_ns, Times* times) {
  const auto start = steady_clock::now();
  const auto store = OpenFor(path, /*writing=*/false);
  times->open.push_back(MillisecondsSince(start));
  auto query = Require(ParseQueryText(
      "person crosses line(50%, 0%, 50%, 100%) order by latest limit 1"));
  query.to_ns = until_ns;
  const QueryAnswer answer = Require(store->QueryPage(query));
  times->ask.push_back(MillisecondsSince(start));
  if (answer.clips.size() != 1 || answer.clips[0].from_ns != last.time_ns) {
    Fail(absl::StrCat("expected the crossing at ", last.time_ns, " ns, found ",
                      answer.clips.empty() ? -1 : answer.clips[0].from_ns));
  }
  const QueryClip& clip = answer.clips[0];
  Require(store
              ->Export(clip.stream, {clip.from_ns, clip.to_ns},
                       /*original=*/false, clip_path)
              .status());
  times->play.push_back(MillisecondsSince(start));
  const auto played = steady_clock::now();
  FrameSelection shown;
  shown.range = {clip.from_ns, clip.to_ns};
  Require(store
              ->ReadFrames(clip.stream, shown,
                           [](const ReadFrame&) { return false; })
              .status());
  times->frame.push_back(times->ask.back() + MillisecondsSince(played));
}

// Pictures of a clip, and those decoded for it.
void CountDecoded(Store* store, const std::string& stream,
                  const Crossing& last) {
  int64_t shown = 0;
  int64_t look_back = 0;
  FrameSelection selection;
  selection.range = {last.time_ns, last.time_ns + kSecond / 3};
  const int64_t decoded =
      Require(store->ReadFrames(stream, selection, [&](const ReadFrame& read) {
        if (shown++ == 0) {
          const StreamId id = Require(store->Describe(stream)).id;
          const FrameIndex index(store->chunks());
          look_back = Require(index.AtIndex(id, read.index)).rank;
        }
        return true;
      }));
  std::printf("decoded   %lld pictures for %lld shown and %lld of look-back\n",
              static_cast<long long>(decoded), static_cast<long long>(shown),
              static_cast<long long>(look_back));
  // A decoder with threads may hold some back.
  if (decoded > shown + look_back + 4) Fail("more was decoded than needed");
}

void Print(const char* what, const std::vector<double>& values) {
  std::printf("%-9s median %7.1f ms, most %7.1f ms\n", what, Median(values),
              Most(values));
}

int Run(uint64_t wanted_frames) {
  testing::TempDir folder;
  SceneOptions scene;
  scene.width = kWidth;
  scene.height = kHeight;
  scene.seconds = kSceneSeconds;
  Require(WriteScene(scene, folder.File("scene"), nullptr).status());
  const std::string path = folder.File("store");
  auto store = OpenFor(path, /*writing=*/true);
  IngestOptions options;
  options.name = "gate";
  Require(
      store->Ingest(folder.File("scene/camera.mp4"), options, nullptr, nullptr)
          .status());
  const StreamId stream = Require(store->Describe("gate")).id;
  Repeater repeater(store->chunks(), stream);
  const uint64_t rounds =
      (wanted_frames + repeater.frames() - 1) / repeater.frames();
  repeater.Repeat(rounds);
  const uint64_t frames = rounds * repeater.frames();
  const int64_t length_ns = static_cast<int64_t>(rounds) * repeater.length_ns();
  const std::vector<Crossing> crossings =
      PutWalkers(store->chunks(), stream, length_ns, frames, 20);
  if (crossings.empty()) Fail("too short for anybody to cross");
  std::printf("recorded  %llu frames, %.1f h, %lld walkers, %zu cross\n",
              static_cast<unsigned long long>(frames),
              static_cast<double>(length_ns) / 3600 / kSecond,
              static_cast<long long>(length_ns / (20 * kSecond)),
              crossings.size());
  CountDecoded(store.get(), "gate", crossings.back());
  store.reset();

  Times times;
  for (int run = 0; run < kRuns; ++run) {
    // Another moment each time: the last crossing before it is wanted.
    const Crossing& last =
        crossings[crossings.size() * static_cast<size_t>(run) / kRuns];
    AskOnce(path, folder.File("clip.mp4"), last, last.time_ns + 5 * kSecond,
            &times);
  }
  Print("open", times.open);
  Print("ask", times.ask);
  Print("play", times.play);
  Print("frame", times.frame);
  return 0;
}

int Main(int argc, char** argv) {
  uint64_t frames = 1'000'000;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--quick") == 0) {
      frames = 30'000;
    } else if (std::strcmp(argv[i], "--frames") != 0 || i + 1 == argc ||
               !absl::SimpleAtoi(argv[++i], &frames) || frames == 0) {
      std::fprintf(stderr, "usage: crossing_bench [--quick] [--frames N]\n");
      return 2;
    }
  }
  return Run(frames);
}

}  // namespace
}  // namespace fovea::bench

int main(int argc, char** argv) { return fovea::bench::Main(argc, argv); }
