// SPDX-License-Identifier: GPL-2.0-or-later
//
// Packs to bodies of sem rows.

#include "index/internal/pack_encoder.h"

#include <algorithm>
#include <cassert>

#include "index/observation_pack.h"
#include "store/row_codec.h"

namespace fovea {
namespace {

using Pack = std::span<const Observation* const>;

uint64_t SignedLess(int64_t a, int64_t b) {
  return ZigZag(WrappingMinus(a, b));
}

// The first box may be on the first frame, others are some frames behind the
// last one.
void AddRun(const BoxRun& run, bool first, RunColumns* columns) {
  columns->boxes.push_back(run.boxes - 1);
  columns->step.push_back(run.step - (first ? 0 : 1));
  columns->left.push_back(ZigZag(run.left));
  columns->top.push_back(ZigZag(run.top));
  columns->width.push_back(ZigZag(run.width));
  columns->height.push_back(ZigZag(run.height));
  columns->score.push_back(ZigZag(run.score));
}

void WriteAttributes(Pack pack, RowWriter* out) {
  uint64_t count = 0;
  for (const Observation* o : pack) count += o->attributes.size();
  out->Varint(count);
  size_t last = 0;
  for (size_t i = 0; i < pack.size(); ++i) {
    for (const Observation::Attribute& attribute : pack[i]->attributes) {
      out->Varint(i - last);
      out->Text(attribute.name);
      out->Text(attribute.value);
      last = i;
    }
  }
}

uint64_t ReachOf(Pack pack) {
  const auto end = [](const Observation* o) { return o->end_ns; };
  const int64_t last_ns = end(*std::ranges::max_element(pack, {}, end));
  const auto ns =
      static_cast<uint64_t>(last_ns) - static_cast<uint64_t>(pack[0]->start_ns);
  return ns / kNsPerSecond + 1;
}

bool SpansTooMuch(Pack pack) {
  const auto span = static_cast<uint64_t>(pack.back()->start_ns) -
                    static_cast<uint64_t>(pack[0]->start_ns);
  return span > static_cast<uint64_t>(kPackLimits.max_span_ns);
}

void WriteHead(Pack pack, const FrameClock& clock, RowWriter* out) {
  out->U8(kPackVersion);
  const ModelKey& model = pack[0]->model;
  out->Bytes(std::string_view(reinterpret_cast<const char*>(model.data()),
                              model.size()));
  out->U8(static_cast<uint8_t>(pack.size() - 1));
  out->Varint(ReachOf(pack));
  out->Varint(clock.first_index);
  out->Varint(static_cast<uint64_t>(clock.numerator));
  out->Varint(static_cast<uint64_t>(clock.denominator));
  out->Varint(static_cast<uint64_t>(clock.phase));
}

}  // namespace

void PackEncoder::Begin(const FrameClock& clock, uint64_t first_track) {
  for (Column* column : columns_.of_observations()) column->clear();
  for (Column* column : columns_.first.all()) column->clear();
  for (Column* column : columns_.more.all()) column->clear();
  for (Column* column : columns_.of_changes()) column->clear();
  last_index_ = clock.first_index;
  last_start_ = last_end_ = 0;
  last_track_ = first_track;  // which the key tells
  run_count_ = 0;
}

void PackEncoder::Add(const Observation& o, ClockHand* hand) {
  const int64_t shift = WrappingMinus(o.start_ns, hand->At(o.first_index));
  columns_.first_index.push_back(
      ZigZag(static_cast<int64_t>(o.first_index - last_index_)));
  columns_.start.push_back(SignedLess(shift, last_start_));
  columns_.track.push_back(ZigZag(static_cast<int64_t>(o.track - last_track_)));
  last_index_ = o.first_index;
  last_start_ = shift;
  last_track_ = o.track;
  AddRuns(o);
  AddEnd(o, AddChanges(o, shift, hand), hand);
}

void PackEncoder::AddRuns(const Observation& o) {
  runs_.clear();
  AppendRuns(o, &runs_);
  BoxWalk walk(o.first_index, o.last_index);
  for (const BoxRun& run : runs_) {
    const bool first = &run == runs_.data();
    AddRun(run, first, first ? &columns_.first : &columns_.more);
    walk.Pass(run);
  }
  run_count_ += runs_.size();
  columns_.runs.push_back(runs_.size());
  columns_.frames.push_back(o.last_index - walk.last().index);
  AddScores(o, walk);
}

void PackEncoder::AddScores(const Observation& o, const BoxWalk& walk) {
  const int64_t mean = o.mean_score - MeanOf(walk);
  columns_.mean_score.push_back(ZigZag(mean));
  columns_.max_score.push_back(ZigZag(o.max_score - MaxOf(walk) - mean));
}

// Returns the last box's shift.
int64_t PackEncoder::AddChanges(const Observation& o, int64_t shift,
                                ClockHand* hand) {
  const size_t before = columns_.change.size();
  size_t last = 0;
  for (size_t i = 0; i < o.boxes.size(); ++i) {
    const ObservedBox& box = o.boxes[i];
    const int64_t now = WrappingMinus(box.time_ns, hand->At(box.index));
    if (now == shift) continue;
    columns_.change_after.push_back(i - last);
    columns_.change.push_back(SignedLess(now, shift));
    last = i;
    shift = now;
  }
  columns_.changes.push_back(columns_.change.size() - before);
  return shift;
}

void PackEncoder::AddEnd(const Observation& o, int64_t shift, ClockHand* hand) {
  const int64_t end =
      WrappingMinus(WrappingMinus(o.end_ns, hand->At(o.last_index)), shift);
  columns_.end.push_back(SignedLess(end, last_end_));
  last_end_ = end;
}

std::string PackEncoder::WriteColumns() {
  for (Column* column : columns_.of_observations())
    WriteColumn(*column, &bits_);
  for (Column* column : columns_.first.all()) WriteColumn(*column, &bits_);
  for (Column* column : columns_.more.all()) WriteColumn(*column, &bits_);
  for (Column* column : columns_.of_changes()) WriteColumn(*column, &bits_);
  return bits_.Take();
}

std::optional<std::string> PackEncoder::Encode(Pack pack) {
  assert(std::ranges::all_of(
      pack, [](const Observation* o) { return CheckObservation(*o).ok(); }));
  if (pack.size() > kPackLimits.max_observations || SpansTooMuch(pack)) {
    return std::nullopt;
  }
  const FrameClock clock = FitFrameClock(pack);
  Begin(clock, pack[0]->track);
  ClockHand hand(clock, clock.first_index);
  for (const Observation* o : pack) Add(*o, &hand);
  if (run_count_ > kPackLimits.max_runs ||
      columns_.change.size() > kPackLimits.max_runs) {
    return std::nullopt;
  }
  RowWriter out;
  WriteHead(pack, clock, &out);
  WriteAttributes(pack, &out);
  out.Bytes(std::string_view(WriteColumns()));
  if (out.bytes().size() > kRowLimits.max_observation_bytes) {
    return std::nullopt;
  }
  return out.Take();
}

std::optional<std::string> EncodePack(Pack pack) {
  return PackEncoder().Encode(pack);
}

std::string EncodeObservation(const Observation& observation) {
  const Observation* const alone = &observation;
  std::optional<std::string> body = EncodePack({&alone, 1});
  assert(body.has_value());
  return *std::move(body);
}

}  // namespace fovea
