// SPDX-License-Identifier: GPL-2.0-or-later
//
// Priors of a store's cameras as what they say, not as bytes.

#ifndef FOVEA_API_CAMERA_PRIORS_H_
#define FOVEA_API_CAMERA_PRIORS_H_

#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "codec/camera_prior.h"
#include "store/chunk_store.h"

namespace fovea {

// The camera's prior of a model for a picture of columns x rows macroblocks;
// none when nothing was learned yet, or on pictures of another size.
// kDataLoss names the camera: a prior that cannot be read, or whose model is
// not the one its row is kept under.
absl::StatusOr<std::optional<CameraPrior>> FindPrior(StoreReader* store,
                                                     StreamId camera,
                                                     const ModelDigest& model,
                                                     int columns, int rows);

// All of a camera's priors, by digest.
absl::StatusOr<std::vector<CameraPrior>> ListPriors(StoreReader* store,
                                                    StreamId camera);

// Adds `prior` to a commit, in place of the one there is.
absl::Status PutPrior(ChunkStore* store, StreamId camera,
                      const CameraPrior& prior, CommitBatch* batch);

}  // namespace fovea

#endif  // FOVEA_API_CAMERA_PRIORS_H_
