// SPDX-License-Identifier: GPL-2.0-or-later
//
// Every row against the others and against its bytes, on top of the store's
// own checks: what the catalogue says is in a chunk must be what decoding
// finds there. Rows are compared as of one commit, so that an ingest beside
// it is no problem; bytes are read as of now, since that may take long.

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "api/camera_priors.h"
#include "api/coding_tables.h"
#include "api/gop_reader.h"
#include "api/series_blocks.h"
#include "api/stop_flag.h"
#include "api/store.h"
#include "codec/series_block.h"
#include "index/frame_index.h"
#include "index/observation_pack.h"
#include "index/presence_rebuild.h"
#include "index/span_mark.h"
#include "store/limits.h"

namespace fovea {
namespace {

constexpr char kReingest[] = "ingest that time of the source again";
constexpr char kRebuild[] = "run 'fovea doctor --rebuild'";
constexpr char kRebuildIndex[] = "run 'fovea index rebuild'";

// Notes what is wrong with a stream.
class StreamProblems {
 public:
  StreamProblems(const std::string& stream, VerifyReport* report)
      : stream_(stream), report_(report) {}

  void Add(const std::string& object, const absl::Status& status,
           const char* next = kReingest) {
    StoreProblem problem;
    problem.object = absl::StrCat("stream '", stream_, "' ", object);
    problem.what = std::string(status.message());
    problem.next = next;
    report_->problems.push_back(std::move(problem));
  }

 private:
  const std::string& stream_;
  VerifyReport* const report_;
};

std::string NameOf(const GopKeyParts& parts) {
  return absl::StrCat("gop ", parts.first_index);
}

std::string NameOf(const BlockKeyParts& parts) {
  return absl::StrCat("block ", parts.block_seq);
}

// A stream's rows against each other.
class RowChecker {
 public:
  RowChecker(StoreReader* store, const StreamSummary& stream,
             StreamProblems* problems)
      : chunks_(store), stream_(stream), problems_(problems) {}

  void CheckGop(std::string_view key, std::string_view value) {
    absl::StatusOr<GopKeyParts> parts = ParseGopKey(key);
    absl::StatusOr<GopRow> row = DecodeGopRow(value);
    if (!parts.ok()) return problems_->Add("gop row", parts.status());
    if (!row.ok()) return problems_->Add(NameOf(*parts), row.status());
    const GopRef gop{stream_.id, parts->view, parts->first_index, *row};
    if (parts->view == 0) {
      samples_ += row->frames;
      bytes_ += row->size;
      ++rows_;
    }
    CheckTable(NameOf(*parts), gop);
  }

  void CheckBlock(std::string_view key, std::string_view value) {
    absl::StatusOr<BlockKeyParts> parts = ParseBlockKey(key);
    absl::StatusOr<BlockRow> row = DecodeBlockRow(value);
    if (!parts.ok()) return problems_->Add("block row", parts.status());
    if (!row.ok()) return problems_->Add(NameOf(*parts), row.status());
    samples_ += row->samples;
    bytes_ += row->size();
    ++rows_;
  }

  void CheckTime(std::string_view key, std::string_view value) {
    absl::StatusOr<TimeKeyParts> parts = ParseTimeKey(key);
    if (!parts.ok()) return problems_->Add("time row", parts.status());
    const std::string object = absl::StrCat("time row ", parts->time_ns);
    const absl::Status row = CheckTimeRow(value);
    if (!row.ok()) problems_->Add(object, row);
    absl::StatusOr<std::string> gop =
        chunks_->Get(Family::kGop, GopKey(stream_.id, 0, parts->first_index));
    if (!gop.ok()) problems_->Add(object, gop.status());
    ++time_rows_;
  }

  void CheckObservation(std::string_view key, std::string_view value) {
    const auto parts = ParseObservationKey(key);
    if (parts.ok() && parts->start_ns == kMarkStart) return;
    const auto pack = ObservationPack::Decode(key, value);
    const absl::Status read = pack.ok() ? pack->All().status() : pack.status();
    if (!read.ok()) problems_->Add("observation", read, kRebuild);
  }

  void CheckPriors() {
    const auto priors = ListPriors(chunks_, stream_.id);
    if (!priors.ok()) problems_->Add("priors", priors.status(), kRebuild);
  }

  // What blocks need besides themselves.
  void CheckTables() {
    const auto tables = ListTables(chunks_, stream_.id);
    if (!tables.ok()) {
      return problems_->Add("coding tables", tables.status(), kRebuild);
    }
    for (const NamedTable& table : *tables) {
      const auto bytes = FindTable(chunks_, stream_.id, table.kind, table.id);
      if (bytes.ok()) continue;
      problems_->Add(CodingTableKindName(table.kind), bytes.status(), kRebuild);
    }
  }

  void CheckBooks() {
    if (stream_.description.kind == StreamKind::kCamera &&
        time_rows_ != rows_) {
      problems_->Add("time rows", absl::DataLossError(absl::StrCat(
                                      time_rows_, " for ", rows_, " GOPs")));
    }
    CheckCounts();
  }

