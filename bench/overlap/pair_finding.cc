// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/overlap/pair_finding.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "api/overlap_candidates.h"
#include "bench/overlap/pair_clip.h"

namespace fovea::bench {
namespace {

constexpr size_t kLooks = 3;
constexpr int64_t kLaterNs = 200'000'000;
constexpr int64_t kLongestNs = 2'000'000'000;

struct Recorded {
  const char* name;
  const char* path;
};
constexpr Recorded kRecordings[] = {
    {"vtest", "video/opencv_vtest.avi"},
    {"car-detection", "video/intel_car-detection.mp4"},
    {"bottle-detection", "video/intel_bottle-detection.mp4"},
    {"uadetrac-a", "video/uadetrac_intersection_a.mp4"},
    {"uadetrac-b", "video/uadetrac_intersection_b.mp4"},
    {"towncentre", "video/towncentre_street_41f.mp4"},
    {"mot17", "video/mot17-04_plaza_8f.mp4"},
    {"dashcam", "video/dashcam_solidWhiteRight.mp4"},
    {"hero7", "camera_imu/gopro_hero7.mp4"},
    {"max-heromode", "camera_imu/gopro_max-heromode.mp4"},
    {"pose-1", "overlap/pose2sim_single/cam01.mp4"},
    {"pose-2", "overlap/pose2sim_single/cam02.mp4"},
    {"pose-3", "overlap/pose2sim_single/cam03.mp4"},
    {"pose-4", "overlap/pose2sim_single/cam04.mp4"},
    {"euroc-0", "camera_imu/euroc_v1_01_excerpt/mav0/cam0/data/*.png"},
    {"euroc-1", "camera_imu/euroc_v1_01_excerpt/mav0/cam1/data/*.png"},
    {"board-left", "overlap/opencv_stereo_stills/left*.jpg"},
    {"board-right", "overlap/opencv_stereo_stills/right*.jpg"},
};
constexpr double kScenes[] = {0.3, 0.5, 0.75};

bool Runs(const NamedView& view, int64_t time_ns) {
  return time_ns >= view.frames.front().time_ns &&
         time_ns <= view.frames.back().time_ns;
}

const Frame& ShownAt(const NamedView& view, int64_t time_ns) {
  const Frame* shown = &view.frames.front();
  for (const Frame& frame : view.frames) {
    if (frame.time_ns > time_ns) break;
    shown = &frame;
  }
  return *shown;
}

std::vector<int64_t> Times(int64_t from_ns, int64_t to_ns) {
  std::vector<int64_t> times;
  for (size_t i = 0; i < kLooks; ++i) {
    times.push_back(from_ns + (to_ns - from_ns) * static_cast<int64_t>(i) /
                                  static_cast<int64_t>(kLooks));
  }
  return times;
}

absl::StatusOr<std::vector<PairFinding>> Look(
    const NamedView& a, const NamedView& b,
    const std::vector<PairRules>& rules) {
  std::vector<PairLook> looks;
  const int64_t end =
      std::min(a.frames.back().time_ns, b.frames.back().time_ns);
  for (const int64_t time : Times(0, end)) {
    if (!Runs(a, time) || !Runs(b, time)) continue;
    looks.push_back({ShownAt(a, time), ShownAt(a, time + kLaterNs),
                     ShownAt(b, time), ShownAt(b, time + kLaterNs)});
  }
  const auto fits = FitLooks(looks, rules.front().homography);
  if (!fits.ok()) return fits.status();
  std::vector<PairFinding> findings;
  for (const PairRules& one : rules) {
    findings.push_back(JudgeLooks(looks, *fits, one));
  }
  return findings;
}

ViewedStream Viewed(const NamedView& view) {
  ViewedStream stream;
  stream.start_ns = view.frames.front().time_ns;
  stream.end_ns = view.frames.back().time_ns + 1;
  for (const int64_t time : Times(stream.start_ns, stream.end_ns)) {
    stream.views.push_back({time, DescribeView(ShownAt(view, time))});
  }
  return stream;
}

// How many of a stream's others are nearer.
size_t RankOf(const std::vector<ViewedStream>& streams, size_t of,
              size_t other) {
  const std::vector<Candidate> all = FindCandidates(streams, streams.size());
  size_t rank = 0;
  for (const Candidate& candidate : all) {
    if (candidate.first != of && candidate.second != of) continue;
    if (candidate.first == other || candidate.second == other) return rank;
    ++rank;
  }
  return rank;
}

}  // namespace

absl::StatusOr<std::vector<NamedView>> LoadViews(const std::string& data) {
  std::vector<NamedView> views;
  for (const Recorded& recorded : kRecordings) {
    auto frames =
        LoadFrames(absl::StrCat(data, "/", recorded.path), kLongestNs);
    if (!frames.ok()) return frames.status();
    views.push_back({recorded.name, *std::move(frames)});
  }
  uint64_t seed = 7;  // other worlds: three views of one crowd out the rest
  for (const double overlap : kScenes) {
    auto clip = GeneratedPair(overlap, {640, 360}, 30, seed++);
    if (!clip.ok()) return clip.status();
    const auto percent = static_cast<int>(overlap * 100 + 0.5);
    views.push_back(
        {absl::StrCat("scene", percent, "-1"), std::move(clip->first)});
    views.push_back(
        {absl::StrCat("scene", percent, "-2"), std::move(clip->second)});
  }
  return views;
}

PairTruth TruthOf(const std::string& first, const std::string& second) {
  static const std::set<std::pair<std::string, std::string>> one_scene = {
      {"pose-1", "pose-2"},       {"pose-3", "pose-4"},
      {"euroc-0", "euroc-1"},     {"board-left", "board-right"},
      {"scene30-1", "scene30-2"}, {"scene50-1", "scene50-2"},
      {"scene75-1", "scene75-2"}};
  const auto pair = std::minmax(first, second);
  if (one_scene.count({pair.first, pair.second}) > 0) {
    return PairTruth::kOneScene;
  }
  // One room, seen from opposite sides.
  if (absl::StartsWith(first, "pose-") && absl::StartsWith(second, "pose-")) {
    return PairTruth::kUnsaid;
  }
  return PairTruth::kOther;
}

absl::StatusOr<std::vector<FoundPair>> FindPairs(
    const std::vector<NamedView>& views, const std::vector<PairRules>& rules,
    size_t nearest) {
  std::vector<ViewedStream> streams;
  for (const NamedView& view : views) streams.push_back(Viewed(view));
  std::vector<FoundPair> found;
  for (const Candidate& candidate : FindCandidates(streams, nearest)) {
    const NamedView& a = views[candidate.first];
    const NamedView& b = views[candidate.second];
    auto findings = Look(a, b, rules);
    if (!findings.ok()) return findings.status();
    FoundPair pair;
    pair.first = a.name;
    pair.second = b.name;
    pair.distance = candidate.distance;
    pair.rank = std::min(RankOf(streams, candidate.first, candidate.second),
                         RankOf(streams, candidate.second, candidate.first));
    pair.truth = TruthOf(a.name, b.name);
    pair.findings = *std::move(findings);
    found.push_back(std::move(pair));
  }
  return found;
}

}  // namespace fovea::bench
