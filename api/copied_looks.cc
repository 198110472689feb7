// SPDX-License-Identifier: GPL-2.0-or-later
//
// Times are those of the frames here, never shifted ones: the same pictures
// may have come at another pace.

#include "api/copied_looks.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "api/answer_promise.h"
#include "api/decision_book.h"
#include "api/observation_book.h"
#include "api/run_plan.h"
#include "index/observation_cut.h"
#include "index/observation_reader.h"

namespace fovea {
namespace {

// Containers round times, to a millisecond at worst: by no more two copies of
// a clip drift apart.
constexpr int64_t kMostDriftNs = 2'000'000;

bool IsSameShift(const KnownLooks& a, const KnownLooks& b) {
  return a.from == b.from && a.shift == b.shift &&
         std::abs(a.later_ns - b.later_ns) <= kMostDriftNs;
}

FrameSpan FramesOf(const GopRef& gop) {
  return {gop.first_index, gop.first_index + gop.row.frames};
}

FrameSpan There(const KnownLooks& known, FrameSpan here) {
  return {here.first_index - known.shift, here.end_index - known.shift};
}

absl::Status About(StreamId stream, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat("copying what was seen in stream ", stream,
                                   ": ", std::string(status.message())));
}

// True where each frame of `here` that is due was looked at by `looks`, the
// one of them that holds it.
bool AllLookedAt(const LookSpan& looks, FrameSpan here, uint64_t shift,
                 uint64_t step) {
  for (uint64_t i = NextLook(here.first_index, step); i < here.end_index;
       i += step) {
    if ((i - shift) % looks.step != 0) return false;
  }
  return true;
}

// Looks at `there` as looks at `here`; none unless they are all that is due.
std::optional<std::vector<LookSpan>> LooksHere(
    const std::vector<LookSpan>& looks, FrameSpan here, uint64_t shift,
    uint64_t step) {
  std::vector<LookSpan> moved;
  uint64_t next = here.first_index;
  for (const LookSpan& known : looks) {
    const uint64_t there = next - shift;
    if (known.end_index <= there) continue;
    if (known.first_index > there) break;
    const FrameSpan part{
        next, std::min(here.end_index, next + (known.end_index - there))};
    if (!AllLookedAt(known, part, shift, step)) break;
    const bool in_step =
        known.step <= step && next % known.step == there % known.step;
    moved.push_back(
        {part.first_index, part.end_index, in_step ? known.step : step});
    next = part.end_index;
    if (next == here.end_index) return moved;
  }
  return std::nullopt;
}

bool HasBoxAt(const Observation& seen, uint64_t index) {
  return std::ranges::binary_search(seen.boxes, index, {}, &ObservedBox::index);
}

// False: looks there are not where they are said to be, as those of an ingest
// that went on from an odd frame.
bool AreInStep(const KnownLooks& known, const std::vector<Observation>& seen) {
  for (const LookSpan& look : known.looks) {
    const FrameSpan there = There(known, {look.first_index, look.end_index});
    const auto is_out = [&](const ObservedBox& box) {
      return box.index >= there.first_index && box.index < there.end_index &&
             (box.index + known.shift) % look.step != 0;
    };
    for (const Observation& o : seen) {
      if (look.step > 1 && std::ranges::any_of(o.boxes, is_out)) return false;
    }
  }
  return true;
}

const FrameTime& TimeOf(std::span<const FrameTime> times, uint64_t index) {
  return *std::ranges::lower_bound(times, index, {}, &FrameTime::index);
}

}  // namespace

CopiedLooks::CopiedLooks(StoreReader* store, TwinGops* twins, StreamId stream,
                         const ModelKey& model,
                         const std::optional<ReuseOptions>& reuse)
    : store_(store),
      twins_(twins),
      stream_(stream),
      model_(model),
      reuse_(reuse) {}

