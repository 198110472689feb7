// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/original_audit.h"

#include <bit>
#include <map>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/answer_promise.h"
#include "api/look_book.h"
#include "api/reuse_removal.h"
#include "filter/decision.h"
#include "filter/error_bound.h"
#include "filter/result_store.h"
#include "store/audit_rows.h"
#include "store/original_rows.h"

namespace fovea {
namespace {

constexpr auto kLastLoss = AnswerLoss::kBoxes;

// Originals of one model in one stream, by coin.
class OfModel {
 public:
  OfModel(ModelId model, AnswerLoss loss)
      : model_(std::move(model)), loss_(loss) {}

  void Add(uint64_t index, const OriginalRow& row) {
    AuditedOriginals& coin =
        coins_[{std::bit_cast<uint64_t>(row.share), row.seed}];
    if (coin.kept++ == 0) coin.first_index = index;
    coin.last_index = index;
    coin.share = row.share;
    coin.seed = row.seed;
    if (!row.given) {
      ++coin.not_given;
    } else if (row.given->judged) {
      Compare(*row.given, &coin);
    } else if (row.given->cause ==
               static_cast<uint8_t>(DecisionCause::kStored)) {
      ++coin.copied;
    } else {
      ++coin.unanswered;
    }
  }

  void MoveTo(double alpha, std::vector<AuditedOriginals>* all) {
    for (auto& [key, coin] : coins_) {
      coin.model = model_;
      coin.loss = loss_;
      for (OriginalTally* tally : {&coin.all, &coin.coding, &coin.reuse}) {
        tally->bound = Bound(*tally, coin.share, alpha);
      }
      all->push_back(std::move(coin));
    }
  }

 private:
  static double Bound(const OriginalTally& tally, double share, double alpha) {
    const bool all = share == 1 && tally.compared > 0;  // nothing to doubt
    return all ? static_cast<double>(tally.differ) /
                     static_cast<double>(tally.compared)
               : GreatestRate(tally.differ, tally.compared, alpha);
  }

  void Compare(const GivenLater& given, AuditedOriginals* coin) const {
    const bool differs = (given.wrong >> static_cast<int>(loss_) & 1) != 0;
    const auto count = [differs](OriginalTally* tally) {
      ++tally->compared;
      tally->differ += differs;
    };
    count(&coin->all);
    if (given.ran && given.coded) count(&coin->coding);
    if (!given.ran) count(&coin->reuse);
  }

  const ModelId model_;
  const AnswerLoss loss_;
  std::map<std::pair<uint64_t, uint64_t>, AuditedOriginals> coins_;
};

// Under which answers about the stream are held and reused.
absl::StatusOr<AnswerLoss> StoredLoss(StoreReader* store, StreamId stream,
                                      const ModelDigest& model) {
  const auto value = store->Get(
      Family::kMeta,
      AuditKey(stream, model, static_cast<uint8_t>(InputKind::kFrame)));
  if (absl::IsNotFound(value.status())) {
    const auto given = ReadPromise(store, stream, model);
    if (!given.ok()) return given.status();
    return given->loss;
  }
  if (!value.ok()) return value.status();
  const auto row = DecodeAuditRow(*value);
  if (!row.ok()) return row.status();
  if (row->loss > static_cast<uint8_t>(kLastLoss)) return AnswerLoss::kCounts;
  return static_cast<AnswerLoss>(row->loss);
}

absl::Status ReadOf(StoreReader* store, const AuditQuery& query,
                    const ModelDigest& model, OfModel* of_model) {
  absl::Status bad;
  const absl::Status scanned = store->Scan(
      Family::kRes, ResultPrefix(model, query.stream, query.first_index),
      ResultPrefix(model, query.stream + 1),
      [&](std::string_view key, std::string_view value) {
        const auto parts = ParseResultKey(key);
        bad = parts.status();
        if (!bad.ok() || parts->index >= query.end_index) return false;
        if (parts->kind != kOriginalKind) return true;
        const auto row = DecodeOriginalRow(value);
        if (row.ok()) {
          of_model->Add(parts->index, *row);
          return true;
        }
        bad = absl::Status(
            row.status().code(),
            absl::StrCat("original of stream ", query.stream, " at ",
                         parts->index, ": ", row.status().message(),
                         "; run 'fovea doctor --rebuild'"));
        return false;
      });
  return scanned.ok() ? bad : scanned;
}

}  // namespace

absl::StatusOr<std::vector<AuditedOriginals>> ReadOriginals(
    StoreReader* store, const AuditQuery& query,
    std::optional<AnswerLoss> loss) {
  if (!(query.confidence > 0 && query.confidence < 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("audit: a confidence of ", query.confidence,
                     "; one between 0 and 1 was expected"));
  }
  const auto looks = LookBook::Read(store, query.stream);
  if (!looks.ok()) return looks.status();
  const auto models = ModelsWithResults(store);
  if (!models.ok()) return models.status();
  std::vector<AuditedOriginals> audited;
  for (const ModelDigest& digest : *models) {
    if (query.model && *query.model != digest) continue;
    const auto stored = StoredLoss(store, query.stream, digest);
    if (!stored.ok() && !loss) return stored.status();
    ModelId model;
    model.digest = digest;
    const auto known = looks->models().find(digest);
    if (known != looks->models().end()) model.name = known->second.name;
    OfModel of_model(model, loss ? *loss : *stored);
    absl::Status read = ReadOf(store, query, digest, &of_model);
    if (!read.ok()) return read;
    of_model.MoveTo(1 - query.confidence, &audited);
  }
  return audited;
}

}  // namespace fovea
