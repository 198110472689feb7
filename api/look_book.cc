// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/look_book.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "store/row_limits.h"

namespace fovea {
namespace {

// A track's number: model, frame it began at, which one of that frame.
constexpr int kTrackBits = 10;
constexpr int kIndexBits = 34;  // 18 years at 30 frames a second, then anew
static_assert(uint64_t{1} << kTrackBits == LookBook::kTracksPerLook);

// Looks that are forgotten cost no more than looking again.
void KeepWithinLimit(std::vector<LookSpan>* spans) {
  while (spans->size() > kRowLimits.max_look_spans) {
    spans->erase(std::ranges::min_element(*spans, {}, [](const LookSpan& s) {
      return s.end_index - s.first_index;
    }));
  }
}

}  // namespace

absl::StatusOr<LookBook> LookBook::Read(StoreReader* store, StreamId stream) {
  LookBook book(stream);
  absl::Status damage;
  const absl::Status scanned = store->Scan(
      Family::kMeta, ModelLooksPrefix(stream), ModelLooksPrefix(stream + 1),
      [&](std::string_view key, std::string_view value) {
        const auto model = ParseModelLooksKey(key);
        auto looks = DecodeModelLooks(value);
        damage.Update(model.status());
        damage.Update(looks.status());
        if (!damage.ok()) return false;
        book.models_[*model] = *std::move(looks);
        book.changes_[*model].stored = true;
        return true;
      });
  if (!scanned.ok()) return scanned;
  if (damage.ok()) return book;
  return absl::Status(
      damage.code(),
      absl::StrCat("stream ", stream, ": ", std::string(damage.message())));
}

std::vector<LookSpan> LookBook::SpansOf(const ModelKey& model) const {
  const auto known = models_.find(model);
  return known == models_.end() ? std::vector<LookSpan>() : known->second.spans;
}

absl::Status LookBook::Enter(const ModelId& model) {
  if (models_.contains(model.digest)) return absl::OkStatus();
  std::set<uint64_t> taken;
  for (const auto& [digest, looks] : models_) taken.insert(looks.number);
  uint64_t number = 1;
  while (taken.contains(number)) ++number;
  if (number > kMostModels) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "stream ", stream_, ": ", kMostModels,
        " models have looked at it, which is the most there can be"));
  }
  models_[model.digest] = {number, model.name, {}};
  return absl::OkStatus();
}

void LookBook::Add(const ModelKey& model, const LookSpan& span) {
  AddLooks(span, &models_.at(model).spans);
  KeepWithinLimit(&models_.at(model).spans);
  changes_[model].changed = true;
}

void LookBook::Cut(const ModelKey& model, FrameSpan span) {
  std::vector<LookSpan>& spans = models_.at(model).spans;
  const std::vector<LookSpan> before = spans;
  CutLooks(span, &spans);
  if (spans != before) changes_[model].changed = true;
}

void LookBook::CutAll(FrameSpan span) {
  for (const auto& [model, looks] : models_) Cut(model, span);
}

int64_t LookBook::FirstTrack(const ModelKey& model, uint64_t index) const {
  const uint64_t number = models_.at(model).number;
  return static_cast<int64_t>(number << (kIndexBits + kTrackBits) |
                              FirstMotionTrack(index));
}

uint64_t LookBook::FirstMotionTrack(uint64_t index) {
  return (index & ((uint64_t{1} << kIndexBits) - 1)) << kTrackBits;
}

void LookBook::Put(CommitBatch* batch) {
  for (auto& [model, change] : changes_) {
    if (!change.changed) continue;
    const std::string key = ModelLooksKey(stream_, model);
    const ModelLooks& looks = models_.at(model);
    if (!looks.spans.empty()) {
      batch->PutRow(Family::kMeta, key, EncodeModelLooks(looks));
    } else if (change.stored) {
      batch->DeleteRow(Family::kMeta, key);
    }
    change = {!looks.spans.empty(), false};
  }
}

absl::Status ForgetLooks(StoreReader* store, StreamId stream,
                         std::span<const IndexSpan> removed,
                         CommitBatch* batch) {
  auto book = LookBook::Read(store, stream);
  if (!book.ok()) return book.status();
  for (const IndexSpan& span : removed) {
    book->CutAll({span.first_index, span.end_index});
  }
  book->Put(batch);
  return absl::OkStatus();
}

}  // namespace fovea
