// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether a store answers as a brute-force pass of the same model does. Real
// clips are ingested, a detector looks at every frame, or every fifth, of
// what is stored. Beside it the same detector is asked about each frame with
// no store in between, and then
//
//   boxes    those stored are those detected, frame by frame, whatever the
//            tracker made of them (bench/plain_looks.h)
//   answers  of random queries, clip by clip to the nanosecond, are those
//            found by asking at every instant whether every word of the query
//            holds (tests/index/brute_force.h): as text, through
//            Store::Query(), and page by page
//
// Prints a line per clip and case, and every query whose answers differ.
// Fails where anything differs, or where no query found anything; 77 where
// recordings or the network runtime are absent.
//
// Usage: query_truth_bench [--quick] [--queries N] [--seed N]

#include <algorithm>
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

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "api/model_folder.h"
#include "api/query_text.h"
#include "api/run_model.h"
#include "api/store.h"
#include "bench/plain_looks.h"
#include "bench/query_maker.h"
#include "index/observation_reader.h"
#include "tests/index/brute_force.h"
#include "tests/index/footage.h"
#include "tests/index/footage_changes.h"
#include "tests/support/test_data.h"

namespace fovea::bench {
namespace {

using testing::BruteForce;
using testing::Footage;
using testing::FootageStream;
using testing::TempDir;
using testing::TestData;

constexpr int kAbsent = 77;

[[noreturn]] void Exit(int code, const std::string& why) {
  std::fprintf(stderr, "query_truth_bench: %s\n", why.c_str());
  std::exit(code);
}

void Require(const absl::Status& status) {
  if (!status.ok()) Exit(1, status.ToString());
}

template <typename T>
T Require(absl::StatusOr<T> value) {
  Require(value.status());
  return *std::move(value);
}

struct ClipCase {
  const char* file;
  const char* model;  // of bench/accuracy/cards
  bool copy;          // stored as it is, else encoded
};

constexpr ClipCase kClips[] = {
    {"towncentre_street_41f", "yolox", false},
    {"uadetrac_intersection_a", "yolox", true},
    {"uadetrac_intersection_b", "fastestdet", true},
    {"dashcam_solidWhiteRight", "fastestdet", false},
};
constexpr ClipCase kQuickClip = {"towncentre_street_41f", "fastestdet", true};

struct Settings {
  bool quick = false;
  int queries = 1000;  // per clip and case
  uint64_t seed = 1;
};

std::unique_ptr<Model> OpenDetector(const std::string& name) {
  const std::string network = TestData(
      name == "yolox" ? "models/yolox_nano.onnx" : "models/FastestDet.onnx");
  if (network.empty()) Exit(kAbsent, "weights are absent: set FOVEA_TEST_DATA");
  TempDir folder;
  const absl::Status added =
      AddModel({absl::StrCat(FOVEA_CARDS "/", name, ".yaml"), network,
                TestData("models/coco.names"), ""},
               folder.path())
          .status();
  if (absl::IsUnavailable(added)) Exit(kAbsent, std::string(added.message()));
  Require(added);
  return Require(OpenModel(name, folder.path(), NetworkOptions()));
}

// --- clips of answers ---------------------------------------------------

struct AnswerClip {
  std::string stream;
  int64_t from_ns = 0, to_ns = 0;
  double score = 0;
  uint64_t first_frame = 0, last_frame = 0;
  friend bool operator==(const AnswerClip&, const AnswerClip&) = default;
};

using Answers = std::vector<AnswerClip>;

AnswerClip Plain(const QueryClip& clip) {
  const QueryClip::Frames frames = clip.frames.value_or(QueryClip::Frames());
  return {clip.stream, clip.from_ns, clip.to_ns,
          clip.score,  frames.first, frames.last};
}

// The last frame whose time has come by then.
uint64_t FrameAt(const std::vector<PlainLook>& looks, int64_t time_ns) {
  uint64_t index = 0;
  for (const PlainLook& look : looks) {
    if (look.time_ns <= time_ns) index = look.index;
  }
  return index;
}

Answers AskBruteForce(const Query& query, const Footage& footage,
                      const std::vector<PlainLook>& frames) {
  Answers answers;
  const BruteForce brute(footage, ChangesOf(footage, query));
  for (const Clip& clip : brute.Clips(query)) {
    if (query.limit.has_value() && answers.size() == *query.limit) break;
    const auto stream =
        std::ranges::find(footage.streams, clip.stream,
                          [](const FootageStream& s) { return s.stream.id; });
    answers.push_back({stream->stream.name, clip.span.begin_ns,
                       clip.span.end_ns, clip.score / 65535.0,
                       FrameAt(frames, clip.span.begin_ns),
                       FrameAt(frames, clip.span.end_ns - 1)});
  }
  return answers;
}

Answers AskStore(const Query& query, Store* store) {
  Answers answers;
  QueryResults results = Require(store->Query(query));
  for (const QueryResult& result : results) {
    answers.push_back(Plain(result.clip()));
  }
  Require(results.status());
  return answers;
}

Answers AskPages(const Query& query, uint64_t page_size, Store* store) {
  Answers answers;
  QueryOptions options;
  options.page_size = page_size;
  do {
    const QueryAnswer page = Require(store->QueryPage(query, options));
    for (const QueryClip& clip : page.clips) answers.push_back(Plain(clip));
    options.cursor = page.next;
  } while (!options.cursor.empty());
  return answers;
}

void Print(const char* who, const Answers& answers) {
  std::printf("  %s: %zu clips\n", who, answers.size());
  for (const AnswerClip& clip : answers) {
    std::printf("    %s [%lld, %lld) ns, score %.6f, frames %llu to %llu\n",
                clip.stream.c_str(), static_cast<long long>(clip.from_ns),
                static_cast<long long>(clip.to_ns), clip.score,
                static_cast<unsigned long long>(clip.first_frame),
                static_cast<unsigned long long>(clip.last_frame));
  }
}

// --- one clip -----------------------------------------------------------

// A way to look at a clip, and the stream it is stored as for that.
struct Case {
  std::string stream;
  int every = 1;
};

class ClipTruth {
 public:
  ClipTruth(const ClipCase& clip, const Settings& settings)
      : clip_(clip),
        settings_(settings),
        path_(TestData(absl::StrCat("video/", clip.file, ".mp4"))),
        model_(OpenDetector(clip.model)) {
    if (path_.empty()) {
      Exit(kAbsent, absl::StrCat(clip.file, " is absent: set FOVEA_TEST_DATA"));
    }
    StoreOptions options;
    options.path = folder_.File("store");
    options.create = true;
    store_ = Require(Store::Open(options));
  }

