// SPDX-License-Identifier: GPL-2.0-or-later
//
// How samples of a stream were coded, as text and JSON.

#ifndef FOVEA_CLI_SERIES_ACCOUNT_TEXT_H_
#define FOVEA_CLI_SERIES_ACCOUNT_TEXT_H_

#include <string>
#include <vector>

#include "api/coding_tables.h"
#include "api/series_account.h"
#include "api/stream_summary.h"
#include "cli/report_json.h"

namespace fovea::cli {

// "1a2b3c4d", as blocks name tables.
std::string TableIdText(uint32_t id);

// "level normal, profile 1a2b3c4d"; empty of other kinds of streams.
std::string SeriesLevelText(const StreamDescription& description,
                            const std::vector<NamedTable>& tables);

// "5.48 bytes a row, 7.31 bits a value, times included"; empty where there is
// nothing, and of other kinds of streams.
std::string SeriesSizeText(const StreamSummary& stream);

// The same of InfoStream's document: level, device, profiles, sizes.
Json SeriesCodingJson(const StreamSummary& stream,
                      const std::vector<NamedTable>& tables);

std::string SeriesAccountText(const StreamSummary& stream,
                              const SeriesAccount& account);
Json SeriesAccountJson(const StreamSummary& stream,
                       const SeriesAccount& account);

// "1,200 windows in 15 of 15 blocks, 1,199 of 1,200 answers the same; ...";
// empty of what was not coded for a model.
std::string CodedWindowsText(const CodedWindows& coded);
Json CodedWindowsJson(const CodedWindows& coded);

}  // namespace fovea::cli

#endif  // FOVEA_CLI_SERIES_ACCOUNT_TEXT_H_
