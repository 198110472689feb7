// SPDX-License-Identifier: GPL-2.0-or-later
//
// The report of an ingest, for people.

#ifndef FOVEA_CLI_INGEST_TEXT_H_
#define FOVEA_CLI_INGEST_TEXT_H_

#include <cstdint>
#include <string>

#include "api/ingest.h"

namespace fovea::cli {

// A table of the streams with the sum samples in = stored + dropped +
// rejected, why samples were rejected, gaps, tracks not kept, and the bytes
// in and out.
std::string IngestReportText(const IngestReport& report, int64_t elapsed_ns,
                             bool color);

// What to type next.
std::string IngestNextText(const IngestReport& report,
                           const std::string& store);

}  // namespace fovea::cli

#endif  // FOVEA_CLI_INGEST_TEXT_H_