  // Whether nothing differs.
  bool Check() {
    const std::vector<Case> cases = {{"each", 1}, {"fifth", 5}};
    for (const Case& c : cases) Ingest(c);
    // The truth comes from a model of its own, in which nothing is left of
    // what the stored answers were made with.
    const auto plain = OpenDetector(clip_.model);
    frames_ =
        Require(clip_.copy ? LookAtFile(path_, plain.get())
                           : LookAtStream(store_.get(), "each", plain.get()));
    for (const Case& c : cases) footage_.streams.push_back(Truth(c));
    bool equal = true;
    for (size_t i = 0; i < cases.size(); ++i) {
      equal = CheckCase(cases[i], footage_.streams[i]) && equal;
    }
    return equal;
  }

 private:
  void Ingest(const Case& c) {
    IngestOptions options;
    options.name = c.stream;
    options.source.copy = clip_.copy;
    options.motion = false;  // what moves is not what the model says
    IngestObserver quiet;
    Require(store_->Ingest(path_, options, &quiet, nullptr).status());
    RunOptions run;
    run.models = {model_.get()};
    run.every = c.every;
    run.again = true;  // asked, not copied from the same clip looked at closer
    const RunReport report =
        Require(RunModels(store_.get(), c.stream, run, nullptr, nullptr));
    Require(report.models[0].error);
  }

  // The stream, as plain looks at the frames tell of it.
  FootageStream Truth(const Case& c) {
    const StreamSummary summary = Require(store_->Describe(c.stream));
    const CameraInfo& camera = summary.description.camera;
    FootageStream truth;
    truth.stream = {summary.id, c.stream, true, camera.width, camera.height};
    truth.held = {{frames_.front().time_ns, summary.end_ns}};
    truth.observations = LinkedLooks(EveryOf(frames_, c.every), summary.id);
    if (truth.observations.empty()) {
      Exit(1, absl::StrCat(clip_.file, ": the model sees nothing"));
    }
    return truth;
  }

