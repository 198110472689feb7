// SPDX-License-Identifier: GPL-2.0-or-later
//
// Answers of queries, for people and for programs.

#ifndef FOVEA_CLI_QUERY_REPORT_H_
#define FOVEA_CLI_QUERY_REPORT_H_

#include <string>
#include <vector>

#include "api/query_answer.h"
#include "cli/report_json.h"

namespace fovea::cli {

// A row per clip under titles.
std::string ClipTable(const std::vector<QueryClip>& clips, bool color);

// "front@120-360".
std::string ClipName(const QueryClip& clip);

Json ClipJson(const QueryClip& clip);

// "stream,from_ns,to_ns,first_frame,last_frame,score\n" and a line per clip.
std::string ClipCsvHeader();
std::string ClipCsvRow(const QueryClip& clip);

// What an answer took, as lines of facts and as JSON.
std::string ExplainText(const std::string& query, const QueryAnswer& answer);
Json ExplainJson(const QueryAnswer& answer);

}  // namespace fovea::cli

#endif  // FOVEA_CLI_QUERY_REPORT_H_
