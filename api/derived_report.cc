// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/derived_report.h"

#include <utility>

#include "api/camera_priors.h"

namespace fovea {

absl::StatusOr<DerivedReport> ReportDerived(ChunkStore* store,
                                            StreamId stream) {
  DerivedReport report;
  auto labels = ListLabels(store, stream);
  if (!labels.ok()) return labels.status();
  report.observations = *std::move(labels);
  auto priors = ListPriors(store, stream);
  if (!priors.ok()) return priors.status();
  for (CameraPrior& prior : *priors) {
    report.priors.push_back({std::move(prior.model.name),
                             ChunkId{prior.model.digest}.ToHex(), prior.columns,
                             prior.rows, prior.frames, prior.reference});
  }
  return report;
}

}  // namespace fovea
