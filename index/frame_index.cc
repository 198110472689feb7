// SPDX-License-Identifier: GPL-2.0-or-later
//
// Look-ups over the families gop, time and ftab.

#include "index/frame_index.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

constexpr ViewId kIngested = 0;

std::string Place(StreamId stream, uint64_t first_index) {
  return absl::StrCat("stream ", stream, " gop ", first_index);
}

absl::Status At(const std::string& place, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat(place, ": ", std::string(status.message())));
}

absl::StatusOr<GopRef> ToGopRef(std::string_view key, std::string_view value) {
  auto parts = ParseGopKey(key);
  if (!parts.ok()) return parts.status();
  auto row = DecodeGopRow(value);
  if (!row.ok()) {
    return At(Place(parts->stream, parts->first_index), row.status());
  }
  return GopRef{parts->stream, parts->view, parts->first_index,
                *std::move(row)};
}

// The GOP of greatest first_index at or before `index`, if there is one.
absl::StatusOr<std::optional<GopRef>> GopAtOrBefore(StoreReader* store,
                                                    StreamId stream,
                                                    uint64_t index) {
  auto found =
      store->SeekBackward(Family::kGop, GopKey(stream, kIngested, index),
                          GopPrefix(stream, kIngested));
  if (absl::IsNotFound(found.status())) return std::optional<GopRef>();
  if (!found.ok()) return found.status();
  auto gop = ToGopRef(found->key, found->value);
  if (!gop.ok()) return gop.status();
  return std::optional<GopRef>(*std::move(gop));
}

// The GOP a time row names.
absl::StatusOr<GopRef> GopOfTimeRow(StoreReader* store,
                                    const StoreReader::KeyValue& time_row) {
  if (auto s = CheckTimeRow(time_row.value); !s.ok()) return s;
  auto parts = ParseTimeKey(time_row.key);
  if (!parts.ok()) return parts.status();
  const std::string key = GopKey(parts->stream, kIngested, parts->first_index);
  auto value = store->Get(Family::kGop, key);
  if (absl::IsNotFound(value.status())) {
    return absl::DataLossError(
        absl::StrCat(Place(parts->stream, parts->first_index),
                     ": a time row names it, but it has no gop row"));
  }
  if (!value.ok()) return value.status();
  return ToGopRef(key, *value);
}

uint32_t RankShownAt(const FrameTable& table, int64_t time_ns) {
  const std::vector<uint32_t> order = PresentationOrder(table);
  const auto last = std::find_if(
      order.rbegin(), order.rend(),
      [&](uint32_t entry) { return table.frames[entry].time_ns <= time_ns; });
  if (last == order.rend()) return 0;
  return static_cast<uint32_t>(order.rend() - last - 1);
}

// Where GOPs of rising times that touch `from_ns` or later begin: the index
// of the last one that starts before it (several may start at one time).
absl::StatusOr<uint64_t> FirstGopTouching(StoreReader* store, StreamId stream,
                                          int64_t from_ns) {
  if (from_ns == INT64_MIN) return 0;
  const auto row = store->SeekBackward(Family::kTime,
                                       TimeKey(stream, from_ns - 1, UINT64_MAX),
                                       StreamPrefix(stream));
  if (absl::IsNotFound(row.status())) return 0;
  if (!row.ok()) return row.status();
  const auto parts = ParseTimeKey(row->key);
  if (!parts.ok()) return parts.status();
  return parts->first_index;
}

// A GOP without duration is a point in time.
bool Touches(const GopRow& row, int64_t from_ns, int64_t to_ns) {
  if (row.start_ns >= to_ns) return false;
  if (row.start_ns >= from_ns) return true;
  const uint64_t until_from =
      static_cast<uint64_t>(from_ns) - static_cast<uint64_t>(row.start_ns);
  return row.duration_ns > 0 &&
         static_cast<uint64_t>(row.duration_ns) > until_from;
}

}  // namespace

std::vector<uint32_t> PresentationOrder(const FrameTable& table) {
  std::vector<uint32_t> order(table.frames.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return table.frames[a].pts < table.frames[b].pts;
  });
  return order;
}

