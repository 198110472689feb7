// SPDX-License-Identifier: GPL-2.0-or-later
//
// What came of cameras that share a decode budget, for people and programs;
// and the budget as people write it.

#ifndef FOVEA_CLI_PACKET_TEXT_H_
#define FOVEA_CLI_PACKET_TEXT_H_

#include <string>

#include "absl/status/statusor.h"
#include "api/packet_run.h"
#include "cli/report_json.h"

namespace fovea::cli {

// "4" or "0.5" pictures a round, "25%" of all packets. kInvalidArgument: above
// 0 and at most 100 % was expected.
absl::StatusOr<DecodeBudget> ParseDecodeBudget(const std::string& text);
std::string DecodeBudgetText(const DecodeBudget& budget);

// Puts the report into a document.
void AddPacketRun(const PacketRunOptions& options,
                  const PacketRunReport& report, Json* document);

std::string PacketRunText(const PacketRunOptions& options,
                          const PacketRunReport& report, bool color);

}  // namespace fovea::cli

#endif  // FOVEA_CLI_PACKET_TEXT_H_
