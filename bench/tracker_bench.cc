// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the tracker links, beside linking each box to the track whose last
// box it overlaps most (greedily, no prediction, no looks).
//
//   tracker_bench [--quick] [CLIP...]
//
// First generated scenes, whose boxes are known: jittered, some left out,
// weak where a thing is hidden, and false ones among them. Then what a
// detector sees in real clips, of which only the tracks' number and length
// can be told. One JSON object per line; CPU microseconds per look are those
// of linking, and apart from it of describing the boxes.

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <map>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "api/observation_book.h"
#include "api/scene.h"
#include "api/tracker.h"
#include "api/whole_file.h"
#include "bench/recording.h"
#include "bench/track_score.h"
#include "sensitivity/model.h"

namespace fovea {
namespace {

constexpr float kSure = 0.5F;
constexpr int kFirstScene = 101;  // the tracker was tuned on 1 to 4

double CpuUs() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 +
         static_cast<double>(now.tv_nsec) / 1e3;
}

// A look at a recording: boxes, and of which thing each is (-1: none).
struct Seen {
  int64_t time_ns = 0;
  std::vector<Sighting> sightings;
  std::vector<int> things;
  std::vector<int> there;
};

// --- the rival ----------------------------------------------------------

class GreedyOverlap {
 public:
  explicit GreedyOverlap(float begin_score) : begin_score_(begin_score) {}

  std::vector<int64_t> Link(std::span<const Sighting> seen) {
    std::vector<Pair> pairs;
    for (size_t t = 0; t < tracks_.size(); ++t) {
      for (size_t d = 0; d < seen.size(); ++d) {
        const Detection& box = seen[d].box;
        if (box.score < begin_score_ || tracks_[t].last.label != box.label) {
          continue;
        }
        const float overlap = Overlap(tracks_[t].last, box);
        if (overlap >= kLeastOverlap) pairs.push_back({overlap, t, d});
      }
    }
    std::ranges::stable_sort(pairs, std::greater(), &Pair::overlap);
    std::vector<int64_t> linked(seen.size(), kNoTrack);
    for (Track& track : tracks_) ++track.missed;
    for (const Pair& pair : pairs) {
      Track& track = tracks_[pair.track];
      if (track.missed == 0 || linked[pair.box] != kNoTrack) continue;
      track.missed = 0;
      track.last = seen[pair.box].box;
      linked[pair.box] = track.id;
    }
    std::erase_if(
        tracks_, [](const Track& track) { return track.missed > kMostMissed; });
    for (size_t d = 0; d < seen.size(); ++d) {
      if (linked[d] != kNoTrack || seen[d].box.score < begin_score_) continue;
      linked[d] = next_++;
      tracks_.push_back({linked[d], seen[d].box});
    }
    return linked;
  }

 private:
  static constexpr float kLeastOverlap = 0.2F;
  static constexpr int kMostMissed = 2;
  struct Track {
    int64_t id;
    Detection last;
    int missed = 0;
  };
  struct Pair {
    float overlap;
    size_t track, box;
  };

  const float begin_score_;
  std::vector<Track> tracks_;
  int64_t next_ = 0;
};

// --- what is printed ----------------------------------------------------

// Tracks of one method over recordings.
class Tally {
 public:
  void NextRecording() {
    score_.NextRecording();
    ++recording_;
  }

  void Add(const Seen& seen, const std::vector<int64_t>& linked, double us) {
    us_ += us;
    ++looks_;
    for (const int thing : seen.there) score_.AddThere(thing);
    for (size_t i = 0; i < linked.size(); ++i) {
      if (linked[i] == kNoTrack) continue;
      const int thing = i < seen.things.size() ? seen.things[i] : -1;
      score_.AddLinked(thing, linked[i]);
      ++lengths_[{recording_, linked[i]}];
    }
  }

  const bench::TrackScore& score() const { return score_; }

  std::string Text(const char* name, bool truth) const {
    int64_t boxes = 0, lone = 0;
    for (const auto& [track, length] : lengths_) {
      boxes += length;
      lone += length == 1;
    }
    char text[256];
    std::snprintf(text, sizeof(text),
                  "\"%s\":{\"tracks\":%zu,\"boxes\":%lld,\"boxes_per_track\":"
                  "%.1f,\"of_one_box\":%lld,\"us_per_look\":%.1f",
                  name, lengths_.size(), static_cast<long long>(boxes),
                  lengths_.empty() ? 0.0
                                   : static_cast<double>(boxes) /
                                         static_cast<double>(lengths_.size()),
                  static_cast<long long>(lone),
                  looks_ == 0 ? 0.0 : us_ / static_cast<double>(looks_));
    std::string all = text;
    if (truth) {
      std::snprintf(text, sizeof(text),
                    ",\"switches\":%lld,\"fragments\":%lld,\"idf1\":%.3f",
                    static_cast<long long>(score_.switches()),
                    static_cast<long long>(score_.fragments()), score_.idf1());
      all += text;
    }
    return all + "}";
  }