absl::StatusOr<std::vector<LookSpan>> CopiedLooks::LooksOf(
    StreamId stream, const LookBook& own) {
  if (stream == stream_) return own.SpansOf(model_);
  const auto known = looks_.find(stream);
  if (known != looks_.end()) return known->second;
  const auto book = LookBook::Read(store_, stream);
  if (!book.ok()) return About(stream, book.status());
  return looks_[stream] = book->SpansOf(model_);
}

// Answers that were held or reused there may be wrong as often as was asked
// for there.
absl::StatusOr<bool> CopiedLooks::IsAsGood(StreamId stream) {
  const auto known = as_good_.find(stream);
  if (known != as_good_.end()) return known->second;
  const auto given = ReadPromise(store_, stream, model_);
  if (!given.ok()) return About(stream, given.status());
  const bool exact = given->max_error == 0;
  const bool as_asked = reuse_ && given->max_error <= reuse_->max_error &&
                        given->loss == reuse_->loss;
  return as_good_[stream] = exact || as_asked;
}

absl::StatusOr<bool> CopiedLooks::Extend(const GopRef& gop,
                                         const std::vector<FrameSpan>& todo,
                                         uint64_t step, const LookBook& own,
                                         KnownLooks* known) {
  const std::vector<FrameSpan> parts = Within(todo, FramesOf(gop));
  if (parts.empty()) return false;
  const auto there = LooksOf(known->from, own);
  if (!there.ok()) return there.status();
  std::vector<LookSpan> looks;
  for (const FrameSpan& part : parts) {
    const auto moved = LooksHere(*there, part, known->shift, step);
    if (!moved) return false;
    looks.insert(looks.end(), moved->begin(), moved->end());
  }
  known->looks.insert(known->looks.end(), looks.begin(), looks.end());
  known->spans.insert(known->spans.end(), parts.begin(), parts.end());
  ++known->gops;
  return true;
}

bool CopiedLooks::GoesOn(const KnownLooks& known, uint64_t first_index) const {
  return IsSameShift(region_.of, known) &&
         region_.span.end_index == first_index;
}

absl::StatusOr<std::optional<KnownLooks>> CopiedLooks::Find(
    std::span<const GopRef> gops, const std::vector<FrameSpan>& todo,
    uint64_t step, const LookBook& own) {
  const auto from = [](const GopRef& gop, const GopRef& twin) {
    return KnownLooks{twin.stream,
                      gop.first_index - twin.first_index,
                      gop.row.start_ns - twin.row.start_ns,
                      0,
                      {},
                      {}};
  };
  const auto twins = twins_->Of(gops.front());
  if (!twins.ok()) return twins.status();
  std::optional<KnownLooks> best;
  for (const GopRef& twin : **twins) {
    const auto good = IsAsGood(twin.stream);
    if (!good.ok()) return good.status();
    if (!*good) continue;
    KnownLooks known = from(gops.front(), twin);
    const auto all = Extend(gops.front(), todo, step, own, &known);
    if (!all.ok()) return all.status();
    if (!*all) continue;
    // Tracks go on where they can.
    const bool goes_on = GoesOn(known, known.spans.front().first_index);
    if (!best || goes_on) best = std::move(known);
    if (goes_on) break;
  }
  if (!best) return best;
  for (const GopRef& gop : gops.subspan(1)) {
    const auto others = twins_->Of(gop);
    if (!others.ok()) return others.status();
    const auto follows = [&](const GopRef& twin) {
      return IsSameShift(from(gop, twin), *best);
    };
    if (std::ranges::none_of(**others, follows)) break;
    const auto all = Extend(gop, todo, step, own, &*best);
    if (!all.ok()) return all.status();
    if (!*all) break;
  }
  best->spans = Joined(std::move(best->spans));
  return best;
}

