// SPDX-License-Identifier: GPL-2.0-or-later
//
// An store on a store of a test's own.

#ifndef FOVEA_TESTS_API_OPEN_STORE_H_
#define FOVEA_TESTS_API_OPEN_STORE_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "api/store.h"

namespace fovea::testing {

// Makes the store where there is none; null, and a failed test, where it
// cannot be opened.
inline std::unique_ptr<Store> OpenStore(const std::string& path) {
  StoreOptions options;
  options.create = true;
  options.path = path;
  auto store = Store::Open(options);
  EXPECT_TRUE(store.ok()) << store.status();
  return store.ok() ? *std::move(store) : nullptr;
}

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_API_OPEN_STORE_H_
