// SPDX-License-Identifier: GPL-2.0-or-later
//
// The answers of a model's predecessor about one stream, while they are
// revalidated (api/revalidation.h): which there are, what the model says of a
// sample, and, where the bound passes, the copies.

#ifndef FOVEA_API_OLD_ANSWERS_H_
#define FOVEA_API_OLD_ANSWERS_H_

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/gop_reader.h"
#include "api/look_spans.h"
#include "api/revalidation.h"
#include "api/store.h"
#include "store/chunk_store.h"
#include "store/result_rows.h"

namespace fovea {

// Called in the order in which they stand here. Errors of the store but where
// more is said. Not thread-safe.
class OldAnswers {
 public:
  // `store` and `options` outlive this.
  OldAnswers(ChunkStore* store, StreamSummary stream,
             const RevalidationOptions& options);

  // Which answers there are.
  absl::Status Collect();
  int64_t to_sample() const {
    return std::min(options_.samples, report_.answers);
  }

  // Asks the model about a simple random sample; `asked` is called after each.
  // Errors of the model name the frame; kCancelled by `stop`.
  absl::Status Sample(const std::function<void()>& asked,
                      const std::atomic<bool>* stop);

  // What follows from it but with probability `alpha`.
  void Bound(double alpha);

  // Makes the copies, marked with the bound and this confidence.
  absl::Status Carry(double confidence);

  const RevalidatedStream& report() const { return report_; }

 private:
  // What the model said of a frame sampled.
  struct Said {
    std::string answer;
    int64_t cost_ns = 0;
  };

  const ModelDescription& model() const { return options_.model.description(); }
  absl::Status AboutFrame(uint64_t index, const absl::Status& error) const;
  std::string KeyOf(const ModelDigest& digest, uint64_t index) const;
  int64_t Now() const;
  int64_t MeanCost() const;

  absl::Status Scan(
      const ModelDigest& digest,
      const std::function<void(uint64_t, std::string_view)>& visit) const;
  absl::StatusOr<std::vector<FrameSpan>> Stored() const;
  absl::StatusOr<std::set<uint64_t>> Known() const;
  absl::StatusOr<std::optional<ResultRow>> Old(uint64_t index) const;

  std::vector<uint64_t> Choose() const;
  absl::Status AskAbout(const GopReader& reader, const GopRef& gop,
                        const std::vector<uint64_t>& indexes,
                        const std::function<void()>& asked);
  void Ask(uint64_t index, const Frame& frame, const ColorInfo& color);
  absl::Status Compare();
  absl::StatusOr<std::optional<ResultRow>> CopyOf(
      uint64_t index, const CarriedOver& mark) const;

  ChunkStore* const store_;
  const StreamSummary stream_;
  const RevalidationOptions& options_;
  RevalidatedStream report_;
  std::vector<uint64_t> indexes_;  // rising
  std::map<uint64_t, Said> said_;  // of the sample
  std::set<uint64_t> unread_;      // the rest of it
  int64_t cost_ns_ = 0;            // of all said
  absl::Status model_error_;
};

}  // namespace fovea

#endif  // FOVEA_API_OLD_ANSWERS_H_
