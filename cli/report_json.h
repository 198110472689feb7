// SPDX-License-Identifier: GPL-2.0-or-later
//
// What verbs report, as JSON. Each document names its schema; times and
// lengths of time are strings of integer nanoseconds, since JSON numbers
// lose precision beyond 2^53.

#ifndef FOVEA_CLI_REPORT_JSON_H_
#define FOVEA_CLI_REPORT_JSON_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "api/derived_report.h"
#include "api/ingest.h"
#include "api/store.h"

namespace fovea::cli {

using Json = nlohmann::ordered_json;

// {"schema": "fovea.VERB/1"}.
Json Document(const std::string& verb);

// `indent` -1: one line. Bytes that are not UTF-8 become U+FFFD.
std::string JsonText(const Json& json, int indent = 2);

// One line of an object whose last members are still to come: no brace
// closes it.
std::string OpenJson(const Json& object);

Json NanosecondsJson(int64_t ns);
Json CameraJson(const CameraInfo& camera);
Json SeriesJson(const SeriesInfo& series);
Json SourceJson(const SourceInfo& info);
Json CountsJson(const StreamCounts& counts);
Json StreamJson(const StreamSummary& stream);
Json ObservationCountsJson(const DerivedReport& report);
Json PriorsJson(const DerivedReport& report);
Json IngestReportJson(const IngestReport& report);
Json AcknowledgementJson(const Acknowledgement& ack);
Json ProgressJson(const IngestProgress& progress);
Json UsageJson(const DiskUsage& usage);
Json VerifyJson(const VerifyReport& report);

}  // namespace fovea::cli

#endif  // FOVEA_CLI_REPORT_JSON_H_
