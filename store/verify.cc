// SPDX-License-Identifier: GPL-2.0-or-later
//
// Verification: every segment record, and every row that names a chunk.
// Commits may go on meanwhile, so what looks wrong across two rows is looked
// at again while no commit runs. Segments are walked while prunes may run,
// too: a file that is removed under the walk stays readable to its end.

#include <algorithm>
#include <chrono>
#include <map>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "store/decision_rows.h"
#include "store/internal/catalogue_state.h"
#include "store/internal/leaks.h"
#include "store/internal/segment_store.h"
#include "store/internal/status_macros.h"
#include "store/original_rows.h"
#include "store/result_rows.h"
#include "store/rows.h"

namespace fovea {
namespace {

constexpr char kRestore[] =
    "restore the file from a backup, or remove the streams that need it";
constexpr size_t kLeaksPerScrub = 1 << 20;  // the next one finds the rest
constexpr char kRebuildNext[] = "run `fovea doctor --rebuild`";

std::string ChunkLabel(const ChunkId& id) {
  return absl::StrCat("chunk ", id.ToHex());
}

// Keeps a pass over many bytes to a rate.
class Pace {
 public:
  // 0: as fast as it goes.
  explicit Pace(uint64_t bytes_per_second)
      : bytes_per_second_(bytes_per_second), start_(Clock::now()) {}

  // Sleeps, no longer than a moment, when `done` bytes are more than the rate
  // allows; true when they still are afterwards.
  bool SleepABit(uint64_t done) const {
    if (bytes_per_second_ == 0) return false;
    const std::chrono::duration<double> due(
        static_cast<double>(done) / static_cast<double>(bytes_per_second_));
    const auto early = due - (Clock::now() - start_);
    if (early <= early.zero()) return false;
    std::this_thread::sleep_for(std::min<std::chrono::duration<double>>(
        early, std::chrono::milliseconds(50)));
    return true;
  }

 private:
  using Clock = std::chrono::steady_clock;
  const uint64_t bytes_per_second_;
  const Clock::time_point start_;
};

// Runs a check while no commit can change anything.
using Exclusively =
    std::function<absl::Status(const std::function<absl::Status()>&)>;

class Verifier {
 public:
  // Sees a reference that nobody holds.
  using OnLeak =
      std::function<absl::Status(const ChunkId&, std::string_view owner)>;

  Verifier(Catalogue* catalogue, SegmentFolder* folder, ScrubOptions options,
           Exclusively exclusively, OnLeak on_leak)
      : catalogue_(catalogue),
        folder_(folder),
        options_(std::move(options)),
        exclusively_(std::move(exclusively)),
        on_leak_(std::move(on_leak)) {}

  absl::Status CheckSegments() {
    FOVEA_ASSIGN_OR_RETURN(states_, ReadSegmentStates(catalogue_));
    for (const auto& [id, state] : states_) total_bytes_ += state.end;
    FOVEA_RETURN_IF_ERROR(exclusively_([this] { return CheckSequence(); }));
    if (options_.deep) {
      FOVEA_RETURN_IF_ERROR(
          Note(catalogue_->CheckFiles(), "catalogue", 0, kRebuildNext));
    }
    for (const auto& [id, state] : states_) {
      FOVEA_RETURN_IF_ERROR(CheckSegment(id, state));
    }
    return absl::OkStatus();
  }

  // Not while segments are removed.
  absl::StatusOr<VerifyReport> CheckRows() {
    FOVEA_RETURN_IF_ERROR(CheckStrangers());
    FOVEA_RETURN_IF_ERROR(CheckPlaces());
    FOVEA_RETURN_IF_ERROR(CheckRefs());
    FOVEA_RETURN_IF_ERROR(CheckWaitingRows());
    FOVEA_RETURN_IF_ERROR(CheckGops());
    FOVEA_RETURN_IF_ERROR(CheckBlocks());
    FOVEA_RETURN_IF_ERROR(CheckPriors());
    FOVEA_RETURN_IF_ERROR(CheckObservations());
    FOVEA_RETURN_IF_ERROR(CheckPresence());
    FOVEA_RETURN_IF_ERROR(CheckResults());
    FOVEA_RETURN_IF_ERROR(CheckDecisions());
    for (const Family family : {Family::kMeta, Family::kTime, Family::kFtab}) {
      FOVEA_RETURN_IF_ERROR(
          ForEachRow(family, [](auto, auto) { return absl::OkStatus(); }));
    }
    return std::move(report_);
  }

 private:
  void Problem(std::string object, uint64_t offset, std::string what,
               std::string next) {
    report_.problems.push_back({std::move(object), static_cast<int64_t>(offset),
                                std::move(what), std::move(next)});
  }

