// SPDX-License-Identifier: GPL-2.0-or-later
//
// How long a test goes on: short where all tests run at each commit, long
// where a script of tests/campaigns says so.

#ifndef FOVEA_TESTS_SUPPORT_CAMPAIGN_H_
#define FOVEA_TESTS_SUPPORT_CAMPAIGN_H_

#include <cstdint>
#include <cstdlib>

namespace fovea::testing {

// The number in environment variable `name`; where it is not set `gate`, or
// a tenth of it under a sanitizer, which makes all that much slower.
inline uint32_t CampaignNumber(const char* name, uint32_t gate) {
  const char* const text = std::getenv(name);
  if (text != nullptr) {
    return static_cast<uint32_t>(std::strtoul(text, nullptr, 10));
  }
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return gate >= 10 ? gate / 10 : gate;
#else
  return gate;
#endif
}

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_SUPPORT_CAMPAIGN_H_
