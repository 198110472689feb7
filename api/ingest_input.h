// SPDX-License-Identifier: GPL-2.0-or-later
//
// What an ingest reads, opened.

#ifndef FOVEA_API_INGEST_INPUT_H_
#define FOVEA_API_INGEST_INPUT_H_

#include <atomic>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "api/ingest.h"
#include "codec/formats/source.h"

namespace fovea {

// What Store::Ingest() reads, opened before there need be a store.
struct IngestInput {
  std::string location;
  std::string name;  // of the camera stream
  std::unique_ptr<Source> source;
  std::unique_ptr<Source> imu;  // of options.imu_path, else null
};

// Errors: those of OpenSource(); kInvalidArgument for a name no stream can
// have.
absl::StatusOr<IngestInput> OpenIngestInput(const std::string& location,
                                            const IngestOptions& options,
                                            const std::atomic<bool>* stop);

}  // namespace fovea

#endif  // FOVEA_API_INGEST_INPUT_H_