  // Damage becomes a problem; anything else ends the run.
  absl::Status Note(const absl::Status& status, const std::string& object,
                    uint64_t offset, const char* next) {
    if (status.ok() || !absl::IsDataLoss(status)) return status;
    Problem(object, offset, std::string(status.message()), next);
    return absl::OkStatus();
  }

  absl::Status CheckSequence() {
    return Note(CheckCatalogueNotAhead(folder_, catalogue_), "catalogue", 0,
                kRebuildNext);
  }

  // --- segments -----------------------------------------------------------

  absl::Status CheckSegment(uint64_t id, const SegmentState& state) {
    const std::string label = SegmentLabel(id);
    const auto reader = folder_->Reader(id);
    if (!reader.ok()) {
      FOVEA_ASSIGN_OR_RETURN(const SegmentStates now,
                             ReadSegmentStates(catalogue_));
      const auto still = now.find(id);
      const bool removed = still == now.end() || still->second.retired;
      return removed ? absl::OkStatus()
                     : Note(reader.status(), label, 0, kRestore);
    }
    report_.segments += 1;
    FOVEA_RETURN_IF_ERROR(
        Note((*reader)->ReadFileHeader().status(), label, 0, kRestore));
    FOVEA_ASSIGN_OR_RETURN(const uint64_t size, (*reader)->Size());
    CheckSize(id, state, size);
    const SegmentVisitor visitor = {
        [&](const RecordHeader& header) {
          FOVEA_RETURN_IF_ERROR(Advance(header.end() - header.offset));
          return Note(CheckRecord(**reader, header), label, header.offset,
                      kRestore);
        },
        [&](uint64_t begin, uint64_t end, const absl::Status& why) {
          FOVEA_RETURN_IF_ERROR(Advance(end - begin));
          return Note(why, label, begin, kRestore);
        }};
    return WalkSegment(**reader, kSegmentHeaderBytes, std::min(size, state.end),
                       visitor);
  }

  void CheckSize(uint64_t id, const SegmentState& state, uint64_t size) {
    if (size < state.end) {
      Problem(SegmentLabel(id), size,
              absl::StrCat("the file ends at ", size, ", expected ", state.end,
                           " bytes"),
              kRestore);
    }
    const bool newest = id == states_.rbegin()->first;
    if (size > state.end && !newest) {
      Problem(SegmentLabel(id), state.end,
              absl::StrCat(size - state.end, " bytes behind the last commit"),
              kRebuildNext);
    }
  }

  absl::Status CheckRecord(SegmentReader& reader, const RecordHeader& header) {
    if (header.type != RecordType::kChunk) {
      FOVEA_ASSIGN_OR_RETURN(const std::vector<uint8_t> payload,
                             reader.ReadPayload(header));
      return DecodeJournal(payload).status();
    }
    report_.chunks += 1;
    report_.bytes += static_cast<int64_t>(header.length);
    if (!options_.deep) return absl::OkStatus();
    FOVEA_ASSIGN_OR_RETURN(const std::vector<uint8_t> payload,
                           reader.ReadPayload(header));
    const ChunkId found = ChunkId::Of(payload);
    if (found == header.chunk) return absl::OkStatus();
    return absl::DataLossError(absl::StrCat(
        ChunkLabel(header.chunk), " holds bytes of SHA-256 ", found.ToHex()));
  }

  absl::Status Advance(uint64_t bytes) {
    done_bytes_ += bytes;
    const uint64_t done = std::min(done_bytes_, total_bytes_);
    do {
      if (options_.progress && !options_.progress(done, total_bytes_)) {
        return absl::CancelledError("verify: interrupted");
      }
    } while (pace_.SleepABit(done_bytes_));
    return absl::OkStatus();
  }

  absl::Status CheckStrangers() {
    FOVEA_ASSIGN_OR_RETURN(const SegmentStates now,
                           ReadSegmentStates(catalogue_));
    const uint64_t newest = now.empty() ? 0 : now.rbegin()->first;
    for (const uint64_t id : folder_->Ids()) {
      // A younger one is being started, or was when the process died.
      if (now.contains(id) || id > newest) continue;
      Problem(SegmentLabel(id), 0, "the catalogue does not know this file",
              kRebuildNext);
    }
    return absl::OkStatus();
  }

  // --- rows ---------------------------------------------------------------

