// SPDX-License-Identifier: GPL-2.0-or-later
//
// Retention policies: any text ends in a policy or in an error.

#include <cstddef>
#include <cstdint>
#include <string>

#include "api/retention_policy.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string yaml(reinterpret_cast<const char*>(data), size);
  const auto policy = fovea::ParseRetentionPolicy(yaml);
  if (!policy.ok()) return 0;
  policy->KeepOf("door-1");
  policy->ClassOf("door-1");
  policy->IsPinned("door-1", 0, 1);
  return 0;
}