  bool CheckCase(const Case& c, const FootageStream& truth) {
    const auto looks = EveryOf(frames_, c.every);
    const auto stored = Require(
        ListObservations(store_->chunks(), {truth.stream.id}, 1U << 20));
    const BoxComparison boxes =
        CompareBoxes(looks, *model_, stored.observations);
    const size_t wrong_boxes = boxes.missing.size() + boxes.invented.size();
    PrintBoxes("not stored", boxes.missing);
    PrintBoxes("never detected", boxes.invented);
    const Tally tally = AskAll(truth);
    std::printf(
        "%-24s %-10s %-7s %-7s %6zu %6zu %7lld %6zu %7d %9d %6lld %6zu\n",
        clip_.file, clip_.model, clip_.copy ? "copied" : "encoded",
        c.stream.c_str(), frames_.size(), looks.size(),
        static_cast<long long>(boxes.compared), truth.observations.size(),
        settings_.queries, tally.found, static_cast<long long>(tally.clips),
        wrong_boxes + tally.wrong);
    std::fflush(stdout);
    return wrong_boxes == 0 && tally.wrong == 0 && tally.found > 0;
  }

  static void PrintBoxes(const char* what, const std::vector<PlainBox>& boxes) {
    for (const PlainBox& b : boxes) {
      std::printf(
          "  %s: frame %llu %s %lld,%lld,%lld,%lld eighths, score %lld/255\n",
          what, static_cast<unsigned long long>(b.index), b.label.c_str(),
          static_cast<long long>(b.left), static_cast<long long>(b.top),
          static_cast<long long>(b.right), static_cast<long long>(b.bottom),
          static_cast<long long>(b.score));
    }
  }

  struct Tally {
    int found = 0;  // answers that are not empty
    int64_t clips = 0;
    size_t wrong = 0;
  };

  Tally AskAll(const FootageStream& truth) {
    std::vector<std::string> others;
    for (const FootageStream& s : footage_.streams) {
      if (&s != &truth) others.push_back(s.stream.name);
    }
    QueryMaker maker(truth, others, settings_.seed);
    std::mt19937_64 engine(settings_.seed);
    Tally tally;
    for (int i = 0; i < settings_.queries; ++i) {
      const Query query = maker.Any();
      const Answers expected = AskBruteForce(query, footage_, frames_);
      tally.found += !expected.empty();
      tally.clips += static_cast<int64_t>(expected.size());
      tally.wrong += !IsAnswered(query, 1 + engine() % 20, expected);
    }
    return tally;
  }

  // Whether the store answers so, however it is asked.
  bool IsAnswered(const Query& query, uint64_t page_size,
                  const Answers& expected) {
    const std::string text = PrintQueryText(query);
    const Query read = Require(ParseQueryText(text));
    const Answers walked = AskStore(read, store_.get());
    const Answers paged = AskPages(read, page_size, store_.get());
    if (read == query && walked == expected && paged == expected) return true;
    std::printf("differs: %s\n", text.c_str());
    if (read != query) std::printf("  its text reads as another query\n");
    Print("brute force", expected);
    Print("Store::Query", walked);
    Print("pages", paged);
    return false;
  }

  const ClipCase clip_;
  const Settings settings_;
  const std::string path_;
  const std::unique_ptr<Model> model_;
  const TempDir folder_;
  std::unique_ptr<Store> store_;
  std::vector<PlainLook> frames_;
  Footage footage_;
};

int Run(const Settings& settings) {
  std::printf("%-24s %-10s %-7s %-7s %6s %6s %7s %6s %7s %9s %6s %6s\n", "clip",
              "model", "stored", "looks", "frames", "looked", "boxes", "tracks",
              "queries", "not empty", "clips", "differ");
  bool equal = true;
  if (settings.quick) return ClipTruth(kQuickClip, settings).Check() ? 0 : 1;
  for (const ClipCase& clip : kClips) {
    equal = ClipTruth(clip, settings).Check() && equal;
  }
  return equal ? 0 : 1;
}

std::optional<Settings> ParseArguments(int argc, char** argv) {
  Settings settings;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    if (option == "--quick") {
      settings.quick = true;
      settings.queries = 600;
    } else if (i + 1 == argc) {
      return std::nullopt;
    } else if (option == "--queries") {
      if (!absl::SimpleAtoi(argv[++i], &settings.queries)) return std::nullopt;
    } else if (option != "--seed" ||
               !absl::SimpleAtoi(argv[++i], &settings.seed)) {
      return std::nullopt;
    }
  }
  return settings;
}

int Main(int argc, char** argv) {
  const auto settings = ParseArguments(argc, argv);
  if (settings.has_value()) return Run(*settings);
  std::fprintf(stderr,
               "usage: query_truth_bench [--quick] [--queries N] [--seed N]\n");
  return 2;
}

}  // namespace
}  // namespace fovea::bench

int main(int argc, char** argv) { return fovea::bench::Main(argc, argv); }