  absl::Status ForEachRow(
      Family family,
      const std::function<absl::Status(std::string_view, std::string_view)>&
          check) {
    absl::Status failed;
    const absl::Status scanned = catalogue_->Scan(
        family, "", "", [&](std::string_view key, std::string_view value) {
          report_.rows += 1;
          failed = Note(check(key, value),
                        absl::StrCat("family ", FamilyName(family)), 0,
                        kRebuildNext);
          return failed.ok();
        });
    FOVEA_RETURN_IF_ERROR(failed);
    return Note(scanned, absl::StrCat("family ", FamilyName(family)), 0,
                kRebuildNext);
  }

  absl::Status CheckPlaces() {
    return ForEachRow(
        Family::kLoc, [this](std::string_view key, std::string_view value) {
          FOVEA_ASSIGN_OR_RETURN(const ChunkId id, ParsePlaceKey(key));
          FOVEA_ASSIGN_OR_RETURN(const ChunkPlace place, DecodePlace(value));
          FOVEA_RETURN_IF_ERROR(Note(CheckRecordIsThere(id, place),
                                     ChunkLabel(id), place.offset, kRestore));
          return CheckOwners(id);
        });
  }

  absl::Status CheckRecordIsThere(const ChunkId& id, const ChunkPlace& place) {
    FOVEA_ASSIGN_OR_RETURN(const auto reader, folder_->Reader(place.segment));
    FOVEA_ASSIGN_OR_RETURN(const uint64_t size, reader->Size());
    FOVEA_ASSIGN_OR_RETURN(const RecordHeader header,
                           reader->ReadHeader(place.offset, size));
    if (header.chunk == id && header.length == place.length) {
      return absl::OkStatus();
    }
    return absl::DataLossError(absl::StrCat(
        SegmentLabel(place.segment), " at offset ", place.offset, ": expected ",
        ChunkLabel(id), ", found ", ChunkLabel(header.chunk)));
  }

  // A chunk is owned or it waits, and its gcq row says which.
  absl::Status CheckOwners(const ChunkId& id) {
    FOVEA_ASSIGN_OR_RETURN(const std::string seen, OwnerMismatch(id));
    if (seen.empty()) return absl::OkStatus();
    return exclusively_([&]() -> absl::Status {
      FOVEA_ASSIGN_OR_RETURN(const std::string still, OwnerMismatch(id));
      if (!still.empty()) Problem(ChunkLabel(id), 0, still, kRebuildNext);
      return absl::OkStatus();
    });
  }

  absl::StatusOr<std::string> OwnerMismatch(const ChunkId& id) {
    FOVEA_ASSIGN_OR_RETURN(const std::optional<ChunkPlace> place,
                           ReadPlace(catalogue_, id));
    if (!place.has_value()) return std::string();
    FOVEA_ASSIGN_OR_RETURN(
        const bool owned,
        HasOwner(catalogue_, id, [](std::string_view) { return false; }));
    FOVEA_ASSIGN_OR_RETURN(
        const std::optional<std::string> queued,
        catalogue_->Get(Family::kGcq, WaitingKey(place->waiting_since, id)));
    const bool waits = place->waiting_since != 0 && queued.has_value();
    if (owned && waits) return std::string("has owners but waits for a prune");
    if (!owned && !waits) return std::string("has no owner and does not wait");
    return std::string();
  }

  absl::Status CheckChunkExists(const ChunkId& id, const std::string& who) {
    FOVEA_ASSIGN_OR_RETURN(const std::optional<ChunkPlace> place,
                           ReadPlace(catalogue_, id));
    if (!place.has_value()) {
      Problem(who, 0,
              absl::StrCat("names ", ChunkLabel(id), ", which is not stored"),
              kRebuildNext);
    }
    return absl::OkStatus();
  }

  absl::Status CheckRefs() {
    return ForEachRow(Family::kRef, [this](std::string_view key,
                                           std::string_view) {
      FOVEA_ASSIGN_OR_RETURN(const ChunkId id, ChunkOfRefKey(key));
      FOVEA_RETURN_IF_ERROR(CheckChunkExists(id, "reference"));
      const std::string_view owner = key.substr(RefPrefix(id).size());
      FOVEA_ASSIGN_OR_RETURN(const bool held, IsHeld(catalogue_, id, owner));
      if (held) return absl::OkStatus();
      report_.leaked_references += 1;
      return on_leak_(id, owner);
    });
  }

  absl::Status CheckWaitingRows() {
    return ForEachRow(Family::kGcq, [this](std::string_view key,
                                           std::string_view) {
      FOVEA_ASSIGN_OR_RETURN(const WaitingKeyParts parts, ParseWaitingKey(key));
      report_.unreferenced_chunks += 1;
      return CheckChunkExists(parts.chunk, "prune queue");
    });
  }

