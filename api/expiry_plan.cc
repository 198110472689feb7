// SPDX-License-Identifier: GPL-2.0-or-later
//
// Walks streams from their beginnings. A stream whose times never run backward
// is walked to its first row that is young enough; others to their ends.

#include "api/expiry_plan.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "api/look_spans.h"
#include "api/time_text.h"
#include "codec/sample.h"
#include "store/result_rows.h"
#include "store/rows.h"

namespace fovea {
namespace {

constexpr size_t kRowsPerPage = 1024;
constexpr size_t kChunkIdBytes = sizeof(ChunkId::bytes);

// Older than any that is known.
constexpr int64_t kUnknownWall = INT64_MIN;

std::string RefPrefixOf(const ChunkId& id) {
  return {id.bytes.begin(), id.bytes.end()};
}

}  // namespace

struct ExpiryPlanner::Row {
  std::string key;
  int64_t start_ns = 0;
  int64_t end_ns = 0;
  uint64_t first_index = 0;
  uint64_t block_seq = 0;  // of block rows
  int64_t samples = 0;
  uint64_t bytes = 0;
  std::optional<ChunkId> chunk;  // none: the bytes are in the row

  // A moment that is in it.
  int64_t last_ns() const { return std::max(start_ns, end_ns - 1); }
};

// The rows of a stream, in order; of a camera those it came in as. Another
// view is there only while a job makes it, which clears up after itself.
class ExpiryPlanner::Cursor {
 public:
  Cursor(ChunkStore* store, size_t number, const StreamRow& row, bool ordered,
         std::vector<IngestTime> ingest_times)
      : store_(store),
        number_(number),
        family_(static_cast<StreamKind>(row.kind) == StreamKind::kCamera
                    ? Family::kGop
                    : Family::kBlock),
        ordered_(ordered),
        ingest_times_(std::move(ingest_times)),
        next_(StreamPrefix(row.id)),
        end_(family_ == Family::kGop ? GopPrefix(row.id, 1)
                                     : StreamPrefix(row.id + 1)) {}

  size_t number() const { return number_; }
  bool ordered() const { return ordered_; }
  const std::vector<IngestTime>& ingest_times() const { return ingest_times_; }

  // Null at the end of the stream.
  absl::StatusOr<const Row*> Peek() {
    if (page_.empty() && !at_end_) {
      if (absl::Status s = ReadPage(); !s.ok()) return s;
    }
    return page_.empty() ? nullptr : &page_.front();
  }
  void Pop() { page_.pop_front(); }

  // The next row does not follow the last one taken.
  void Break() { broken_ = true; }
  bool TakeBroken() { return std::exchange(broken_, false); }

 private:
  absl::Status ReadPage() {
    absl::Status bad;
    const absl::Status scanned = store_->Scan(
        family_, next_, end_,
        [&](std::string_view key, std::string_view value) {
          absl::StatusOr<Row> row =
              family_ == Family::kGop ? GopOf(key, value) : BlockOf(key, value);
          bad = row.status();
          if (!bad.ok()) return false;
          page_.push_back(*std::move(row));
          return page_.size() < kRowsPerPage;
        });
    if (!scanned.ok()) return scanned;
    if (!bad.ok()) return bad;
    at_end_ = page_.size() < kRowsPerPage;
    if (!page_.empty()) next_ = page_.back().key + '\0';
    return absl::OkStatus();
  }

  static absl::StatusOr<Row> GopOf(std::string_view key,
                                   std::string_view value) {
    const absl::StatusOr<GopKeyParts> parts = ParseGopKey(key);
    if (!parts.ok()) return parts.status();
    const absl::StatusOr<GopRow> gop = DecodeGopRow(value);
    if (!gop.ok()) return gop.status();
    Row row;
    row.key = std::string(key);
    row.start_ns = gop->start_ns;
    row.end_ns = gop->start_ns + gop->duration_ns;
    row.first_index = parts->first_index;
    row.samples = gop->frames;
    row.bytes = gop->size;
    row.chunk = gop->chunk;
    return row;
  }

  static absl::StatusOr<Row> BlockOf(std::string_view key,
                                     std::string_view value) {
    const absl::StatusOr<BlockKeyParts> parts = ParseBlockKey(key);
    if (!parts.ok()) return parts.status();
    const absl::StatusOr<BlockRow> block = DecodeBlockRow(value);
    if (!block.ok()) return block.status();
    Row row;
    row.key = std::string(key);
    row.start_ns = block->start_ns;
    row.end_ns = block->end_ns + 1;
    row.first_index = block->first_index;
    row.block_seq = parts->block_seq;
    row.samples = block->samples;
    row.bytes = block->size();
    if (block->is_chunk) row.chunk = block->chunk;
    return row;
  }

