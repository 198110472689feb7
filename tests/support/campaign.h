// SPDX-License-Identifier: GPL-2.0-or-later
//
// How long a test goes on: short where all tests run at each commit, long
// where a script of tests/campaigns says so.

#ifndef FOVEA_TESTS_SUPPORT_CAMPAIGN_H_
#define FOVEA_TESTS_SUPPORT_CAMPAIGN_H_

#include <cstdint>
#include <cstdlib>

namespace fovea::testing {

// The number in environment variable `name`, or `gate` where it is not set.
inline uint32_t CampaignNumber(const char* name, uint32_t gate) {
  const char* const text = std::getenv(name);
  if (text == nullptr) return gate;
  return static_cast<uint32_t>(std::strtoul(text, nullptr, 10));
}

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_SUPPORT_CAMPAIGN_H_
