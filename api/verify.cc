// SPDX-License-Identifier: GPL-2.0-or-later
//
// Every row against its bytes, on top of the store's own checks: what the
// catalogue says is in a chunk must be what decoding finds there.

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "api/camera_priors.h"
#include "api/engine.h"
#include "api/gop_reader.h"
#include "api/stop_flag.h"
#include "codec/series_block.h"
#include "index/frame_index.h"
#include "index/observation.h"

namespace fovea {
namespace {

constexpr char kReingest[] = "ingest that time of the source again";
constexpr char kRebuild[] = "run 'fovea doctor --rebuild'";

class StreamChecker {
 public:
  StreamChecker(Store* store, const StreamSummary& stream, bool deep,
                VerifyReport* report)
      : store_(store),
        stream_(stream),
        reader_(store, &stream.description),
        deep_(deep),
        report_(report) {}

  void CheckGop(std::string_view key, std::string_view value) {
    absl::StatusOr<GopKeyParts> parts = ParseGopKey(key);
    absl::StatusOr<GopRow> row = DecodeGopRow(value);
    if (!parts.ok()) return Report("gop row", parts.status());
    const std::string object = absl::StrCat("gop ", parts->first_index);
    if (!row.ok()) return Report(object, row.status());
    const GopRef gop{stream_.id, parts->view, parts->first_index, *row};
    if (parts->view == 0) {
      samples_ += row->frames;
      bytes_ += row->size;
      ++rows_;
    }
    CheckTable(object, gop);
    if (!deep_) return;
    const absl::Status status = stream_.description.stills
                                    ? reader_.Still(gop).status()
                                    : reader_.Units(gop, true).status();
    if (!status.ok()) Report(object, status);
  }

  void CheckBlock(std::string_view key, std::string_view value) {
    absl::StatusOr<BlockKeyParts> parts = ParseBlockKey(key);
    absl::StatusOr<BlockRow> row = DecodeBlockRow(value);
    if (!parts.ok()) return Report("block row", parts.status());
    const std::string object = absl::StrCat("block ", parts->block_seq);
    if (!row.ok()) return Report(object, row.status());
    samples_ += row->samples;
    bytes_ += row->size();
    ++rows_;
    if (deep_) CheckBlockBytes(object, *row);
  }

  void CheckTime(std::string_view key, std::string_view value) {
    absl::StatusOr<TimeKeyParts> parts = ParseTimeKey(key);
    if (!parts.ok()) return Report("time row", parts.status());
    const std::string object = absl::StrCat("time row ", parts->time_ns);
    if (absl::Status s = CheckTimeRow(value); !s.ok()) Report(object, s);
    absl::StatusOr<std::string> gop =
        store_->Get(Family::kGop, GopKey(stream_.id, 0, parts->first_index));
    if (!gop.ok()) Report(object, gop.status());
    ++time_rows_;
  }

  void CheckObservation(std::string_view key, std::string_view value) {
    const auto observation = DecodeObservation(key, value);
    if (!observation.ok())
      Report("observation", observation.status(), kRebuild);
  }

  void CheckPriors() {
    const auto priors = ListPriors(store_, stream_.id);
    if (!priors.ok()) Report("priors", priors.status(), kRebuild);
  }

  void CheckBooks() {
    if (stream_.description.kind == StreamKind::kCamera &&
        time_rows_ != rows_) {
      Report("time rows", absl::DataLossError(absl::StrCat(time_rows_, " for ",
                                                           rows_, " GOPs")));
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
      Report("counts",
             absl::DataLossError(absl::StrCat(counts.samples_in,
                                              " samples in, but stored + "
                                              "dropped + rejected make ",
                                              sum)));
    }
    if (counts.stored != samples_) {
      Report("counts",
             absl::DataLossError(absl::StrCat(
                 counts.stored, " samples stored, but rows hold ", samples_)));
    }
    if (static_cast<uint64_t>(counts.stored_bytes) != bytes_ ||
        counts.chunks != rows_) {
      Report("counts",
             absl::DataLossError(absl::StrCat(
                 counts.stored_bytes, " bytes stored in ", counts.chunks,
                 " chunks, but ", rows_, " rows hold ", bytes_)));
    }
  }

  void CheckTable(const std::string& object, const GopRef& gop) {
    absl::StatusOr<FrameTable> table = FrameIndex(store_).Table(gop);
    if (!table.ok()) return Report(object, table.status());
    if (table->frames.size() != gop.row.frames) {
      return Report(object, absl::DataLossError(absl::StrCat(
                                "frame table of ", table->frames.size(),
                                " entries for ", gop.row.frames, " frames")));
    }
    for (const FrameEntry& entry : table->frames) {
      if (entry.offset > gop.row.size ||
          entry.size > gop.row.size - entry.offset) {
        return Report(object,
                      absl::DataLossError(absl::StrCat(
                          "picture at ", entry.offset, " of ", entry.size,
                          " bytes lies outside the chunk"
                          " of ",
                          gop.row.size)));
      }
    }
  }

