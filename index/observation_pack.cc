// SPDX-License-Identifier: GPL-2.0-or-later
//
// Bodies of sem rows to packs.

#include "index/observation_pack.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "absl/strings/str_cat.h"
#include "index/internal/bit_columns.h"
#include "index/internal/box_runs.h"
#include "index/internal/observation_v1.h"
#include "index/internal/pack_columns.h"
#include "store/row_codec.h"

namespace fovea {
namespace {

// Where what belongs to an observation is among that of all.
struct Range {
  size_t begin = 0;
  size_t count = 0;
  size_t end() const { return begin + count; }
};

// From box `box` on, times are later on the clock by so much more.
struct ClockChange {
  uint64_t box = 0;
  int64_t ns = 0;
};

absl::Status ReadBodyVersion(RowReader& in, uint8_t* version) {
  *version = in.U8();
  if (!in.ok()) return in.status();
  if (*version == kOldBodyVersion || *version == kPackVersion) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(
      "observation of version ", static_cast<int>(*version),
      "; this build reads versions ", static_cast<int>(kOldBodyVersion),
      " and ", static_cast<int>(kPackVersion)));
}

absl::Status Named(StreamId stream, int64_t start_ns,
                   const absl::Status& status) {
  if (status.ok()) return status;
  return absl::Status(
      status.code(),
      absl::StrCat("stream ", stream, " observation at ", start_ns,
                   " ns: ", std::string(status.message())));
}

uint64_t TakeReach(RowReader& in) {
  constexpr int64_t kMost =
      kPackLimits.max_span_ns + kObservationLimits.max_length_ns;
  return in.VarintUpTo(kMost / kNsPerSecond + 1, "reach");
}

FrameClock TakeClock(RowReader& in, int64_t start_ns) {
  FrameClock clock;
  clock.first_index = in.Varint();
  clock.start_ns = start_ns;
  clock.numerator =
      static_cast<int64_t>(in.VarintUpTo(INT64_MAX, "clock numerator"));
  clock.denominator =
      static_cast<int64_t>(in.VarintUpTo(INT64_MAX, "clock denominator"));
  clock.phase = static_cast<int64_t>(in.VarintUpTo(INT64_MAX, "clock phase"));
  if (clock.phase >= clock.denominator) {
    in.Fail("clock phase not below its denominator");
    clock.denominator = 1;
  }
  return clock;
}

RunColumns ReadRunColumns(BitReader* in, size_t count) {
  RunColumns runs;
  for (Column* column : runs.all()) {
    *column = ReadColumn(in, count);
  }
  return runs;
}

// UINT64_MAX where one is above `most`; so many numbers of 16 bits do not
// wrap.
uint64_t Sum(const Column& column, uint64_t most) {
  uint64_t sum = 0;
  for (const uint64_t v : column) {
    if (v > most) return UINT64_MAX;
    sum += v;
  }
  return sum;
}

PackColumns ReadColumns(RowReader& in, size_t observations) {
  BitReader bits(in.Bytes(in.remaining()));
  PackColumns c;
  for (Column* column : c.of_observations()) {
    *column = ReadColumn(&bits, observations);
  }
  const uint64_t runs = Sum(c.runs, kObservationLimits.max_boxes);
  const uint64_t changes = Sum(c.changes, kObservationLimits.max_boxes);
  if (runs > kPackLimits.max_runs || changes > kPackLimits.max_runs) {
    in.Fail("too many runs of boxes or changes of the clock");
    return c;
  }
  const auto boxed =
      observations - static_cast<size_t>(std::ranges::count(c.runs, 0U));
  c.first = ReadRunColumns(&bits, boxed);
  c.more = ReadRunColumns(&bits, static_cast<size_t>(runs) - boxed);
  for (Column* column : c.of_changes()) {
    *column = ReadColumn(&bits, static_cast<size_t>(changes));
  }
  if (!bits.AtEnd()) in.Fail("columns end early or late");
  return c;
}

// False where a number is far beyond what a change may be.
bool RunAt(const RunColumns& columns, size_t i, bool first, BoxRun* run) {
  constexpr int64_t kMost = 4 * int64_t{kObservationLimits.max_edge};
  const auto change = [&](const Column& column, int32_t* v) {
    const int64_t found = UnZigZag(column[i]);
    *v = static_cast<int32_t>(found);
    return -kMost <= found && found <= kMost;
  };
  if (columns.boxes[i] >= kObservationLimits.max_boxes ||
      columns.step[i] >= kObservationLimits.max_frames) {
    return false;
  }
  run->boxes = static_cast<uint32_t>(columns.boxes[i] + 1);
  run->step = static_cast<uint32_t>(columns.step[i] + (first ? 0 : 1));
  return change(columns.left, &run->left) && change(columns.top, &run->top) &&
         change(columns.width, &run->width) &&
         change(columns.height, &run->height) &&
         change(columns.score, &run->score);
}

// No later than the latest time there is.
int64_t Later(int64_t time_ns, int64_t ns) {
  return time_ns + std::min(ns, INT64_MAX - std::max<int64_t>(time_ns, 0));
}

absl::StatusOr<PackSummary> SummariseOld(std::string_view key,
                                         std::string_view value) {
  const auto pack = ObservationPack::Decode(key, value);
  if (!pack.ok()) return pack.status();
  return PackSummary{1, Later((*pack)[0].end_ns, 1), pack->model()};
}

bool IsLater(const ObservationPack::Entry& a, const ObservationPack::Entry& b) {
  return std::pair(a.start_ns, a.track) > std::pair(b.start_ns, b.track);
}

}  // namespace

