// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/window_reader.h"

#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/block_reader.h"
#include "api/series_blocks.h"

namespace fovea {
namespace {

using Visitor = std::function<absl::StatusOr<bool>(const StoredWindow&)>;

bool IsInside(int64_t time_ns, TimeRange range) {
  return time_ns >= range.from_ns && time_ns < range.to_ns;
}

class Reader {
 public:
  Reader(StoreReader* store, const StreamSummary& stream, TimeRange range,
         WindowCutter cutter, const Visitor& visit)
      : store_(store),
        stream_(stream),
        range_(range),
        blocks_(store, stream.id),
        cutter_(std::move(cutter)),
        visit_(visit) {}

  absl::StatusOr<WindowCounts> Read() {
    const TimeOrder order = stream_.counts.times_backward == 0
                                ? TimeOrder::kRising
                                : TimeOrder::kUnknown;
    const absl::Status read =
        ForEachBlock(store_, stream_.id, range_.from_ns, range_.to_ns, order,
                     [this](const BlockRow& row) -> absl::StatusOr<bool> {
                       absl::Status added = AddBlock(row);
                       if (!going_) return false;
                       if (!added.ok()) return added;
                       return true;
                     });
    if (!read.ok()) return read;
    return cutter_.counts();
  }

 private:
  absl::Status AddBlock(const BlockRow& row) {
    const auto decoded = blocks_.Read(row);
    if (!decoded.ok()) return decoded.status();
    const size_t channels = stream_.description.series.channels.size();
    if (decoded->channels != channels) {
      return absl::DataLossError(absl::StrCat(
          "stream '", stream_.name, "': block at sample ", row.first_index,
          " has ", decoded->channels, " channels, ", channels,
          " were expected; run 'fovea verify --deep'"));
    }
    return AddInside(decoded->batch, row.first_index);
  }

  // Run by run of those inside the range.
  absl::Status AddInside(const SeriesBatch& batch, uint64_t first_index) {
    const size_t rows = batch.time_ns.size();
    for (size_t begin = 0; begin < rows;) {
      size_t end = begin;
      while (end < rows && IsInside(batch.time_ns[end], range_)) ++end;
      if (end > begin) {
        absl::Status s =
            cutter_.Add(Part(batch, begin, end), first_index + begin,
                        [this](const std::vector<double>& values) {
                          return Visit(values);
                        });
        if (!s.ok()) return s;
      }
      begin = end + 1;
    }
    return absl::OkStatus();
  }

  SeriesBatch Part(const SeriesBatch& batch, size_t begin, size_t end) const {
    if (begin == 0 && end == batch.time_ns.size()) return batch;
    const size_t channels = stream_.description.series.channels.size();
    const auto time = batch.time_ns.begin();
    const auto value = batch.values.begin();
    const auto at = [](size_t offset) {
      return static_cast<std::ptrdiff_t>(offset);
    };
    return {{time + at(begin), time + at(end)},
            {value + at(begin * channels), value + at(end * channels)}};
  }

  absl::Status Visit(const std::vector<double>& values) {
    const auto going = visit_({cutter_.place(), values});
    if (!going.ok()) return going.status();
    going_ = *going;
    return going_ ? absl::OkStatus() : absl::CancelledError("enough");
  }

  StoreReader* const store_;
  const StreamSummary& stream_;
  const TimeRange range_;
  SeriesBlocks blocks_;
  WindowCutter cutter_;
  const Visitor& visit_;
  bool going_ = true;
};

}  // namespace

absl::StatusOr<WindowCounts> ReadWindows(StoreReader* store,
                                         const StreamSummary& stream,
                                         const ModelCard& card, int hop,
                                         TimeRange range,
                                         const Visitor& visit) {
  const StreamKind kind = stream.description.kind;
  if (kind != StreamKind::kImu && kind != StreamKind::kSeries) {
    return absl::InvalidArgumentError(
        absl::StrCat("stream '", stream.name, "' is of kind ",
                     StreamKindName(kind), ", not imu or series"));
  }
  auto cutter = WindowCutter::Create(card, stream.description.series, hop);
  if (!cutter.ok()) return cutter.status();
  return Reader(store, stream, range, *std::move(cutter), visit).Read();
}

}  // namespace fovea