 private:
  bench::TrackScore score_;
  int recording_ = 0;
  std::map<std::pair<int, int64_t>, int64_t> lengths_;
  double us_ = 0;
  int64_t looks_ = 0;
};

// Both methods over the same looks.
class Race {
 public:
  explicit Race(float begin_score) {
    options_.begin_score = begin_score;
    NextRecording();
  }

  void NextRecording() {
    tracker_ = std::make_unique<Tracker>(options_);
    rival_ = std::make_unique<GreedyOverlap>(options_.begin_score);
    tally_.NextRecording();
    rivals_.NextRecording();
  }

  void Add(const Seen& seen) {
    double begin = CpuUs();
    const auto linked = tracker_->Link(seen.sightings, seen.time_ns, next_);
    tally_.Add(seen, linked, CpuUs() - begin);
    for (const int64_t track : linked) next_ = std::max(next_, track + 1);
    begin = CpuUs();
    const auto rivals = rival_->Link(seen.sightings);
    rivals_.Add(seen, rivals, CpuUs() - begin);
  }

  std::string Text(bool truth) const {
    return absl::StrCat(tally_.Text("tracker", truth), ",",
                        rivals_.Text("greedy_overlap", truth));
  }

  bool IsWon() const {
    return tally_.score().idf1() >= rivals_.score().idf1() &&
           tally_.score().switches() <= rivals_.score().switches();
  }

 private:
  TrackerOptions options_;
  std::unique_ptr<Tracker> tracker_;
  std::unique_ptr<GreedyOverlap> rival_;
  Tally tally_, rivals_;
  int64_t next_ = 0;
};

// --- generated scenes ---------------------------------------------------

// What a detector of moderate skill would say of the truth.
class Detector {
 public:
  explicit Detector(uint64_t seed) : random_(seed) {}

  Seen Look(const Frame& frame, const SceneTruth& truth) {
    Seen seen;
    seen.time_ns = truth.time_ns;
    for (const SceneBox& box : truth.boxes[0]) {
      if (box.visible < kLeastVisible) continue;
      seen.there.push_back(box.object);
      if (Chance(kMissed)) continue;
      const double score = 0.35 + 0.55 * box.visible + 0.08 * Normal();
      Add(frame, Jittered(box), box.object, score, &seen);
    }
    while (Chance(kFalse)) {
      const double size = 20 + 100 * Uniform();
      const SceneBox box{
          -1,       "person", frame.width * Uniform(), frame.height * Uniform(),
          size / 2, size};
      Add(frame, box, -1, 0.3 + 0.4 * Uniform(), &seen);
    }
    return seen;
  }

 private:
  static constexpr double kLeastVisible = 0.3;
  static constexpr double kMissed = 0.08;
  static constexpr double kFalse = 0.25;
  static constexpr double kJitter = 0.04;

  double Uniform() { return std::uniform_real_distribution<>(0, 1)(random_); }
  double Normal() { return std::normal_distribution<>(0, 1)(random_); }
  bool Chance(double share) { return Uniform() < share; }

  SceneBox Jittered(SceneBox box) {
    const double width = box.width, height = box.height;
    box.x += kJitter * width * Normal();
    box.y += kJitter * height * Normal();
    box.width = width * (1 + kJitter * Normal());
    box.height = height * (1 + kJitter * Normal());
    return box;
  }

  void Add(const Frame& frame, const SceneBox& box, int thing, double score,
           Seen* seen) {
    const int label =
        label_numbers_.emplace(box.label, label_numbers_.size()).first->second;
    Detection d{label,
                static_cast<float>(score),
                static_cast<float>(box.x),
                static_cast<float>(box.y),
                static_cast<float>(box.x + box.width),
                static_cast<float>(box.y + box.height)};
    seen->sightings.push_back(
        {d, Describe(frame, {d.left, d.top, d.right, d.bottom})});
    seen->things.push_back(thing);
  }