struct ObservationPack::Contents {
  // Of one observation.
  struct Part {
    Range runs;
    Range changes;
    Range attributes;
  };
  FrameClock clock;
  std::vector<Part> parts;
  std::vector<BoxRun> runs;
  std::vector<ClockChange> changes;
  std::vector<Observation::Attribute> attributes;
  Observation old;  // instead of all above, where the row is of version 1

  // Gives boxes their times.
  absl::Status TimeBoxes(Range range, Observation* o) const;
};

// Reads a body of version 2 behind its version.
class PackReader {
 public:
  PackReader(RowReader& in, ObservationPack* pack)
      : in_(in), pack_(*pack), contents_(*pack->contents_) {}

  void Read(int64_t start_ns, uint64_t track) {
    const std::string_view model = in_.Bytes(pack_.model_.size());
    std::ranges::copy(model, pack_.model_.begin());
    const size_t observations = size_t{in_.U8()} + 1;
    const uint64_t reach = TakeReach(in_);
    contents_.clock = TakeClock(in_, start_ns);
    contents_.parts.resize(observations);
    TakeAttributes();
    if (!in_.ok()) return;
    columns_ = ReadColumns(in_, observations);
    last_.first_index = contents_.clock.first_index;
    last_.track = track;
    int64_t last_end_ns = start_ns;
    for (size_t i = 0; in_.ok() && i < observations; ++i) {
      const ObservationPack::Entry entry = TakeEntry(i);
      if (!in_.ok()) return;
      const bool in_order =
          i > 0 ? IsLater(entry, last_)
                : entry.start_ns == start_ns && entry.track == track;
      if (!in_order) return in_.Fail("out of order");
      last_end_ns = std::max(last_end_ns, entry.end_ns);
      pack_.entries_.push_back(entry);
      last_ = entry;
    }
    if (in_.ok()) CheckTimes(start_ns, last_end_ns, reach);
  }

 private:
  void TakeAttributes() {
    const ObservationLimits& limits = kObservationLimits;
    const size_t observations = contents_.parts.size();
    const uint64_t count = in_.Count(observations * limits.max_attributes,
                                     kSmallestAttribute, "attributes");
    uint64_t at = 0;
    for (uint64_t i = 0; i < count && in_.ok(); ++i) {
      at += in_.VarintUpTo(observations - 1, "observations between attributes");
      Observation::Attribute attribute;
      attribute.name =
          in_.Text(limits.max_attribute_name_bytes, "attribute name length");
      attribute.value =
          in_.Text(limits.max_attribute_value_bytes, "attribute value length");
      if (at >= observations) return in_.Fail("an attribute of none");
      Range& range = contents_.parts[at].attributes;
      if (range.count == 0) range.begin = contents_.attributes.size();
      if (++range.count > limits.max_attributes) {
        return in_.Fail("too many attributes");
      }
      contents_.attributes.push_back(std::move(attribute));
    }
  }

  ObservationPack::Entry TakeEntry(size_t i) {
    const PackColumns& c = columns_;
    ObservationPack::Entry entry;
    entry.first_index =
        last_.first_index + static_cast<uint64_t>(UnZigZag(c.first_index[i]));
    entry.track = last_.track + static_cast<uint64_t>(UnZigZag(c.track[i]));
    start_shift_ = WrappingPlus(start_shift_, UnZigZag(c.start[i]));
    entry.start_ns =
        WrappingPlus(contents_.clock.At(entry.first_index), start_shift_);
    TakeBoxes(i, &entry);
    const int64_t shift = TakeChanges(i);
    end_shift_ = WrappingPlus(end_shift_, UnZigZag(c.end[i]));
    entry.end_ns = WrappingPlus(
        WrappingPlus(contents_.clock.At(entry.last_index), shift), end_shift_);
    return entry;
  }

