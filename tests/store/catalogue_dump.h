// SPDX-License-Identifier: GPL-2.0-or-later
//
// The whole catalogue as one value, so that tests compare two of them.

#ifndef FOVEA_TESTS_STORE_CATALOGUE_DUMP_H_
#define FOVEA_TESTS_STORE_CATALOGUE_DUMP_H_

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"
#include "store/chunk_store.h"

namespace fovea::testing {

// Family number and key -> value.
using Dump = std::map<std::pair<int, std::string>, std::string>;

inline Dump DumpAll(StoreReader& store) {
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

// The first rows in which two dumps differ, a line each; empty: none.
inline std::string Difference(const Dump& a, const Dump& b) {
  std::string text;
  const auto note = [&text](const char* which, const auto& row) {
    if (text.size() > 1000) return;
    text += std::string(which) + ' ' +
            FamilyName(static_cast<Family>(row.first.first)) + ' ' +
            absl::BytesToHexString(row.first.second) + " = " +
            absl::BytesToHexString(row.second.substr(0, 60)) + '\n';
  };
  for (const auto& row : a) {
    const auto other = b.find(row.first);
    if (other == b.end() || other->second != row.second) note("first:", row);
  }
  for (const auto& row : b) {
    const auto other = a.find(row.first);
    if (other == a.end() || other->second != row.second) note("second:", row);
  }
  return text;
}

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_STORE_CATALOGUE_DUMP_H_
