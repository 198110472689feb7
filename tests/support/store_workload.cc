// SPDX-License-Identifier: GPL-2.0-or-later

#include "tests/support/store_workload.h"

#include <functional>
#include <iterator>
#include <set>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "store/decision_rows.h"
#include "store/result_rows.h"
#include "store/rows.h"
#include "tests/store/catalogue_dump.h"

namespace fovea::testing {
namespace {

constexpr char kCommitsKey[] = "wcommits";
constexpr StreamId kStreams = 3;
constexpr uint32_t kPayloadsPerCommit = 4;

// Rows that the store does not keep for itself.
bool IsCallers(Family family, std::string_view key) {
  if (family == Family::kMeta) return key.empty() || key.front() != '~';
  return family != Family::kLoc && family != Family::kRef &&
         family != Family::kGcq;
}

std::string RandomText(std::mt19937* chance, size_t bytes) {
  std::string text(bytes, '\0');
  for (char& c : text) c = static_cast<char>((*chance)());
  return text;
}

std::mt19937 DiceOf(uint32_t seed, uint64_t number) {
  std::seed_seq both{seed, static_cast<uint32_t>(number)};
  return std::mt19937(both);
}

void Put(Family family, const std::string& key, std::string value,
         CommitBatch* batch, StoreContent* content) {
  batch->PutRow(family, key, value);
  content->rows[{family, key}] = std::move(value);
}

void Delete(Family family, const std::string& key, CommitBatch* batch,
            StoreContent* content) {
  batch->DeleteRow(family, key);
  content->rows.erase({family, key});
}

std::string SeenAs(const std::string& key) {
  const GopKeyParts gop = *ParseGopKey(key);
  return ObservationKey(gop.stream, "car", 0, gop.first_index);
}

std::string PresentAs(const std::string& key) {
  const GopKeyParts gop = *ParseGopKey(key);
  return PresenceKey("car", 0, gop.stream, gop.first_index);
}

std::string AnsweredAs(const std::string& key) {
  const GopKeyParts gop = *ParseGopKey(key);
  return ResultKey({{}, gop.stream, gop.first_index, 0, 0});
}

DecisionKeyParts DecidedAs(const std::string& key) {
  const GopKeyParts gop = *ParseGopKey(key);
  return {gop.stream, {}, 0, gop.first_index, 0};
}

void Drop(const std::string& key, const ChunkId& id, CommitBatch* batch,
          StoreContent* content) {
  batch->DropChunk(id, key);
  content->owners.erase(key);
  Delete(Family::kGop, key, batch, content);
  Delete(Family::kFtab, key, batch, content);
  Delete(Family::kSem, SeenAs(key), batch, content);
  Delete(Family::kSemx, PresentAs(key), batch, content);
  Delete(Family::kRes, AnsweredAs(key), batch, content);
  Delete(Family::kDec, DecisionKey(DecidedAs(key)), batch, content);
}

std::string RowLabel(Family family, const std::string& key) {
  return absl::StrCat(FamilyName(family), " row '", absl::CHexEscape(key), "'");
}

std::string RowDifference(Dump rows, const StoreContent::Rows& wanted) {
  std::erase_if(rows, [](const auto& row) {
    return !IsCallers(static_cast<Family>(row.first.first), row.first.second);
  });
  for (const auto& [place, value] : wanted) {
    const auto& [family, key] = place;
    const auto found = rows.find({static_cast<int>(family), key});
    if (found == rows.end()) return RowLabel(family, key) + " is missing";
    if (found->second != value) return RowLabel(family, key) + " is another";
    rows.erase(found);
  }
  if (rows.empty()) return "";
  const auto& [family, key] = rows.begin()->first;
  return RowLabel(static_cast<Family>(family), key) + " should not be there";
}

}  // namespace

std::vector<uint8_t> StoreWorkload::Payload(uint32_t number) const {
  std::mt19937 chance = DiceOf(seed_ + 1, number);
  std::vector<uint8_t> bytes(chance() % payload_bytes_);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(chance());
  return bytes;
}

void StoreWorkload::PutGop(uint32_t number, const std::string& key,
                           CommitBatch* batch, StoreContent* content) const {
  const std::vector<uint8_t> payload = Payload(number);
  GopRow row;
  row.chunk = batch->PutChunk(payload, key);
  row.frames = 1;
  row.size = payload.size();
  content->owners[key] = number;
  Put(Family::kGop, key, EncodeGopRow(row), batch, content);
  std::mt19937 chance = DiceOf(seed_ + 2, number);
  Put(Family::kFtab, key, RandomText(&chance, 1 + chance() % row_bytes_), batch,
      content);
  Put(Family::kSem, SeenAs(key), EncodeObservationRow({1, "boxes"}), batch,
      content);
  Put(Family::kSemx, PresentAs(key), EncodePresenceRow({1, "minutes"}), batch,
      content);
  ResultRow result;
  result.answer = absl::StrCat("answer about ", number);
  Put(Family::kRes, AnsweredAs(key), EncodeResultRow(result), batch, content);
  DecisionEntry decision;
  decision.index = DecidedAs(key).index;
  decision.distance = static_cast<float>(number);
  Put(Family::kDec, DecisionKey(DecidedAs(key)),
      EncodeDecisionRow({1, {decision}}), batch, content);
}

void StoreWorkload::PutState(CommitBatch* batch, StoreContent* content) const {
  const uint64_t number = ++content->commits;
  Put(Family::kMeta, kCommitsKey, absl::StrCat(number), batch, content);
  Put(Family::kPrior, PriorKey(1, {}),
      EncodePriorRow({1, absl::StrCat("as of ", number)}), batch, content);
  BlockRow block;
  block.bytes = absl::StrCat("samples of ", number);
  block.chunk =
      ChunkId::Of(std::vector<uint8_t>(block.bytes.begin(), block.bytes.end()));
  block.samples = 1;
  Put(Family::kBlock, BlockKey(2, number % 50), EncodeBlockRow(block), batch,
      content);
}

CommitBatch StoreWorkload::Next(StoreContent* content) const {
  const uint64_t commit = content->commits + 1;
  std::mt19937 chance = DiceOf(seed_, commit);
  CommitBatch batch;
  const auto any_owner = [&] {
    return std::next(content->owners.begin(),
                     static_cast<long>(chance() % content->owners.size()));
  };
  if (chance() % 3 == 0) {
    for (auto i = chance() % 6; i > 0 && !content->owners.empty(); --i) {
      const auto [key, number] = *any_owner();
      Drop(key, ChunkId::Of(Payload(number)), &batch, content);
    }
  }
  if (chance() % 3 == 0 && !content->owners.empty()) {
    const std::string key = any_owner()->first;
    Put(Family::kFtab, key, RandomText(&chance, row_bytes_ / 2), &batch,
        content);
  }
  for (auto i = chance() % kPayloadsPerCommit; i > 0; --i) {
    const bool known = chance() % 4 == 0 && !content->owners.empty();
    const auto fresh = static_cast<uint32_t>(commit * kPayloadsPerCommit + i);
    const uint32_t number = known ? any_owner()->second : fresh;
    PutGop(number, GopKey(1 + chance() % kStreams, 0, fresh), &batch, content);
  }
  PutState(&batch, content);
  return batch;
}

CommitBatch StoreWorkload::Thin(StoreContent* content) const {
  CommitBatch batch;
  bool drop = true;
  for (const auto& [key, number] : std::map(content->owners)) {
    if (drop) Drop(key, ChunkId::Of(Payload(number)), &batch, content);
    drop = !drop;
  }
  PutState(&batch, content);
  return batch;
}

StoreContent StoreWorkload::After(uint64_t commits) const {
  StoreContent content;
  while (content.commits < commits) Next(&content);
  return content;
}

absl::StatusOr<uint64_t> StoreWorkload::CommitsIn(ChunkStore& store) {
  const absl::StatusOr<std::string> text =
      store.Get(Family::kMeta, kCommitsKey);
  if (absl::IsNotFound(text.status())) return 0;
  if (!text.ok()) return text.status();
  return std::stoull(*text);
}

std::string StoreWorkload::Difference(ChunkStore& store,
                                      const StoreContent& content) const {
  Dump rows = DumpAll(store);
  std::set<std::string> references;
  for (const auto& [place, value] : rows) {
    if (place.first == static_cast<int>(Family::kRef)) {
      references.insert(place.second);
    }
  }
  const std::string difference = RowDifference(std::move(rows), content.rows);
  if (!difference.empty()) return difference;
  for (const auto& [owner, number] : content.owners) {
    const std::vector<uint8_t> payload = Payload(number);
    const ChunkId id = ChunkId::Of(payload);
    const auto read = store.ReadChunk(id);
    if (!read.ok()) return read.status().ToString();
    if (*read != payload) return absl::StrCat("chunk ", id.ToHex(), " differs");
    const std::string reference(id.bytes.begin(), id.bytes.end());
    if (references.erase(reference + owner) == 0) return "a lost reference";
  }
  return references.empty() ? "" : "a reference nobody made";
}

StoreRun::StoreRun(std::string path, ChunkStoreOptions options, uint32_t seed,
                   uint32_t dice)
    : path_(std::move(path)),
      options_(std::move(options)),
      workload_(seed),
      chance_(DiceOf(seed, dice)) {
  options_.create = true;
  options_.now_ns = [this] { return now_ns_; };
}

ChunkStoreOptions StoreRun::SmallOptions(uint32_t seed) {
  std::mt19937 chance(seed);
  ChunkStoreOptions options;
  options.segment_bytes = 10'000 + chance() % 90'000;
  options.catalogue_buffer_bytes = 64 << 10;
  return options;
}

void StoreRun::Close() {
  closing_ = true;
  store_.reset();
  closing_ = false;
}

absl::Status StoreRun::Open() {
  Close();
  auto store = ChunkStore::Open(path_, options_);
  if (!store.ok()) return store.status();
  store_ = *std::move(store);
  const auto commits = StoreWorkload::CommitsIn(*store_);
  if (!commits.ok()) return commits.status();
  content_ = workload_.After(*commits);
  begun_ = acknowledged_ = *commits;
  return absl::OkStatus();
}

absl::Status StoreRun::RandomStep() {
  const auto chance = chance_() % 100;
  if (chance < 5) return Open();
  if (chance < 10) return Prune();
  if (chance < 12) return Rebuild();
  if (chance < 14) return VerifyClean();
  if (chance < 18) StepClock(chance % 2 == 0 ? 5 : -2);
  return Commit();
}

absl::Status StoreRun::ReferenceScenario() {
  const auto commit = [this](int times) {
    absl::Status status;
    while (status.ok() && times-- > 0) status = Commit();
    return status;
  };
  const std::function<absl::Status()> steps[] = {
      [&] { return Open(); },        [&] { return commit(12); },
      [&] { return Open(); },        [&] { return StepClock(1), commit(8); },
      [&] { return Prune(); },       [&] { return commit(3); },
      [&] { return VerifyClean(); }, [&] { return Rebuild(); },
      [&] { return commit(2); },     [&] { return Open(); },
  };
  for (const auto& step : steps) {
    if (absl::Status status = step(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status StoreRun::Commit() {
  CommitBatch batch = workload_.Next(&content_);
  begun_ = content_.commits;
  const absl::Status status = store_->Commit(std::move(batch)).status();
  if (status.ok()) {
    acknowledged_ = content_.commits;
  } else {
    content_ = workload_.After(acknowledged_);
  }
  return status;
}

absl::Status StoreRun::Rebuild() {
  Close();
  if (absl::Status s = ChunkStore::Rebuild(path_, options_); !s.ok()) return s;
  return Open();
}

absl::Status StoreRun::VerifyClean() {
  const auto report = store_->Scrub({.deep = true});
  if (!report.ok() || report->problems.empty()) return report.status();
  return absl::DataLossError(
      absl::StrCat(report->problems[0].object, ": ", report->problems[0].what));
}

std::string FaultOf(ChunkStore& store, const StoreWorkload& workload,
                    uint64_t acknowledged, uint64_t begun) {
  const auto held = StoreWorkload::CommitsIn(store);
  if (!held.ok()) return held.status().ToString();
  if (*held < acknowledged || *held > begun) {
    return absl::StrCat(*held, " commits are there, ", acknowledged,
                        " were acknowledged, ", begun, " begun");
  }
  std::string fault = workload.Difference(store, workload.After(*held));
  if (!fault.empty()) return fault;
  const auto report = store.Scrub({.deep = true});
  if (!report.ok()) return report.status().ToString();
  if (report->problems.empty()) return "";
  return absl::StrCat(report->problems[0].object, ": ",
                      report->problems[0].what);
}

}  // namespace fovea::testing