  void CheckBlockBytes(const std::string& object, const BlockRow& row) {
    std::vector<uint8_t> bytes(row.bytes.begin(), row.bytes.end());
    if (row.is_chunk) {
      absl::StatusOr<std::vector<uint8_t>> chunk = store_->ReadChunk(row.chunk);
      if (!chunk.ok()) return Report(object, chunk.status());
      if (chunk->size() != row.chunk_bytes) {
        Report(object, absl::DataLossError(absl::StrCat(
                           "a chunk of ", chunk->size(),
                           " bytes, the row says ", row.chunk_bytes)));
      }
      bytes.insert(bytes.end(), chunk->begin(), chunk->end());
    }
    const auto named =
        std::span(bytes).subspan(row.is_chunk ? row.bytes.size() : 0);
    if (ChunkId::Of(named) != row.chunk) {
      return Report(object, absl::DataLossError("bytes differ from their id"));
    }
    absl::StatusOr<size_t> samples = CountSamples(bytes);
    if (!samples.ok()) return Report(object, samples.status());
    if (*samples != row.samples) {
      Report(object,
             absl::DataLossError(absl::StrCat(
                 *samples, " samples decode, the row says ", row.samples)));
    }
  }

  absl::StatusOr<size_t> CountSamples(const std::vector<uint8_t>& bytes) {
    if (stream_.description.kind == StreamKind::kOpaque) {
      auto packets = DecodeOpaqueBlock(bytes);
      if (!packets.ok()) return packets.status();
      return packets->size();
    }
    auto decoded = DecodeSeriesBlock(bytes);
    if (!decoded.ok()) return decoded.status();
    return decoded->batch.time_ns.size();
  }

  void Report(const std::string& object, const absl::Status& status,
              const char* next = kReingest) {
    StoreProblem problem;
    problem.object = absl::StrCat("stream '", stream_.name, "' ", object);
    problem.what = std::string(status.message());
    problem.next = next;
    report_->problems.push_back(std::move(problem));
  }

  Store* const store_;
  const StreamSummary& stream_;
  const GopReader reader_;
  const bool deep_;
  VerifyReport* const report_;
  int64_t samples_ = 0;
  uint64_t bytes_ = 0;  // payload by the rows
  int64_t rows_ = 0;    // GOPs of view 0, or blocks
  int64_t time_rows_ = 0;
};

}  // namespace

absl::Status Engine::VerifyStream(const StreamRow& row, bool deep,
                                  const std::atomic<bool>* stop,
                                  VerifyReport* report) {
  absl::StatusOr<StreamSummary> stream = Summarise(row);
  if (!stream.ok()) {
    report->problems.push_back({absl::StrCat("stream '", row.name, "'"), 0,
                                std::string(stream.status().message()),
                                kRebuild});
    return absl::OkStatus();
  }
  StreamChecker checker(store_.get(), *stream, deep, report);
  const bool camera = stream->description.kind == StreamKind::kCamera;
  absl::Status status = store_->Scan(
      camera ? Family::kGop : Family::kBlock, StreamPrefix(row.id),
      StreamPrefix(row.id + 1),
      [&](std::string_view key, std::string_view value) {
        camera ? checker.CheckGop(key, value) : checker.CheckBlock(key, value);
        return !Stopped(stop);
      });
  if (!status.ok()) return status;
  if (Stopped(stop)) return absl::CancelledError("interrupted");
  status = store_->Scan(Family::kTime, StreamPrefix(row.id),
                        StreamPrefix(row.id + 1),
                        [&](std::string_view key, std::string_view value) {
                          checker.CheckTime(key, value);
                          return true;
                        });
  if (!status.ok()) return status;
  status =
      store_->Scan(Family::kSem, StreamPrefix(row.id), StreamPrefix(row.id + 1),
                   [&](std::string_view key, std::string_view value) {
                     checker.CheckObservation(key, value);
                     return !Stopped(stop);
                   });
  if (!status.ok()) return status;
  if (Stopped(stop)) return absl::CancelledError("interrupted");
  checker.CheckPriors();
  checker.CheckBooks();
  return absl::OkStatus();
}

absl::StatusOr<VerifyReport> Engine::Verify(const VerifyOptions& options) {
  ScrubOptions scrub;
  scrub.deep = options.deep;
  scrub.repair = options.repair;
  scrub.bytes_per_second = options.bytes_per_second;
  scrub.progress = [&](uint64_t done, uint64_t total) {
    if (options.progress) options.progress(done, total);
    return !Stopped(options.stop);
  };
  absl::StatusOr<VerifyReport> report = store_->Scrub(scrub);
  if (!report.ok()) return report.status();
  absl::StatusOr<std::vector<StreamRow>> rows = registry_.List();
  if (!rows.ok()) return rows.status();
  for (const StreamRow& row : *rows) {
    absl::Status status =
        VerifyStream(row, options.deep, options.stop, &*report);
    if (!status.ok()) return status;
  }
  return report;
}

}  // namespace fovea
