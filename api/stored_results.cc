// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/stored_results.h"

#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

constexpr size_t kDigestBytesShown = 4;

}  // namespace

absl::Status AboutResult(const ResultKeyParts& key,
                         const absl::Status& status) {
  const std::string digest(key.model.begin(),
                           key.model.begin() + kDigestBytesShown);
  return absl::Status(
      status.code(),
      absl::StrCat("result of model ", absl::BytesToHexString(digest),
                   "... about stream ", key.stream, " at ", key.index, ": ",
                   std::string(status.message()),
                   "; run 'fovea doctor --rebuild'"));
}

absl::StatusOr<ResultRow> RowOf(const Result& result) {
  ResultRow row;
  row.fingerprint_version = kFingerprintVersion;
  row.coarse = result.fingerprint.coarse;
  row.fine = result.fingerprint.fine;
  row.columns = result.features.columns;
  row.rows = result.features.rows;
  row.cells = result.features.cells;
  row.vote = result.vote;
  row.time_ns = result.time_ns;
  row.cost_ns = result.cost_ns;
  row.uses = result.uses;
  row.answer = result.answer;
  if (absl::Status s = CheckResultRow(row); !s.ok()) return s;
  return row;
}

Result ResultOf(const ResultKeyParts& key, ResultRow row) {
  Result result;
  result.model = key.model;
  result.stream = key.stream;
  result.index = key.index;
  result.kind = static_cast<InputKind>(key.kind);
  result.region = key.region;
  result.fingerprint = {row.coarse, row.fine};
  result.features = {row.columns, row.rows, std::move(row.cells)};
  result.answer = std::move(row.answer);
  result.vote = row.vote;
  result.time_ns = row.time_ns;
  result.cost_ns = row.cost_ns;
  result.uses = row.uses;
  return result;
}

ResultKeyParts KeyOf(const Result& result) {
  return {result.model, result.stream, result.index,
          static_cast<uint8_t>(result.kind), result.region};
}

absl::StatusOr<bool> StoredResults::Visit(
    InputKind kind, const std::string& begin, const std::string& end,
    const std::function<bool(Result)>& visit) {
  absl::Status bad;
  bool go_on = true;
  const absl::Status scanned =
      store_->Scan(Family::kRes, begin, end,
                   [&](std::string_view key, std::string_view value) {
                     const auto parts = ParseResultKey(key);
                     bad = parts.status();
                     if (!bad.ok()) return false;
                     if (parts->kind != static_cast<uint8_t>(kind)) return true;
                     auto row = DecodeResultRow(value);
                     if (!row.ok()) bad = AboutResult(*parts, row.status());
                     if (!bad.ok()) return false;
                     if (row->fingerprint_version != kFingerprintVersion)
                       return true;
                     go_on = visit(ResultOf(*parts, *std::move(row)));
                     return go_on;
                   });
  if (!scanned.ok()) return scanned;
  if (!bad.ok()) return bad;
  return go_on;
}

absl::Status StoredResults::Load(const ModelDigest& model, InputKind kind,
                                 uint64_t stream,
                                 const std::function<bool(Result)>& visit) {
  const auto from = [&](StreamId id) { return ResultPrefix(model, id); };
  const std::string end = ResultPrefixEnd(model);
  std::vector<std::pair<std::string, std::string>> ranges;
  if (stream > 0) ranges.emplace_back(from(stream), from(stream + 1));
  ranges.emplace_back(from(0), from(1));
  if (stream > 1) ranges.emplace_back(from(1), from(stream));
  ranges.emplace_back(from(stream + 1), end);
  for (const auto& [begin, range_end] : ranges) {
    const auto go_on = Visit(kind, begin, range_end, visit);
    if (!go_on.ok()) return go_on.status();
    if (!*go_on) break;
  }
  return absl::OkStatus();
}

absl::Status StoredResults::Take(const Result& result, bool is_new) {
  auto row = RowOf(result);
  if (!row.ok()) return row.status();
  Note& note = notes_[ResultKey(KeyOf(result))];
  note.erased = false;
  note.is_new = note.is_new || is_new;
  note.row = *std::move(row);
  return absl::OkStatus();
}

absl::Status StoredResults::Put(const Result& result) {
  return Take(result, /*is_new=*/true);
}

absl::Status StoredResults::PutUses(const Result& result) {
  return Take(result, /*is_new=*/false);
}

absl::Status StoredResults::Erase(const Result& result) {
  Note erased;
  erased.erased = true;
  notes_[ResultKey(KeyOf(result))] = std::move(erased);
  return absl::OkStatus();
}

absl::Status StoredResults::MoveTo(CommitBatch* batch) {
  const auto notes = std::exchange(notes_, {});
  for (const auto& [key, note] : notes) {
    if (note.erased) {
      batch->DeleteRow(Family::kRes, key);
      continue;
    }
    ResultRow row = note.row;
    if (!note.is_new) {
      const auto stored = store_->Get(Family::kRes, key);
      if (absl::IsNotFound(stored.status())) continue;
      if (!stored.ok()) return stored.status();
      // What it passed when it was carried over, the filter does not know.
      const auto before = DecodeResultRow(*stored);
      if (before.ok()) row.carried = before->carried;
    }
    const auto epoch = store_->EpochFor(Family::kRes, key);
    if (!epoch.ok()) return epoch.status();
    row.epoch = *epoch;
    batch->PutRow(Family::kRes, key, EncodeResultRow(row));
  }
  return absl::OkStatus();
}

}  // namespace fovea