  std::mt19937_64 random_;
  std::map<std::string, int> label_numbers_;
};

absl::StatusOr<bool> BenchScenes(int every, bool quick) {
  Race race(kSure);
  const int scenes = quick ? 1 : 4;
  int64_t looks = 0;
  for (int seed = kFirstScene; seed < kFirstScene + scenes; ++seed) {
    SceneOptions options;
    options.seed = static_cast<uint64_t>(seed);
    options.width = 640;
    options.height = 360;
    options.objects = 12;
    options.seconds = quick ? 20 : every < 5 ? 10 : 40;
    const auto scene = Scene::Create(options);
    if (!scene.ok()) return scene.status();
    Detector detector(options.seed);
    race.NextRecording();
    for (int64_t i = 0; i < (*scene)->frames(); i += every, ++looks) {
      const auto frame = (*scene)->Render(0, i);
      if (!frame.ok()) return frame.status();
      race.Add(detector.Look(*frame, (*scene)->Truth(i)));
    }
  }
  std::printf("{\"scenes\":%d,\"every\":%d,\"looks\":%lld,%s}\n", scenes, every,
              static_cast<long long>(looks), race.Text(true).c_str());
  std::fflush(stdout);
  return race.IsWon();
}

// --- real clips ---------------------------------------------------------

absl::StatusOr<std::unique_ptr<Model>> OpenDetector(const std::string& data) {
  const std::string path = FOVEA_CARDS "/yolox.yaml";
  const auto text = ReadWholeFile(path, kMaxCardBytes);
  if (!text.ok()) return text.status();
  const auto card =
      ParseModelCard(path, std::string(text->begin(), text->end()));
  if (!card.ok()) return card.status();
  auto network = OpenNetwork(absl::StrCat(data, "/models/", card->network),
                             NetworkOptions());
  if (!network.ok()) return network.status();
  return std::make_unique<Model>(ModelDescription{{"yolox", {}}, *card, {}},
                                 *std::move(network));
}

absl::Status BenchClip(const std::string& path, int every, Model* model) {
  const auto clip = bench::LoadRecording(path, 800);
  if (!clip.ok()) return clip.status();
  Race race(static_cast<float>(model->card().threshold));
  double describe_us = 0;
  int64_t looks = 0;
  const auto step = static_cast<size_t>(every);
  for (size_t i = 0; i < clip->frames.size(); i += step, ++looks) {
    const Frame& frame = clip->frames[i];
    const auto answer = model->Infer(frame, clip->camera.color);
    if (!answer.ok()) return answer.status();
    const double begin = CpuUs();
    FrameAnswer observed = Observe(model->description(), *answer, frame);
    describe_us += CpuUs() - begin;
    Seen seen;
    seen.time_ns = frame.time_ns;
    seen.sightings = std::move(observed.seen);
    race.Add(seen);
  }
  std::printf(
      "{\"clip\":\"%s\",\"every\":%d,\"looks\":%lld,\"describe_us\":%.1f,%s}\n",
      path.substr(path.rfind('/') + 1).c_str(), every,
      static_cast<long long>(looks),
      describe_us / static_cast<double>(std::max<int64_t>(looks, 1)),
      race.Text(false).c_str());
  std::fflush(stdout);
  return absl::OkStatus();
}

absl::Status BenchClips(const std::vector<std::string>& paths) {
  const std::string data = bench::ChooseRecordings({}, {""}).front();
  const auto model = OpenDetector(data);
  if (!model.ok()) return model.status();
  const std::vector<std::string> clips = bench::ChooseRecordings(
      paths, {"video/opencv_vtest.avi", "video/uadetrac_intersection_a.mp4",
              "video/towncentre_street_41f.mp4"});
  for (const std::string& clip : clips) {
    for (const int every : {2, 5, 10}) {
      const absl::Status s = BenchClip(clip, every, model->get());
      if (!s.ok()) return s;
    }
  }
  return absl::OkStatus();
}

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "tracker_bench: %s\n",
               std::string(status.message()).c_str());
  return 1;
}

int Run(int argc, char** argv) {
  const bool quick = argc > 1 && std::strcmp(argv[1], "--quick") == 0;
  bool won = true;
  for (const int every : quick ? std::vector{5} : std::vector{1, 5, 10}) {
    const auto better = BenchScenes(every, quick);
    if (!better.ok()) return Fail(better.status());
    won = won && *better;
  }
  if (!quick) {
    const absl::Status s =
        BenchClips(std::vector<std::string>(argv + 1, argv + argc));
    if (!s.ok()) return Fail(s);
  }
  return won ? 0 : 1;
}

}  // namespace
}  // namespace fovea

int main(int argc, char** argv) { return fovea::Run(argc, argv); }