// None: what was there has gone.
absl::StatusOr<std::optional<CopiedLooks::Seen>> CopiedLooks::ReadSeen(
    const KnownLooks& known, FrameSpan here) const {
  const FrameSpan there = There(known, here);
  const auto gops = GopsOf(store_, known.from, there, SIZE_MAX);
  if (!gops.ok()) return gops.status();
  if (gops->empty()) return std::nullopt;
  ObservationSelection when{known.from};
  when.from_ns = INT64_MAX;
  when.to_ns = INT64_MIN;
  for (const GopRef& gop : *gops) {
    when.from_ns = std::min(when.from_ns, gop.row.start_ns);
    when.to_ns =
        std::max(when.to_ns, gop.row.start_ns + gop.row.duration_ns + 1);
  }
  Seen seen;
  absl::Status bad;
  const absl::Status visited =
      VisitPacked(store_, when, [&](const ObservationPack& pack, size_t i) {
        const bool touches = pack[i].first_index < there.end_index &&
                             pack[i].last_index >= there.first_index;
        if (pack.model() != model_ || !touches) return true;
        auto one = pack.At(i);
        bad = one.status();
        if (!bad.ok()) return false;
        seen.push_back(*std::move(one));
        return true;
      });
  if (!visited.ok()) return visited;
  if (!bad.ok()) return bad;
  return seen;
}

// What was seen is removed in one commit with the looks: read behind it, they
// tell that it was all there.
absl::StatusOr<bool> CopiedLooks::IsStillKnown(const KnownLooks& known) const {
  const auto book = LookBook::Read(store_, known.from);
  if (!book.ok()) return book.status();
  const std::vector<LookSpan> there = book->SpansOf(model_);
  return std::ranges::all_of(known.looks, [&](const LookSpan& look) {
    const FrameSpan span{look.first_index, look.end_index};
    return LooksHere(there, span, known.shift, look.step).has_value();
  });
}

absl::StatusOr<bool> CopiedLooks::Take(const KnownLooks& known,
                                       std::span<const GopRef> gops,
                                       const LookBook& book) {
  std::vector<Seen> seen;
  for (const FrameSpan& span : known.spans) {
    auto there = ReadSeen(known, span);
    if (!there.ok()) return About(known.from, there.status());
    if (!*there || !AreInStep(known, **there)) return false;
    seen.push_back(**std::move(there));
  }
  const auto still = IsStillKnown(known);
  if (!still.ok()) return About(known.from, still.status());
  if (!*still) return false;
  std::vector<FrameTime> times;
  for (const GopRef& gop : gops.first(known.gops)) {
    const auto table = FrameIndex(store_).Table(gop);
    if (!table.ok()) return table.status();
    const std::vector<FrameTime> shown = ShownTimes(gop, *table);
    times.insert(times.end(), shown.begin(), shown.end());
  }
  for (size_t i = 0; i < seen.size(); ++i) {
    absl::Status s = CopySpan(known, known.spans[i], seen[i], book, times);
    if (!s.ok()) return s;
  }
  return true;
}

absl::Status CopiedLooks::Begin(const KnownLooks& known, FrameSpan here,
                                const Seen& seen) {
  region_ = Region();
  region_.of = {known.from, known.shift, known.later_ns, 0, {}, {}};
  region_.span = {here.first_index, here.first_index};
  const auto look =
      std::ranges::find_if(known.looks, [&](const LookSpan& looks) {
        return looks.end_index > here.first_index;
      });
  const uint64_t first = NextLook(here.first_index, look->step) - known.shift;
  const auto has_box = [&](const Observation& o) { return HasBoxAt(o, first); };
  if (std::ranges::any_of(seen, has_box)) return absl::OkStatus();
  return ReadDecisions(store_, {known.from, model_, first, first + 1},
                       [&](const DecidedInput& input) {
                         const Decision& decision = input.decision;
                         const bool given =
                             decision.kind == DecisionKind::kHold ||
                             decision.kind == DecisionKind::kReuse;
                         if (given && !decision.shadowed) region_.held = first;
                         return true;
                       });
}

