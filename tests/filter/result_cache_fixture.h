// SPDX-License-Identifier: GPL-2.0-or-later
//
// A result cache over a store in memory, and results whose distance can be
// read off them.

#ifndef FOVEA_TESTS_FILTER_RESULT_CACHE_FIXTURE_H_
#define FOVEA_TESTS_FILTER_RESULT_CACHE_FIXTURE_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "filter/result_cache.h"

namespace fovea {

inline constexpr ModelDigest kModel = {0xAB, 1};
inline constexpr ModelDigest kOtherModel = {0xCD, 2};
inline constexpr int64_t kSecond = 1'000'000'000;
inline constexpr uint64_t kStream = 1;

// A store in memory, which notes what is asked of it and can fail.
class FakeStore final : public ResultStore {
 public:
  absl::Status Load(const ModelDigest& model, InputKind kind, uint64_t stream,
                    const std::function<bool(Result)>& visit) override {
    for (const bool own : {true, false}) {
      for (const auto& [key, result] : rows) {
        if (result.model != model || result.kind != kind) continue;
        if ((result.stream == stream) != own) continue;
        if (!visit(result)) return absl::OkStatus();
      }
    }
    return absl::OkStatus();
  }
  absl::Status Put(const Result& result) override {
    if (!status.ok()) return status;
    rows[InputKeyOf(result)] = result;
    return absl::OkStatus();
  }
  absl::Status PutUses(const Result& result) override {
    if (!status.ok()) return status;
    const auto row = rows.find(InputKeyOf(result));
    if (row != rows.end()) row->second = result;
    return absl::OkStatus();
  }
  absl::Status Erase(const Result& result) override {
    if (!status.ok()) return status;
    rows.erase(InputKeyOf(result));
    return absl::OkStatus();
  }

  std::vector<uint64_t> Indexes() const {
    std::vector<uint64_t> indexes;
    for (const auto& [key, result] : rows) indexes.push_back(key.index);
    return indexes;
  }

  std::map<InputKey, Result> rows;
  absl::Status status;
};

// A picture of one row of ten cells, all at this level: as far from another
// as their levels.
inline Features Level(int level) {
  return {10, 1, std::vector<int8_t>(10, static_cast<int8_t>(level))};
}

inline Result MakeResult(uint64_t index, int level, uint64_t vote) {
  Result result;
  result.model = kModel;
  result.stream = kStream;
  result.index = index;
  result.features = Level(level);
  result.answer = "answer " + std::to_string(vote);
  result.vote = vote;
  result.time_ns = static_cast<int64_t>(index) * kSecond;
  result.cost_ns = 1'000'000;
  return result;
}

class ResultCacheTest : public ::testing::Test {
 protected:
  void Open(const ResultCacheOptions& options = {}) {
    cache_.emplace(kModel, InputKind::kFrame, options, &store_);
  }

  Admission Put(Result result) {
    const auto admission = cache_->Put(std::move(result));
    EXPECT_TRUE(admission.ok()) << admission.status();
    return admission.value_or(Admission::kRefused);
  }

  // At `levels`, of one vote, from index `first` on.
  void PutAll(uint64_t first, const std::vector<int>& levels, uint64_t vote) {
    for (const int level : levels) Put(MakeResult(first++, level, vote));
  }

  Lookup Find(int level, const LookupLimits& limits) {
    return cache_->Find({}, Level(level), 0, limits);
  }

  std::string Explain(int level, const LookupLimits& limits) {
    return cache_->Explain({}, Level(level), 0, limits);
  }

  bool Has(uint64_t index) {
    const auto found = store_.rows.find({kStream, index, 0});
    if (found == store_.rows.end()) return false;
    return Find(found->second.features.cells[0], {}).result != nullptr;
  }

  FakeStore store_;
  std::optional<ResultCache> cache_;
};

inline constexpr LookupLimits kWithin10 = {.most_distance = 10,
                                           .tight_distance = 1};

}  // namespace fovea

#endif  // FOVEA_TESTS_FILTER_RESULT_CACHE_FIXTURE_H_
