// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/camera_priors.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

absl::StatusOr<CameraPrior> FromRow(StreamId camera, const ModelKey& model,
                                    const DerivedRow& row) {
  const std::vector<uint8_t> bytes(row.body.begin(), row.body.end());
  auto prior = DecodeCameraPrior(bytes, CodecLimits());
  absl::Status status = prior.status();
  if (status.ok() && prior->model.digest != model) {
    status = absl::DataLossError("prior: made for another model");
  }
  if (status.ok()) return prior;
  return absl::Status(
      status.code(),
      absl::StrCat("stream ", camera, " ", std::string(status.message())));
}

}  // namespace

absl::StatusOr<std::optional<CameraPrior>> FindPrior(StoreReader* store,
                                                     StreamId camera,
                                                     const ModelDigest& model,
                                                     int columns, int rows) {
  const auto row = store->Prior(camera, model);
  if (absl::IsNotFound(row.status())) return std::nullopt;
  if (!row.ok()) return row.status();
  auto prior = FromRow(camera, model, *row);
  if (!prior.ok()) return prior.status();
  if (!prior->Fits(model, columns, rows)) return std::nullopt;
  return *std::move(prior);
}

absl::StatusOr<std::vector<CameraPrior>> ListPriors(StoreReader* store,
                                                    StreamId camera) {
  const auto entries = store->Priors(camera);
  if (!entries.ok()) return entries.status();
  std::vector<CameraPrior> priors;
  for (const ChunkStore::PriorEntry& entry : *entries) {
    auto prior = FromRow(camera, entry.model, entry.row);
    if (!prior.ok()) return prior.status();
    priors.push_back(*std::move(prior));
  }
  return priors;
}

absl::Status PutPrior(ChunkStore* store, StreamId camera,
                      const CameraPrior& prior, CommitBatch* batch) {
  const auto bytes = EncodeCameraPrior(prior);
  if (!bytes.ok()) return bytes.status();
  const std::string key = PriorKey(camera, prior.model.digest);
  const auto epoch = store->EpochFor(Family::kPrior, key);
  if (!epoch.ok()) return epoch.status();
  batch->PutRow(Family::kPrior, key,
                EncodePriorRow({*epoch, {bytes->begin(), bytes->end()}}));
  return absl::OkStatus();
}

}  // namespace fovea
