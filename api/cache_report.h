// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a store keeps of models' answers, why one is or is not given again,
// and room made among them.

#ifndef FOVEA_API_CACHE_REPORT_H_
#define FOVEA_API_CACHE_REPORT_H_

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "api/store.h"
#include "codec/model_id.h"
#include "sensitivity/model_description.h"
#include "store/rows.h"

namespace fovea {

struct CachedModel {
  ModelDigest digest{};
  std::string name;  // as some stream knows it; empty: none does
  int64_t results = 0;
  int64_t imported = 0;  // of those, from other stores
  int64_t carried = 0;   // of those, over from another model's
  int64_t streams = 0;   // they are about
  uint64_t bytes = 0;    // of their rows, keys too, and of originals
  // Kept to audit what is given (api/original_answers.h), never given.
  int64_t originals = 0;
  int64_t uses = 0;      // times one was given again
  int64_t saved_ns = 0;  // of the model's time by that
};

// By digest. kDataLoss names a row that cannot be read.
absl::StatusOr<std::vector<CachedModel>> ListCachedModels(Store* store);

struct CachePruneOptions {
  std::optional<ModelDigest> model;  // none: of all
  std::optional<StreamId> stream;    // none: of all; 0: imported
  bool unused = false;               // only what was never given again
  std::optional<int64_t> before_ns;  // only of inputs before this time
  bool dry_run = false;
};
struct CachePruned {
  int64_t results = 0;
  uint64_t bytes = 0;
};

// Takes results out, in commits of some thousand each; what was observed stays,
// and so do originals, which are never given. kCancelled by `stop`: what was
// committed is gone, and the same call goes on with the rest. Errors of the
// store.
absl::StatusOr<CachePruned> PruneCache(Store* store,
                                       const CachePruneOptions& options,
                                       const std::atomic<bool>* stop);

// In a sentence what the cache says about a frame of a camera, without the
// answer about that very frame, and why. Decodes the frame. kNotFound: no such
// frame.
absl::StatusOr<std::string> ExplainCache(Store* store,
                                         const std::string& stream,
                                         uint64_t index,
                                         const ModelDescription& model);

}  // namespace fovea

#endif  // FOVEA_API_CACHE_REPORT_H_