  // Runs, the last index and scores.
  void TakeBoxes(size_t i, ObservationPack::Entry* entry) {
    constexpr uint64_t kMost = kObservationLimits.max_frames - 1;
    const uint64_t room = UINT64_MAX - entry->first_index;
    BoxWalk walk(entry->first_index,
                 entry->first_index + std::min(kMost, room));
    Range& range = contents_.parts[i].runs;
    range = {contents_.runs.size(), static_cast<size_t>(columns_.runs[i])};
    for (size_t k = 0; k < range.count; ++k) {
      BoxRun run;
      const bool known = k == 0 ? RunAt(columns_.first, boxed_++, true, &run)
                                : RunAt(columns_.more, more_++, false, &run);
      if (!known || !walk.Pass(run)) return in_.Fail("a box out of bounds");
      contents_.runs.push_back(run);
    }
    const uint64_t passed = walk.last().index - entry->first_index;
    if (columns_.frames[i] > std::min(kMost, room) - passed) {
      return in_.Fail("too many frames");
    }
    entry->last_index = walk.last().index + columns_.frames[i];
    const int64_t mean = UnZigZag(columns_.mean_score[i]);
    const int64_t most = WrappingPlus(UnZigZag(columns_.max_score[i]), mean);
    entry->mean_score = Score(WrappingPlus(MeanOf(walk), mean));
    entry->max_score = Score(WrappingPlus(MaxOf(walk), most));
  }

  uint16_t Score(int64_t score) {
    if (score < 0 || score > UINT16_MAX) in_.Fail("a score out of bounds");
    return static_cast<uint16_t>(score);
  }

  // Returns the last box's shift.
  int64_t TakeChanges(size_t i) {
    Range& range = contents_.parts[i].changes;
    range = {contents_.changes.size(),
             static_cast<size_t>(columns_.changes[i])};
    int64_t shift = start_shift_;
    uint64_t box = 0;
    for (size_t k = range.begin; k < range.end(); ++k) {
      if (columns_.change_after[k] > kObservationLimits.max_boxes) {
        in_.Fail("a change of the clock behind all boxes");
      }
      box += columns_.change_after[k];
      const int64_t change = UnZigZag(columns_.change[k]);
      contents_.changes.push_back({box, change});
      shift = WrappingPlus(shift, change);
    }
    return shift;
  }

  void CheckTimes(int64_t start_ns, int64_t last_end_ns, uint64_t reach) {
    constexpr auto kLongest =
        static_cast<uint64_t>(kObservationLimits.max_length_ns);
    const auto first = static_cast<uint64_t>(start_ns);
    for (const ObservationPack::Entry& entry : pack_.entries_) {
      const auto start = static_cast<uint64_t>(entry.start_ns);
      if (entry.end_ns < entry.start_ns ||
          static_cast<uint64_t>(entry.end_ns) - start > kLongest ||
          start - first > static_cast<uint64_t>(kPackLimits.max_span_ns)) {
        return in_.Fail("times out of bounds");
      }
    }
    const uint64_t ns = static_cast<uint64_t>(last_end_ns) - first;
    if (ns / kNsPerSecond + 1 != reach) in_.Fail("another reach");
  }

  RowReader& in_;
  ObservationPack& pack_;
  ObservationPack::Contents& contents_;
  PackColumns columns_;
  ObservationPack::Entry last_;
  int64_t start_shift_ = 0;
  int64_t end_shift_ = 0;
  size_t boxed_ = 0;
  size_t more_ = 0;
};

ObservationPack::ObservationPack() : contents_(std::make_unique<Contents>()) {}
ObservationPack::ObservationPack(ObservationPack&&) noexcept = default;
ObservationPack& ObservationPack::operator=(ObservationPack&&) noexcept =
    default;
ObservationPack::~ObservationPack() = default;

absl::StatusOr<ObservationPack> ObservationPack::Decode(
    std::string_view key, std::string_view value) {
  auto parts = ParseObservationKey(key);
  if (!parts.ok()) return parts.status();
  ObservationPack pack;
  pack.stream_ = parts->stream;
  pack.label_ = std::move(parts->label);
  const auto row = DecodeObservationRow(value);
  absl::Status status = row.status();
  if (row.ok()) {
    pack.epoch_ = row->epoch;
    status = pack.Read(row->body, parts->start_ns, parts->track);
  }
  if (!status.ok()) return Named(pack.stream_, parts->start_ns, status);
  return pack;
}

absl::Status ObservationPack::Read(std::string_view body, int64_t start_ns,
                                   uint64_t track) {
  RowReader in(body, "observation");
  uint8_t version = 0;
  if (absl::Status s = ReadBodyVersion(in, &version); !s.ok()) return s;
  if (version == kOldBodyVersion) return ReadOld(in, start_ns, track);
  PackReader(in, this).Read(start_ns, track);
  return in.Finish();
}