  absl::Status CheckGops() {
    return ForEachRow(
        Family::kGop, [this](std::string_view key, std::string_view value) {
          FOVEA_ASSIGN_OR_RETURN(const GopKeyParts parts, ParseGopKey(key));
          FOVEA_ASSIGN_OR_RETURN(const GopRow row, DecodeGopRow(value));
          return CheckChunkExists(row.chunk,
                                  absl::StrCat("stream ", parts.stream, " gop ",
                                               parts.first_index));
        });
  }

  absl::Status CheckBlocks() {
    return ForEachRow(
        Family::kBlock, [this](std::string_view key, std::string_view value) {
          FOVEA_ASSIGN_OR_RETURN(const BlockKeyParts parts, ParseBlockKey(key));
          FOVEA_ASSIGN_OR_RETURN(const BlockRow row, DecodeBlockRow(value));
          const std::string label =
              absl::StrCat("stream ", parts.stream, " block ", parts.block_seq);
          if (row.is_chunk) return CheckChunkExists(row.chunk, label);
          if (options_.deep && ChunkId::Of(BytesOfBlock(row)) != row.chunk) {
            Problem(label, 0, "bytes differ from their SHA-256", kRebuildNext);
          }
          return absl::OkStatus();
        });
  }

  absl::Status CheckPriors() {
    return ForEachRow(Family::kPrior,
                      [](std::string_view key, std::string_view value) {
                        FOVEA_RETURN_IF_ERROR(ParsePriorKey(key).status());
                        return DecodePriorRow(value).status();
                      });
  }

  absl::Status CheckObservations() {
    return ForEachRow(
        Family::kSem, [](std::string_view key, std::string_view value) {
          FOVEA_RETURN_IF_ERROR(ParseObservationKey(key).status());
          return DecodeObservationRow(value).status();
        });
  }

  absl::Status CheckPresence() {
    return ForEachRow(Family::kSemx,
                      [](std::string_view key, std::string_view value) {
                        FOVEA_RETURN_IF_ERROR(ParsePresenceKey(key).status());
                        return DecodePresenceRow(value).status();
                      });
  }

  absl::Status CheckResults() {
    return ForEachRow(Family::kRes, [](std::string_view key,
                                       std::string_view value) {
      FOVEA_ASSIGN_OR_RETURN(const ResultKeyParts parts, ParseResultKey(key));
      return parts.kind == kOriginalKind ? DecodeOriginalRow(value).status()
                                         : DecodeResultRow(value).status();
    });
  }

  absl::Status CheckDecisions() {
    return ForEachRow(Family::kDec,
                      [](std::string_view key, std::string_view value) {
                        FOVEA_ASSIGN_OR_RETURN(const DecisionKeyParts parts,
                                               ParseDecisionKey(key));
                        return DecodeDecisionRow(parts, value).status();
                      });
  }

  static std::span<const uint8_t> BytesOfBlock(const BlockRow& row) {
    return {reinterpret_cast<const uint8_t*>(row.bytes.data()),
            row.bytes.size()};
  }

  Catalogue* const catalogue_;
  SegmentFolder* const folder_;
  const ScrubOptions options_;
  const Exclusively exclusively_;
  const OnLeak on_leak_;
  Pace pace_{options_.bytes_per_second};

  SegmentStates states_;
  VerifyReport report_;
  uint64_t done_bytes_ = 0;
  uint64_t total_bytes_ = 0;
};

}  // namespace

absl::StatusOr<VerifyReport> SegmentStore::Scrub(const ScrubOptions& options) {
  const auto exclusively = [this](const std::function<absl::Status()>& check) {
    absl::MutexLock lock(&commit_mutex_);
    return check();
  };
  // Long reading renews the lease, too.
  absl::Status lease = CheckLease();
  ScrubOptions watched = options;
  watched.progress = [&](uint64_t done, uint64_t total) {
    lease.Update(CheckLease());
    return lease.ok() && (!options.progress || options.progress(done, total));
  };
  std::vector<Reference> leaks;
  const auto on_leak = [&](const ChunkId& id, std::string_view owner) {
    if (options.repair && leaks.size() < kLeaksPerScrub) {
      leaks.push_back({id, std::string(owner)});
    }
    return absl::OkStatus();
  };
  Verifier verifier(catalogue_, folder_, watched, exclusively, on_leak);
  const absl::Status walked = verifier.CheckSegments();
  if (!lease.ok()) return lease;
  FOVEA_RETURN_IF_ERROR(walked);
  absl::MutexLock maintenance(&maintenance_mutex_);
  FOVEA_ASSIGN_OR_RETURN(VerifyReport report, verifier.CheckRows());
  FOVEA_ASSIGN_OR_RETURN(report.leaks_mended, DropLeaks(leaks));
  return report;
}

}  // namespace fovea
