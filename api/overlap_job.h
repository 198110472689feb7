// SPDX-License-Identifier: GPL-2.0-or-later
//
// Overlapping cameras: what two of them see is kept once. Finds the pairs in
// a store, says what they would save, codes the second camera of each again,
// coarse where the first one looks, and tells how far that has come.

#ifndef FOVEA_API_OVERLAP_JOB_H_
#define FOVEA_API_OVERLAP_JOB_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "api/overlap_admission.h"
#include "api/overlap_pair.h"
#include "api/store.h"

namespace fovea {

struct OverlapOptions {
  std::vector<std::string> streams;  // only these; empty: every camera

  AdmissionRules admission;

  // Models that must go on seeing what they see; they outlive the job. None:
  // the bytes and the PSNR of `admission` alone decide.
  std::vector<Model*> models;
  std::vector<ExternalModel*> external_models;
  // Frames between two looks of theirs, at each of the two cameras and at
  // the outcome. Less often: faster, and less is known.
  int look_every = 10;

  // QP offsets of the overlap, coarsest first: the first that is admitted on
  // the sample is taken.
  std::vector<int> qp_offsets = {18, 12, 6};
  int sample_gops = 3;  // per pair, coded to say what would be saved

  size_t nearest = 3;  // candidates looked at closely, per stream
  int looks = 5;       // times at which a pair is compared
  PairRules pair;

  // Pictures of one GOP are held at a time; GOPs beyond this are kept.
  uint64_t most_gop_bytes = 1ULL << 30;
};

// A pair that was looked at.
struct OverlapPairPlan {
  std::string first, second;  // the second would be coded again
  PairFinding finding;        // of the second in the first
  bool admitted = false;
  std::string why_not;  // where it is not
  int qp_offset = 0;    // the one chosen, or the last one tried
  OverlapTrial sample;
  uint64_t second_bytes = 0;     // of the whole stream
  uint64_t expected_saving = 0;  // bytes, from the sample
};

struct OverlapPlan {
  size_t cameras = 0;                  // that were looked at
  size_t candidates = 0;               // pairs looked at closely
  std::vector<OverlapPairPlan> pairs;  // verified ones first
};

// `done` of `total` steps of unequal length; `what` is under way.
using OverlapProgress = std::function<void(int64_t done, int64_t total)>;

// Changes nothing. A stream has one role: one that another was reduced
// against is not reduced, and the other way round. kNotFound for a name that
// is none; kCancelled once *stop.
absl::StatusOr<OverlapPlan> PlanOverlap(Store* store,
                                        const OverlapOptions& options,
                                        const OverlapProgress& progress,
                                        const std::atomic<bool>* stop);

struct OverlapApplied {
  std::string first, second;
  int64_t gops_reduced = 0, gops_kept = 0;  // of the whole job
  int64_t bytes_before = 0, bytes_after = 0;
  bool done = false;
};
struct OverlapReport {
  std::vector<OverlapApplied> streams;
  PruneReport prune;
  bool stopped = false;  // by the caller; goes on when applied again
};

// Goes on with what an earlier call left undone, then applies what
// PlanOverlap() admits. GOP by GOP: the new form is written beside the old
// one (a view of its own), read back and compared with what was tried, then
// one commit switches the stream to it and lets go of the old one. A GOP
// takes the coarsest form admitted together with all reduced before it by
// this call, and stays as it was where none is; a stream of which no GOP is
// reduced is left untouched. Not while one of the
// streams is ingested. The bytes come free at the end.
absl::StatusOr<OverlapReport> ApplyOverlap(Store* store,
                                           const OverlapOptions& options,
                                           const OverlapProgress& progress,
                                           const std::atomic<bool>* stop);

// What has been applied so far, by name of the reduced stream.
absl::StatusOr<std::vector<OverlapApplied>> OverlapStatus(Store* store);

}  // namespace fovea

#endif  // FOVEA_API_OVERLAP_JOB_H_
