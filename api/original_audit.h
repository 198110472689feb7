// SPDX-License-Identifier: GPL-2.0-or-later
//
// What coding, holding and reusing have cost together: answers given about
// stored frames against what the model said of the frames as they came in.

#ifndef FOVEA_API_ORIGINAL_AUDIT_H_
#define FOVEA_API_ORIGINAL_AUDIT_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "api/audit_log.h"
#include "codec/model_id.h"
#include "sensitivity/answer_loss.h"
#include "store/store_reader.h"

namespace fovea {

// Answers compared with those about the originals.
struct OriginalTally {
  int64_t compared = 0;
  int64_t differ = 0;
  // At most this share of all such answers differs, not of those compared
  // alone; 1 where none was compared.
  double bound = 1;
};

// Of one model and coin. Coins of other shares or seeds are other samples and
// are told by themselves, never pooled.
struct AuditedOriginals {
  ModelId model;  // its name as far as the stream knows it
  double share = 0;
  uint64_t seed = 0;
  AnswerLoss loss = AnswerLoss::kCounts;
  uint64_t first_index = 0, last_index = 0;  // of frames kept
  int64_t kept = 0;        // originals; what follows adds up to these
  int64_t not_given = 0;   // nobody has looked at the frame
  int64_t unanswered = 0;  // the model failed, or was not there
  int64_t copied = 0;      // answered as equal pictures elsewhere
  OriginalTally all;       // given about the frame, whatever way
  OriginalTally coding;    // of those: run on the picture as it is stored
  OriginalTally reuse;     // held or reused, on whichever picture
};

// By model, share and seed. `loss`: none, that under which the stream's
// answers are held and reused, or counts.
//
// Each bound holds with query.confidence for one look whose moment is not
// chosen by what earlier ones showed. The coin knows seed, stream, model and
// index alone, and nothing that is given depends on it, so of the answers of a
// tally those that were compared are a simple random sample; the limit is
// Clopper and Pearson's (GreatestRate()), which from a confidence of 90 % on is
// wrong no more often of draws without replacement (tests/filter); of a share
// of 1 it is what was found. Whatever the frames show and however their errors
// cluster. Errors of the store; kDataLoss names a row that cannot be read;
// kInvalidArgument: a confidence outside (0, 1).
absl::StatusOr<std::vector<AuditedOriginals>> ReadOriginals(
    StoreReader* store, const AuditQuery& query,
    std::optional<AnswerLoss> loss);

}  // namespace fovea

#endif  // FOVEA_API_ORIGINAL_AUDIT_H_