absl::Status ObservationPack::ReadOld(RowReader& in, int64_t start_ns,
                                      uint64_t track) {
  Observation& o = contents_->old;
  o.stream = stream_;
  o.label = label_;
  o.start_ns = start_ns;
  o.track = track;
  if (absl::Status s = ReadObservationV1(in, &o); !s.ok()) return s;
  model_ = o.model;
  entries_.push_back({o.start_ns, o.end_ns, o.first_index, o.last_index,
                      o.track, o.mean_score, o.max_score});
  return absl::OkStatus();
}

absl::StatusOr<Observation> ObservationPack::At(size_t i) const {
  assert(i < size());
  if (contents_->parts.empty()) return contents_->old;
  const Contents::Part& part = contents_->parts[i];
  const Entry& entry = entries_[i];
  Observation o;
  o.stream = stream_;
  o.label = label_;
  o.track = entry.track;
  o.start_ns = entry.start_ns;
  o.end_ns = entry.end_ns;
  o.first_index = entry.first_index;
  o.last_index = entry.last_index;
  o.model = model_;
  o.mean_score = entry.mean_score;
  o.max_score = entry.max_score;
  const auto attribute = contents_->attributes.begin();
  o.attributes.assign(
      attribute + static_cast<ptrdiff_t>(part.attributes.begin),
      attribute + static_cast<ptrdiff_t>(part.attributes.end()));
  size_t boxes = 0;
  for (size_t k = part.runs.begin; k < part.runs.end(); ++k) {
    boxes += contents_->runs[k].boxes;
  }
  o.boxes.reserve(boxes);
  BoxWalk walk(o.first_index, o.last_index);
  for (size_t k = part.runs.begin; k < part.runs.end(); ++k) {
    walk.Append(contents_->runs[k], &o.boxes);
  }
  if (absl::Status s = contents_->TimeBoxes(part.changes, &o); !s.ok()) {
    return Named(stream_, entries_[0].start_ns, s);
  }
  return o;
}

absl::Status ObservationPack::Contents::TimeBoxes(Range range,
                                                  Observation* o) const {
  const std::span<const ClockChange> due =
      std::span(changes).subspan(range.begin, range.count);
  size_t next = 0;
  ClockHand hand(clock, o->first_index);
  int64_t shift = WrappingMinus(o->start_ns, hand.At(o->first_index));
  int64_t least = o->start_ns;
  for (size_t i = 0; i < o->boxes.size(); ++i) {
    for (; next < due.size() && due[next].box == i; ++next) {
      shift = WrappingPlus(shift, due[next].ns);
    }
    ObservedBox& box = o->boxes[i];
    box.time_ns = WrappingPlus(hand.At(box.index), shift);
    if (box.time_ns < least || box.time_ns > o->end_ns) {
      return absl::DataLossError(absl::StrCat(
          "observation: box of frame ", box.index, " at ", box.time_ns, " ns"));
    }
    least = box.time_ns;
  }
  if (next == due.size()) return absl::OkStatus();
  return absl::DataLossError(
      "observation: a change of the clock behind all boxes");
}

absl::StatusOr<std::vector<Observation>> ObservationPack::All() const {
  std::vector<Observation> all;
  all.reserve(size());
  for (size_t i = 0; i < size(); ++i) {
    absl::StatusOr<Observation> o = At(i);
    if (!o.ok()) return o.status();
    all.push_back(*std::move(o));
  }
  return all;
}

absl::StatusOr<PackSummary> SummarisePack(std::string_view key,
                                          std::string_view value) {
  const auto parts = ParseObservationKey(key);
  if (!parts.ok()) return parts.status();
  const int64_t start_ns = parts->start_ns;
  const auto row = DecodeObservationRow(value);
  if (!row.ok()) return Named(parts->stream, start_ns, row.status());
  RowReader in(row->body, "observation");
  uint8_t version = 0;
  absl::Status status = ReadBodyVersion(in, &version);
  if (!status.ok()) return Named(parts->stream, start_ns, status);
  if (version == kOldBodyVersion) return SummariseOld(key, value);
  PackSummary summary;
  const std::string_view model = in.Bytes(summary.model.size());
  std::ranges::copy(model, summary.model.begin());
  summary.observations = size_t{in.U8()} + 1;
  summary.until_ns =
      Later(start_ns, static_cast<int64_t>(TakeReach(in)) * kNsPerSecond);
  if (in.ok()) return summary;
  return Named(parts->stream, start_ns, in.status());
}

}  // namespace fovea