  ChunkStore* const store_;
  const size_t number_;
  const Family family_;
  const bool ordered_;
  const std::vector<IngestTime> ingest_times_;
  std::string next_;
  const std::string end_;
  std::deque<Row> page_;
  bool at_end_ = false;
  bool broken_ = true;
};

ExpiryPlanner::ExpiryPlanner(ChunkStore* store, const RetentionPolicy& policy,
                             int64_t now_ns)
    : store_(store), registry_(store), policy_(policy), now_ns_(now_ns) {}

ExpiryPlanner::~ExpiryPlanner() = default;

absl::Status ExpiryPlanner::OpenCursors() {
  if (!cursors_.empty()) return absl::OkStatus();
  absl::StatusOr<std::vector<StreamRow>> rows = registry_.List();
  if (!rows.ok()) return rows.status();
  for (StreamRow& row : *rows) {
    const absl::StatusOr<StreamCounts> counts = registry_.BookedCounts(row.id);
    if (!counts.ok()) return counts.status();
    auto times = registry_.IngestTimes(row.id);
    if (!times.ok()) return times.status();
    cursors_.push_back(std::make_unique<Cursor>(store_, cursors_.size(), row,
                                                counts->times_backward == 0,
                                                *std::move(times)));
    ExpiredStream stream;
    stream.expiry.stream = row.name;
    stream.row = std::move(row);
    const absl::StatusOr<const Row*> first = cursors_.back()->Peek();
    if (!first.ok()) return first.status();
    if (*first != nullptr) stream.first_held_index = (*first)->first_index;
    streams_.push_back(std::move(stream));
  }
  return absl::OkStatus();
}

int64_t ExpiryPlanner::WallOf(const Cursor& cursor, int64_t time_ns) const {
  if (IsInstant(time_ns)) return time_ns;
  const std::vector<IngestTime>& times = cursor.ingest_times();
  for (size_t i = times.size(); i-- > 0;) {
    if (times[i].time_ns > time_ns) continue;
    const int64_t wall = times[i].wall_ns + (time_ns - times[i].time_ns);
    // Footage that came in faster than it was shot is as old as its arrival.
    const int64_t latest =
        i + 1 < times.size() ? times[i + 1].wall_ns : now_ns_;
    return std::min(wall, std::max(latest, times[i].wall_ns));
  }
  return times.empty() ? kUnknownWall : times.front().wall_ns;
}

absl::StatusOr<bool> ExpiryPlanner::MayGo(const std::string& stream,
                                          const Row& row, int64_t age_ns,
                                          LabelKeeper* labels) const {
  if (policy_.IsPinned(stream, row.start_ns, row.end_ns)) return false;
  const absl::StatusOr<bool> kept =
      labels->Keeps(row.start_ns, row.end_ns, age_ns);
  if (!kept.ok()) return kept.status();
  return !*kept;
}

absl::Status ExpiryPlanner::ExpireByAge() {
  if (absl::Status s = OpenCursors(); !s.ok()) return s;
  for (const auto& cursor : cursors_) {
    const std::string& name = streams_[cursor->number()].row.name;
    const std::optional<int64_t> keep = policy_.KeepOf(name);
    if (!keep.has_value()) continue;
    LabelKeeper labels(store_, policy_, streams_[cursor->number()].row.id,
                       name);
    while (!full()) {
      const absl::StatusOr<const Row*> row = cursor->Peek();
      if (!row.ok()) return row.status();
      if (*row == nullptr) break;
      const int64_t wall = WallOf(*cursor, (*row)->last_ns());
      const bool old = wall != kUnknownWall && wall <= now_ns_ - *keep;
      if (!old && cursor->ordered()) break;
      const absl::StatusOr<bool> goes =
          old ? MayGo(name, **row, now_ns_ - wall, &labels) : false;
      if (!goes.ok()) return goes.status();
      if (*goes) {
        if (absl::Status s = Take(cursor.get(), true); !s.ok()) return s;
      } else {
        cursor->Break();
      }
      cursor->Pop();
    }
  }
  return absl::OkStatus();
}

absl::Status ExpiryPlanner::ExpireForRoom(uint64_t bytes) {
  if (absl::Status s = OpenCursors(); !s.ok()) return s;
  const uint64_t wanted = freed_bytes_ + bytes;
  while (freed_bytes_ < wanted && !full()) {
    Cursor* oldest = nullptr;
    int64_t oldest_wall = 0;
    for (const auto& cursor : cursors_) {
      absl::StatusOr<const Row*> row = cursor->Peek();
      const std::string& name = streams_[cursor->number()].row.name;
      while (row.ok() && *row != nullptr &&
             policy_.IsPinned(name, (*row)->start_ns, (*row)->end_ns)) {
        cursor->Break();
        cursor->Pop();
        row = cursor->Peek();
      }
      if (!row.ok()) return row.status();
      if (*row == nullptr) continue;
      const int64_t wall = WallOf(*cursor, (*row)->last_ns());
      if (oldest != nullptr && wall >= oldest_wall) continue;
      oldest = cursor.get();
      oldest_wall = wall;
    }
    if (oldest == nullptr) return absl::OkStatus();
    if (absl::Status s = Take(oldest, false); !s.ok()) return s;
    oldest->Pop();
  }
  return absl::OkStatus();
}

bool ExpiryPlanner::may_have_more() const {
  return std::ranges::any_of(cursors_, [](const auto& cursor) {
    const absl::StatusOr<const Row*> row = cursor->Peek();
    return row.ok() && *row != nullptr;
  });
}

absl::Status ExpiryPlanner::Take(Cursor* cursor, bool by_age) {
  const Row& row = **cursor->Peek();
  ExpiredStream& stream = streams_[cursor->number()];
  StreamExpiry& expiry = stream.expiry;
  if (expiry.chunks() == 0) expiry.from_ns = row.start_ns;
  ++(by_age ? expiry.chunks_by_age : expiry.chunks_for_room);
  expiry.samples += row.samples;
  expiry.bytes += row.bytes;
  expiry.to_ns = std::max(row.end_ns, expiry.to_ns);
  if (cursor->TakeBroken()) {
    ExpiredRun run;
    run.first_key = row.key;
    run.first_index = row.first_index;
    run.first_start_ns = run.last_start_ns = run.start_ns = row.start_ns;
    run.end_ns = row.end_ns;
    stream.runs.push_back(std::move(run));
  }
  ExpiredRun& run = stream.runs.back();
  run.ordered = run.ordered && row.start_ns >= run.last_start_ns;
  run.last_key = row.key;
  run.last_start_ns = row.start_ns;
  run.start_ns = std::min(run.start_ns, row.start_ns);
  run.end_ns = std::max(run.end_ns, row.end_ns);
  run.end_index = row.first_index + static_cast<uint64_t>(row.samples);
  run.end_block = row.block_seq + 1;
  ++run.rows;
  ++rows_;
  if (!row.chunk.has_value()) {
    freed_bytes_ += row.bytes;
    return absl::OkStatus();
  }
  stream.references.push_back({*row.chunk, row.key});
  return CountOwners(*row.chunk, row.bytes);
}

absl::Status ExpiryPlanner::CountOwners(const ChunkId& chunk, uint64_t bytes) {
  const auto known = owners_left_.find(chunk);
  int64_t left = 0;
  if (known != owners_left_.end()) {
    left = --known->second;
  } else {
    const std::string prefix = RefPrefixOf(chunk);
    const absl::Status scanned = store_->Scan(
        Family::kRef, prefix, "", [&](std::string_view key, std::string_view) {
          if (key.substr(0, kChunkIdBytes) != prefix) return false;
          ++left;
          return true;
        });
    if (!scanned.ok()) return scanned;
    if (--left > 0) owners_left_[chunk] = left;
  }
  if (left > 0) return absl::OkStatus();
  gone_chunks_.insert(chunk);
  freed_bytes_ += bytes;
  return absl::OkStatus();
}

Gone ExpiryPlanner::AllFound() const {
  // Runs by their first keys: gop and block keys of a stream differ in length
  // and never meet.
  std::map<std::string, std::string> runs;
  for (const ExpiredStream& stream : streams_) {
    for (const ExpiredRun& run : stream.runs) {
      runs[run.first_key] = run.last_key;
    }
  }
  std::map<StreamId, std::vector<FrameSpan>> spans;
  for (const ExpiredStream& stream : streams_) {
    for (const ExpiredRun& run : stream.runs) {
      spans[stream.row.id].push_back({run.first_index, run.end_index});
    }
  }
  // Results take kilobytes each: they have the features of their inputs.
  const auto result_goes = [spans = std::move(spans)](std::string_view key) {
    const auto parts = ParseResultKey(key);
    if (!parts.ok()) return false;
    const auto of_stream = spans.find(parts->stream);
    if (of_stream == spans.end()) return false;
    const auto span = std::ranges::upper_bound(of_stream->second, parts->index,
                                               {}, &FrameSpan::end_index);
    return span != of_stream->second.end() && span->first_index <= parts->index;
  };
  Gone gone;
  gone.chunk = [this](const ChunkId& id) { return gone_chunks_.contains(id); };
  gone.row = [this, runs = std::move(runs), result_goes](Family family,
                                                         std::string_view key) {
    if (family == Family::kRes) return result_goes(key);
    if (family == Family::kRef) {
      ChunkId id;
      if (key.size() < id.bytes.size()) return false;
      std::copy_n(key.begin(), id.bytes.size(), id.bytes.begin());
      return gone_chunks_.contains(id);
    }
    if (family != Family::kGop && family != Family::kFtab &&
        family != Family::kBlock) {
      return false;
    }
    const auto after = runs.upper_bound(std::string(key));
    return after != runs.begin() && key <= std::prev(after)->second;
  };
  return gone;
}

}  // namespace fovea
