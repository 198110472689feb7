// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/original_answers.h"

#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "api/answer_bytes.h"
#include "api/model_reuse.h"
#include "filter/auditor.h"
#include "sensitivity/answer_loss.h"

namespace fovea {
namespace {

constexpr AnswerLoss kLosses[] = {AnswerLoss::kLabels, AnswerLoss::kCounts,
                                  AnswerLoss::kBoxes};

// Keeps this coin apart from the one that checks reused answers.
constexpr uint64_t kSalt = 0x6F726967696E616CULL;

// By loss.
uint8_t WrongBits(const Answer& said, const Answer& given,
                  const ModelCard& card) {
  uint8_t bits = 0;
  for (const AnswerLoss loss : kLosses) {
    const bool wrong = Differs(said, given, card, loss);
    bits |= static_cast<uint8_t>(wrong << static_cast<int>(loss));
  }
  return bits;
}

}  // namespace

absl::Status CheckOriginalsOptions(const OriginalsOptions& options) {
  if (options.share > 0 && options.share <= 1) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("originals: of ", options.share,
                   " of the frames; a share above 0 and up to 1 was expected"));
}

bool IsOriginalKept(const OriginalsOptions& options, StreamId stream,
                    const ModelDigest& model, uint64_t index) {
  const uint64_t seed = CoinSeed(options.seed ^ kSalt, stream, model);
  return AuditCoin(seed, index) < options.share;
}

absl::Status OriginalAnswers::Keep(const OriginalsOptions& options,
                                   uint64_t index, const Answer& answer) {
  auto bytes = EncodeAnswer(answer, model_->card);
  if (!bytes.ok()) return bytes.status();
  Note note;
  note.is_new = true;
  note.row.share = options.share;
  note.row.seed = options.seed;
  note.row.answer = *std::move(bytes);
  if (absl::Status s = CheckOriginalRow(note.row); !s.ok()) return s;
  notes_[index] = std::move(note);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<OriginalRow>> OriginalAnswers::Find(
    uint64_t index) const {
  const auto note = notes_.find(index);
  if (note != notes_.end()) return note->second.row;
  const auto value =
      store_->Get(Family::kRes, OriginalKey(model_->id.digest, stream_, index));
  if (absl::IsNotFound(value.status())) return std::nullopt;
  if (!value.ok()) return value.status();
  auto row = DecodeOriginalRow(*value);
  if (!row.ok()) return std::nullopt;
  return *std::move(row);
}

void OriginalAnswers::Set(uint64_t index, OriginalRow row,
                          const std::optional<GivenLater>& given) {
  if (row.given == given) return;
  Note& note = notes_[index];
  note.retold = note.retold || row.given.has_value();
  note.row = std::move(row);
  note.row.given = given;
}

absl::Status OriginalAnswers::Judge(uint64_t index, const GivenAnswer& given) {
  auto kept = Find(index);
  if (!kept.ok()) return kept.status();
  if (!kept->has_value()) return absl::OkStatus();
  GivenLater later;
  later.kind = static_cast<uint8_t>(given.decision.kind);
  later.cause = static_cast<uint8_t>(given.decision.cause);
  later.ran = given.ran;
  later.coded = given.coded;
  if (given.answer != nullptr) {
    const auto said = DecodeAnswer((*kept)->answer);
    if (!said.ok()) return absl::OkStatus();
    later.judged = true;
    later.wrong = WrongBits(*said, *given.answer, model_->card);
  }
  Set(index, **std::move(kept), later);
  return absl::OkStatus();
}

absl::Status OriginalAnswers::ForEachStored(
    FrameSpan span,
    const std::function<void(uint64_t, const OriginalRow&)>& visit) const {
  const auto from = [&](uint64_t index) {
    return ResultPrefix(model_->id.digest, stream_, index);
  };
  return store_->Scan(Family::kRes, from(span.first_index),
                      from(span.end_index),
                      [&](std::string_view key, std::string_view value) {
                        const auto parts = ParseResultKey(key);
                        if (!parts.ok() || parts->kind != kOriginalKind) {
                          return true;
                        }
                        const auto row = DecodeOriginalRow(value);
                        if (row.ok()) visit(parts->index, *row);
                        return true;
                      });
}

absl::Status OriginalAnswers::NoteCopied(FrameSpan span, uint64_t step) {
  GivenLater copied;
  copied.kind = static_cast<uint8_t>(DecisionKind::kReuse);
  copied.cause = static_cast<uint8_t>(DecisionCause::kStored);
  copied.coded = true;
  return ForEachStored(span, [&](uint64_t index, const OriginalRow& row) {
    if (index % step == 0) Set(index, row, copied);
  });
}

absl::Status OriginalAnswers::Forget(FrameSpan span) {
  return ForEachStored(span, [&](uint64_t index, const OriginalRow& row) {
    Set(index, row, std::nullopt);
  });
}

absl::Status OriginalAnswers::MoveTo(CommitBatch* batch, uint64_t end_index) {
  while (!notes_.empty() && notes_.begin()->first < end_index) {
    const uint64_t index = notes_.begin()->first;
    Note note = std::move(notes_.begin()->second);
    notes_.erase(notes_.begin());
    const std::string key = OriginalKey(model_->id.digest, stream_, index);
    const auto stored = store_->Get(Family::kRes, key);
    const bool is_there = stored.ok();
    if (!is_there && !absl::IsNotFound(stored.status())) return stored.status();
    if (!is_there && !note.is_new) continue;
    const bool takes_back = note.retold || (note.is_new && is_there);
    const auto epoch =
        takes_back ? store_->NewEpoch() : store_->EpochFor(Family::kRes, key);
    if (!epoch.ok()) return epoch.status();
    note.row.epoch = *epoch;
    batch->PutRow(Family::kRes, key, EncodeOriginalRow(note.row));
  }
  return absl::OkStatus();
}

}  // namespace fovea