 private:
  void CheckCounts() {
    const StreamCounts& counts = stream_.counts;
    int64_t sum = counts.stored + counts.dropped;
    for (const StreamCounts::Reason& reason : counts.rejected) {
      sum += reason.samples;
    }
    if (counts.samples_in != sum) {
      problems_->Add("counts", absl::DataLossError(
                                   absl::StrCat(counts.samples_in,
                                                " samples in, but stored + "
                                                "dropped + rejected make ",
                                                sum)));
    }
    if (counts.stored != samples_) {
      problems_->Add(
          "counts",
          absl::DataLossError(absl::StrCat(
              counts.stored, " samples stored, but rows hold ", samples_)));
    }
    if (static_cast<uint64_t>(counts.stored_bytes) != bytes_ ||
        counts.chunks != rows_) {
      problems_->Add(
          "counts", absl::DataLossError(absl::StrCat(
                        counts.stored_bytes, " bytes stored in ", counts.chunks,
                        " chunks, but ", rows_, " rows hold ", bytes_)));
    }
  }

  void CheckTable(const std::string& object, const GopRef& gop) {
    absl::StatusOr<FrameTable> table = FrameIndex(chunks_).Table(gop);
    if (!table.ok()) return problems_->Add(object, table.status());
    if (table->frames.size() != gop.row.frames) {
      return problems_->Add(
          object, absl::DataLossError(absl::StrCat(
                      "frame table of ", table->frames.size(), " entries for ",
                      gop.row.frames, " frames")));
    }
    for (const FrameEntry& entry : table->frames) {
      if (entry.offset > gop.row.size ||
          entry.size > gop.row.size - entry.offset) {
        return problems_->Add(
            object, absl::DataLossError(absl::StrCat(
                        "picture at ", entry.offset, " of ", entry.size,
                        " bytes lies outside the chunk"
                        " of ",
                        gop.row.size)));
      }
    }
  }

  StoreReader* const chunks_;
  const StreamSummary& stream_;
  StreamProblems* const problems_;
  int64_t samples_ = 0;
  uint64_t bytes_ = 0;  // payload by the rows
  int64_t rows_ = 0;    // GOPs of view 0, or blocks
  int64_t time_rows_ = 0;
};

// A stream's rows against their bytes.
class ByteChecker {
 public:
  ByteChecker(StoreReader* store, const StreamSummary& stream,
              StreamProblems* problems)
      : chunks_(store),
        stream_(stream),
        reader_(store, &stream.description),
        blocks_(store, stream.id),
        problems_(problems) {}

  void CheckGop(std::string_view key, std::string_view value) {
    const absl::StatusOr<GopKeyParts> parts = ParseGopKey(key);
    const absl::StatusOr<GopRow> row = DecodeGopRow(value);
    if (!parts.ok() || !row.ok()) return;  // said already
    const GopRef gop{stream_.id, parts->view, parts->first_index, *row};
    const absl::Status status = stream_.description.stills
                                    ? reader_.Still(gop).status()
                                    : reader_.Units(gop, true).status();
    if (!status.ok() && Holds(Family::kGop, key, value)) {
      problems_->Add(NameOf(*parts), status);
    }
  }

  void CheckBlock(std::string_view key, std::string_view value) {
    const absl::StatusOr<BlockKeyParts> parts = ParseBlockKey(key);
    const absl::StatusOr<BlockRow> row = DecodeBlockRow(value);
    if (!parts.ok() || !row.ok()) return;  // said already
    const absl::Status status = CheckBlockBytes(*row);
    if (!status.ok() && Holds(Family::kBlock, key, value)) {
      problems_->Add(NameOf(*parts), status);
    }
  }

 private:
  // False when the row has been removed or changed by now.
  bool Holds(Family family, std::string_view key, std::string_view value) {
    const absl::StatusOr<std::string> now = chunks_->Get(family, key);
    return now.ok() ? *now == value : !absl::IsNotFound(now.status());
  }

  absl::Status CheckBlockBytes(const BlockRow& row) {
    std::vector<uint8_t> bytes(row.bytes.begin(), row.bytes.end());
    if (row.is_chunk) {
      const auto chunk = chunks_->ReadChunk(row.chunk);
      if (!chunk.ok()) return chunk.status();
      if (chunk->size() != row.chunk_bytes) {
        return absl::DataLossError(absl::StrCat("a chunk of ", chunk->size(),
                                                " bytes, the row says ",
                                                row.chunk_bytes));
      }
      bytes.insert(bytes.end(), chunk->begin(), chunk->end());
    }
    const auto named =
        std::span(bytes).subspan(row.is_chunk ? row.bytes.size() : 0);
    if (ChunkId::Of(named) != row.chunk) {
      return absl::DataLossError("bytes differ from their id");
    }
    const absl::StatusOr<size_t> samples = CountSamples(bytes);
    if (!samples.ok()) return samples.status();
    if (*samples == row.samples) return absl::OkStatus();
    return absl::DataLossError(
        absl::StrCat(*samples, " samples decode, the row says ", row.samples));
  }

