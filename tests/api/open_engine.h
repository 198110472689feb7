// SPDX-License-Identifier: GPL-2.0-or-later
//
// An engine on a store of a test's own.

#ifndef FOVEA_TESTS_API_OPEN_ENGINE_H_
#define FOVEA_TESTS_API_OPEN_ENGINE_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "api/engine.h"

namespace fovea::testing {

// Makes the store where there is none; null, and a failed test, where it
// cannot be opened.
inline std::unique_ptr<Engine> OpenEngine(const std::string& store) {
  EngineOptions options;
  options.create = true;
  auto engine = Engine::Open(store, options);
  EXPECT_TRUE(engine.ok()) << engine.status();
  return engine.ok() ? *std::move(engine) : nullptr;
}

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_API_OPEN_ENGINE_H_
