// SPDX-License-Identifier: GPL-2.0-or-later
//
// The whole catalogue as one value, so that tests compare two of them.

#ifndef FOVEA_TESTS_STORE_CATALOGUE_DUMP_H_
#define FOVEA_TESTS_STORE_CATALOGUE_DUMP_H_

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "gtest/gtest.h"
#include "store/store.h"

namespace fovea::testing {

// Family number and key -> value.
using Dump = std::map<std::pair<int, std::string>, std::string>;

inline Dump DumpAll(Store& store) {
  Dump dump;
  for (int i = 0; i < kFamilyCount; ++i) {
    const absl::Status status =
        store.Scan(static_cast<Family>(i), "", "",
                   [&](std::string_view key, std::string_view value) {
                     dump[{i, std::string(key)}] = std::string(value);
                     return true;
                   });
    EXPECT_TRUE(status.ok()) << status;
  }
  return dump;
}

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_STORE_CATALOGUE_DUMP_H_
