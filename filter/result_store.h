// SPDX-License-Identifier: GPL-2.0-or-later
//
// What models answered, kept beyond the process: declared here, implemented
// on the store (api/stored_results.h) or on nothing.

#ifndef FOVEA_FILTER_RESULT_STORE_H_
#define FOVEA_FILTER_RESULT_STORE_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "codec/model_id.h"
#include "filter/features.h"
#include "filter/fingerprint.h"

namespace fovea {

// What a model was asked about. Values are stored; never renumber.
enum class InputKind : uint8_t {
  kFrame = 0,
  kRegion = 1,  // of a frame
  kWindow = 2,  // of a sensor
};

// One input that a model was run on, and what it said. Answers that were
// themselves reused never become results.
struct Result {
  // The key: no answer of another model (its digest), of another input.
  ModelDigest model{};
  uint64_t stream = 0;  // 0: from another store
  uint64_t index = 0;   // of the frame or the window's first sample
  InputKind kind = InputKind::kFrame;
  uint32_t region = 0;  // which of the frame; 0 for whole inputs

  Fingerprint fingerprint;
  Features features;
  std::string answer;  // api/answer_text.h says how; opaque here
  // Equal for answers that count as the same under the declared loss.
  uint64_t vote = 0;
  int64_t time_ns = 0;  // of the input
  int64_t cost_ns = 0;  // what the model took
  uint32_t uses = 0;    // times it was given again
};

// Not thread-safe.
class ResultStore {
 public:
  virtual ~ResultStore() = default;

  // Visits what is stored of this model and kind, `stream`'s own first and
  // within a stream by rising index; false from `visit` ends it. kDataLoss
  // names a row that cannot be read.
  virtual absl::Status Load(const ModelDigest& model, InputKind kind,
                            uint64_t stream,
                            const std::function<bool(Result)>& visit) = 0;

  // Notes what comes with the next commit. Put() takes what the model was run
  // on, however often what it stands for has been used (Result::uses).
  virtual absl::Status Put(const Result& result) = 0;
  // It was put or loaded before, and its answer given again since. Where the
  // store has lost it meanwhile it stays lost.
  virtual absl::Status PutUses(const Result& result) = 0;
  virtual absl::Status Erase(const Result& result) = 0;
};

}  // namespace fovea

#endif  // FOVEA_FILTER_RESULT_STORE_H_