  absl::StatusOr<size_t> CountSamples(const std::vector<uint8_t>& bytes) {
    if (stream_.description.kind == StreamKind::kOpaque) {
      auto packets = DecodeOpaqueBlock(bytes);
      if (!packets.ok()) return packets.status();
      return packets->size();
    }
    auto decoded = blocks_.Check(bytes, stream_.description.series);
    if (!decoded.ok()) return decoded.status();
    return decoded->batch.time_ns.size();
  }

  StoreReader* const chunks_;
  const StreamSummary& stream_;
  const GopReader reader_;
  SeriesBlocks blocks_;
  StreamProblems* const problems_;
};

absl::Status CheckRows(StoreReader* store, const StreamSummary& stream,
                       const std::atomic<bool>* stop, VerifyReport* report) {
  StreamProblems problems(stream.name, report);
  RowChecker checker(store, stream, &problems);
  const bool camera = stream.description.kind == StreamKind::kCamera;
  const auto scan = [&](Family family, auto check) {
    const absl::Status status = store->Scan(
        family, StreamPrefix(stream.id), StreamPrefix(stream.id + 1),
        [&](std::string_view key, std::string_view value) {
          (checker.*check)(key, value);
          return !Stopped(stop);
        });
    if (!status.ok() || !Stopped(stop)) return status;
    return absl::CancelledError("interrupted");
  };
  absl::Status status = camera ? scan(Family::kGop, &RowChecker::CheckGop)
                               : scan(Family::kBlock, &RowChecker::CheckBlock);
  if (status.ok()) status = scan(Family::kTime, &RowChecker::CheckTime);
  if (status.ok()) status = scan(Family::kSem, &RowChecker::CheckObservation);
  if (!status.ok()) return status;
  checker.CheckPriors();
  checker.CheckTables();
  checker.CheckBooks();
  return absl::OkStatus();
}

absl::Status CheckBytes(StoreReader* store, const StreamSummary& stream,
                        const std::atomic<bool>* stop, VerifyReport* report) {
  StreamProblems problems(stream.name, report);
  ByteChecker checker(store, stream, &problems);
  const bool camera = stream.description.kind == StreamKind::kCamera;
  const absl::Status status = store->Scan(
      camera ? Family::kGop : Family::kBlock, StreamPrefix(stream.id),
      StreamPrefix(stream.id + 1),
      [&](std::string_view key, std::string_view value) {
        camera ? checker.CheckGop(key, value) : checker.CheckBlock(key, value);
        return !Stopped(stop);
      });
  if (!status.ok() || !Stopped(stop)) return status;
  return absl::CancelledError("interrupted");
}

// The cross-stream index against what was observed. A store of an older
// format has none until it is migrated, which is no fault of it.
absl::Status CheckPresenceRows(StoreReader* store,
                               const std::atomic<bool>* stop,
                               VerifyReport* report) {
  const auto due = IsPresenceDue(store);
  if (!due.ok()) return due.status();
  if (*due) return absl::OkStatus();
  const auto found =
      CheckPresence(store, [&](int64_t) { return !Stopped(stop); });
  if (!found.ok()) return found.status();
  if (found->faults() == 0) return absl::OkStatus();
  report->problems.push_back(
      {"cross-stream index", 0,
       absl::StrCat("of ", found->rows, " rows ", found->missing,
                    " are missing and ", found->wrong, " wrong; ", found->stale,
                    " stand beside no observation"),
       kRebuildIndex});
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<VerifyReport> Store::Verify(const VerifyOptions& options) {
  ScrubOptions scrub;
  scrub.deep = options.deep;
  scrub.repair = options.repair;
  scrub.bytes_per_second = options.bytes_per_second;
  scrub.progress = [&](uint64_t done, uint64_t total) {
    if (options.progress) options.progress(done, total);
    return !Stopped(options.stop);
  };
  absl::StatusOr<VerifyReport> report = chunks_->Scrub(scrub);
  if (!report.ok()) return report.status();
  const auto snapshot = chunks_->TakeSnapshot(kStoreLimits.lease_ns);
  if (!snapshot.ok()) return snapshot.status();
  StreamRegistry registry(snapshot->get());
  const absl::StatusOr<std::vector<StreamRow>> rows = registry.List();
  if (!rows.ok()) return rows.status();
  std::vector<StreamSummary> streams;
  for (const StreamRow& row : *rows) {
    absl::StatusOr<StreamSummary> stream = Summarise(&registry, row);
    if (!stream.ok()) {
      report->problems.push_back({absl::StrCat("stream '", row.name, "'"), 0,
                                  std::string(stream.status().message()),
                                  kRebuild});
      continue;
    }
    const absl::Status status =
        CheckRows(snapshot->get(), *stream, options.stop, &*report);
    if (!status.ok()) return status;
    streams.push_back(*std::move(stream));
  }
  if (const absl::Status status =
          CheckPresenceRows(snapshot->get(), options.stop, &*report);
      !status.ok()) {
    return status;
  }
  if (!options.deep) return report;
  for (const StreamSummary& stream : streams) {
    const absl::Status status =
        CheckBytes(chunks_.get(), stream, options.stop, &*report);
    if (!status.ok()) return status;
  }
  return report;
}

}  // namespace fovea