absl::Status CopiedLooks::CopySpan(const KnownLooks& known, FrameSpan here,
                                   const Seen& seen, const LookBook& book,
                                   std::span<const FrameTime> times) {
  if (!GoesOn(known, here.first_index)) {
    if (absl::Status s = Begin(known, here, seen); !s.ok()) {
      return About(known.from, s);
    }
  }
  region_.span.end_index = here.end_index;
  std::map<std::string, Observation> open;
  for (const Observation& there : seen) {
    std::optional<Observation> part = PartOf(there);
    if (!part) continue;
    const std::string key = KeyOf(there);
    const auto before = region_.open.find(key);
    const bool grows = before != region_.open.end();
    Move(grows ? &before->second : nullptr, times, &*part);
    const auto track = TrackOf(there.track, part->first_index, book);
    if (!track.ok()) return track.status();
    part->track = *track;
    if (there.last_index + known.shift >= here.end_index) open[key] = *part;
    changed_[KeyOf(*part)] = *std::move(part);
  }
  region_.open = std::move(open);
  return absl::OkStatus();
}

// Of what was seen there, what lies in the region. A box that was held when it
// began is given at the first look in it.
std::optional<Observation> CopiedLooks::PartOf(const Observation& seen) const {
  const FrameSpan there{region_.span.first_index - region_.of.shift,
                        region_.span.end_index - region_.of.shift};
  Observation whole = seen;
  const auto in_region = std::ranges::lower_bound(
      whole.boxes, there.first_index, {}, &ObservedBox::index);
  const bool is_free = in_region == whole.boxes.end() ||
                       (region_.held && *region_.held < in_region->index);
  if (region_.held && is_free && in_region != whole.boxes.begin() &&
      *region_.held <= seen.last_index && *region_.held < there.end_index) {
    ObservedBox held = *(in_region - 1);
    held.index = *region_.held;
    whole.boxes.insert(in_region, held);
  }
  const IndexSpan outside[] = {
      {0, there.first_index, INT64_MIN, INT64_MIN},
      {there.end_index, UINT64_MAX, INT64_MAX, INT64_MAX}};
  std::vector<Observation> parts = WithoutSpans(whole, outside);
  if (parts.empty()) return std::nullopt;
  return std::move(parts.front());
}

// To its place here. What was here `before` has its times already.
void CopiedLooks::Move(const Observation* before,
                       std::span<const FrameTime> times,
                       Observation* part) const {
  part->stream = stream_;
  part->first_index += region_.of.shift;
  part->last_index += region_.of.shift;
  for (size_t i = 0; i < part->boxes.size(); ++i) {
    ObservedBox& box = part->boxes[i];
    box.index += region_.of.shift;
    const bool known = before != nullptr && i < before->boxes.size();
    box.time_ns =
        known ? before->boxes[i].time_ns : TimeOf(times, box.index).time_ns;
  }
  part->start_ns = before != nullptr ? before->start_ns
                                     : TimeOf(times, part->first_index).time_ns;
  part->end_ns =
      std::max(part->start_ns, LastInstantOf(TimeOf(times, part->last_index)));
}

// Numbers stay within their frame as they were there, where nothing is in the
// way: at a region's beginning tracks from before it have to be let in.
absl::StatusOr<uint64_t> CopiedLooks::TrackOf(uint64_t there, uint64_t index,
                                              const LookBook& book) {
  const auto known = region_.tracks.find(there);
  if (known != region_.tracks.end()) return known->second;
  const auto first = static_cast<uint64_t>(book.FirstTrack(model_, index));
  const uint64_t wanted = first + there % LookBook::kTracksPerLook;
  uint64_t number = wanted;
  for (uint64_t i = LookBook::kTracksPerLook; region_.numbers.contains(number);
       --i) {
    if (i == 0) {
      return absl::ResourceExhaustedError(absl::StrCat(
          "stream ", stream_, ": more than ", LookBook::kTracksPerLook,
          " tracks of a model are to begin at frame ", index));
    }
    number = first + i - 1;
  }
  region_.numbers.insert(number);
  return region_.tracks[there] = number;
}

std::vector<Observation> CopiedLooks::TakeChanged() {
  std::vector<Observation> changed;
  for (auto& [key, seen] : std::exchange(changed_, {})) {
    changed.push_back(std::move(seen));
  }
  return changed;
}

}  // namespace fovea
