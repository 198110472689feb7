// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/overlap_probe.h"

#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/camera_input.h"
#include "api/gop_reader.h"
#include "index/frame_index.h"

namespace fovea {
namespace {

constexpr int64_t kEveryNs = 2'000'000'000;
constexpr int64_t kLaterNs = 200'000'000;
constexpr int64_t kLongestNs = 10'000'000'000;

absl::StatusOr<std::optional<Frame>> StoredAt(ChunkStore* store,
                                              StreamId stream,
                                              const GopReader& reader,
                                              int64_t time_ns) {
  const auto ref = FrameIndex(store).AtTime(stream, time_ns);
  if (absl::IsNotFound(ref.status())) return std::nullopt;
  if (!ref.ok()) return ref.status();
  if (time_ns >= ref->gop.row.start_ns + ref->gop.row.duration_ns) {
    return std::nullopt;
  }
  std::optional<Frame> shown;
  absl::Status status =
      reader.Frames(ref->gop, [&](uint32_t rank, const Frame& frame) {
        if (rank < ref->rank) return true;
        shown = frame;
        return false;
      });
  if (!status.ok()) return status;
  return shown;
}

// Frames of the recording: one every two seconds, and one a little later.
absl::StatusOr<std::vector<Frame>> Sample(const std::string& location,
                                          const SourceOptions& source) {
  auto input = OpenCamera(location, source);
  if (!input.ok()) return input.status();
  if (input->source->info().live) {
    return absl::FailedPreconditionError(
        absl::StrCat(location,
                     ": a live source cannot be looked at beforehand; ingest "
                     "some of it once and use --append"));
  }
  std::vector<Frame> frames;
  std::optional<int64_t> due, begin;
  while (true) {
    auto item = input->source->Next();
    if (!item.ok()) return item.status();
    if (!item->has_value()) break;
    const Frame* frame = std::get_if<Frame>(&(*item)->value);
    if (frame == nullptr || (*item)->track != input->track) continue;
    if (!begin) begin = due = frame->time_ns;
    if (frame->time_ns >= *begin + kLongestNs) break;
    if (frame->time_ns < *due) continue;
    frames.push_back(*frame);
    due = frame->time_ns + (frames.size() % 2 == 1 ? kLaterNs : kEveryNs);
  }
  frames.resize(frames.size() / 2 * 2);
  return frames;
}

}  // namespace

absl::StatusOr<PairFinding> ProbeOverlap(ChunkStore* store, StreamId first,
                                         const StreamDescription& description,
                                         const std::string& location,
                                         const SourceOptions& source,
                                         const PairRules& rules) {
  auto frames = Sample(location, source);
  if (!frames.ok()) return frames.status();
  const GopReader reader(store, &description);
  std::vector<PairLook> looks;
  for (size_t i = 0; i + 1 < frames->size(); i += 2) {
    auto at = StoredAt(store, first, reader, (*frames)[i].time_ns);
    if (!at.ok()) return at.status();
    auto later = StoredAt(store, first, reader, (*frames)[i + 1].time_ns);
    if (!later.ok()) return later.status();
    if (!at->has_value() || !later->has_value()) continue;
    looks.push_back(
        {**std::move(at), **std::move(later), (*frames)[i], (*frames)[i + 1]});
  }
  if (looks.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat(location, ": at no time that both cameras saw"));
  }
  auto finding = VerifyPair(looks, rules);
  if (!finding.ok() || finding->verified) return finding;
  return absl::FailedPreconditionError(
      absl::StrCat(location, ": no overlap to rely on: ", finding->why_not));
}

}  // namespace fovea
