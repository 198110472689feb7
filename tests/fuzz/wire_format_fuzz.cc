// SPDX-License-Identifier: GPL-2.0-or-later
//
// Messages of both directions, of any bytes. What decodes is encoded to the
// same bytes again.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "store/wire_format.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto request = fovea::DecodeRequest(body);
  if (request.ok() && fovea::EncodeRequest(*request) != body) std::abort();
  const auto reply = fovea::DecodeReply(body);
  // A status that is OK has no message.
  if (reply.ok() && !reply->status.ok() && fovea::EncodeReply(*reply) != body) {
    std::abort();
  }
  const auto usage = fovea::DecodeUsage(body);
  if (usage.ok() && fovea::EncodeUsage(*usage) != body) std::abort();
  const auto report = fovea::DecodeBackupReport(body);
  if (report.ok() && fovea::EncodeBackupReport(*report) != body) std::abort();
  return 0;
}