absl::StatusOr<FrameRef> FrameIndex::AtIndex(StreamId stream,
                                             uint64_t index) const {
  auto gop = GopAtOrBefore(store_, stream, index);
  if (!gop.ok()) return gop.status();
  if (!gop->has_value() || index - (*gop)->first_index >= (*gop)->row.frames) {
    return absl::NotFoundError(
        absl::StrCat("stream ", stream, " has no frame ", index));
  }
  const uint64_t rank = index - (*gop)->first_index;
  return FrameRef{**std::move(gop), static_cast<uint32_t>(rank)};
}

absl::StatusOr<FrameRef> FrameIndex::AtTime(StreamId stream,
                                            int64_t time_ns) const {
  auto row =
      store_->SeekBackward(Family::kTime, TimeKey(stream, time_ns, UINT64_MAX),
                           StreamPrefix(stream));
  if (absl::IsNotFound(row.status())) {
    return absl::NotFoundError(absl::StrCat(
        "stream ", stream, " has no frame at or before ", time_ns, " ns"));
  }
  if (!row.ok()) return row.status();
  auto gop = GopOfTimeRow(store_, *row);
  if (!gop.ok()) return gop.status();
  if (gop->row.frames <= 1) return FrameRef{*std::move(gop), 0};
  auto table = Table(*gop);
  if (!table.ok()) return table.status();
  const uint32_t rank = RankShownAt(*table, time_ns);
  return FrameRef{*std::move(gop), rank};
}

absl::StatusOr<std::vector<GopRef>> FrameIndex::Gops(StreamId stream,
                                                     int64_t from_ns,
                                                     int64_t to_ns,
                                                     TimeOrder order) const {
  const bool rising = order == TimeOrder::kRising;
  uint64_t first = 0;
  if (rising) {
    const auto found = FirstGopTouching(store_, stream, from_ns);
    if (!found.ok()) return found.status();
    first = *found;
  }
  std::vector<GopRef> gops;
  absl::Status status = ForEachGop(
      stream,
      [&](const GopRef& gop) {
        if (rising && gop.row.start_ns >= to_ns) return false;
        if (Touches(gop.row, from_ns, to_ns)) gops.push_back(gop);
        return true;
      },
      first);
  if (!status.ok()) return status;
  return gops;
}

absl::Status FrameIndex::ForEachGop(
    StreamId stream, const std::function<bool(const GopRef&)>& visit,
    uint64_t index) const {
  std::string begin = GopPrefix(stream, kIngested);
  if (index > 0) {
    const auto gop = GopAtOrBefore(store_, stream, index);
    if (!gop.ok()) return gop.status();
    begin = GopKey(stream, kIngested,
                   gop->has_value() ? (*gop)->first_index : index);
  }
  absl::Status damage;
  absl::Status scan =
      store_->Scan(Family::kGop, begin, GopPrefix(stream, kIngested + 1),
                   [&](std::string_view key, std::string_view value) {
                     auto gop = ToGopRef(key, value);
                     damage = gop.status();
                     return gop.ok() && visit(*gop);
                   });
  return damage.ok() ? scan : damage;
}

absl::StatusOr<FrameTable> FrameIndex::Table(const GopRef& gop) const {
  const std::string place = Place(gop.stream, gop.first_index);
  auto value =
      store_->Get(Family::kFtab, GopKey(gop.stream, gop.view, gop.first_index));
  if (absl::IsNotFound(value.status())) {
    return absl::DataLossError(absl::StrCat(place, ": has no frame table"));
  }
  if (!value.ok()) return value.status();
  auto table = DecodeFrameTable(*value);
  if (!table.ok()) return At(place, table.status());
  if (table->frames.size() != gop.row.frames) {
    return absl::DataLossError(
        absl::StrCat(place, ": frame table holds ", table->frames.size(),
                     " pictures, expected ", gop.row.frames));
  }
  return table;
}

absl::StatusOr<uint64_t> FrameIndex::EndIndex(StreamId stream) const {
  auto gop = GopAtOrBefore(store_, stream, UINT64_MAX);
  if (!gop.ok()) return gop.status();
  if (!gop->has_value()) return uint64_t{0};
  const GopRef& last = **gop;
  if (last.row.frames > UINT64_MAX - last.first_index) {
    return absl::DataLossError(
        absl::StrCat(Place(stream, last.first_index), ": ", last.row.frames,
                     " frames go beyond the greatest index"));
  }
  return last.first_index + last.row.frames;
}

}  // namespace fovea
