// SPDX-License-Identifier: GPL-2.0-or-later
//
// Small stages to look at.

#ifndef FOVEA_TESTS_API_SCENE_FIXTURE_H_
#define FOVEA_TESTS_API_SCENE_FIXTURE_H_

#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "api/scene.h"
#include "api/scene_stage.h"

namespace fovea {

inline SceneOptions SmallOptions() {
  SceneOptions options;
  options.width = 640;
  options.height = 360;
  options.seconds = 4;
  return options;
}

inline std::unique_ptr<scene::Stage> Build(const SceneOptions& options) {
  auto stage = scene::Stage::Create(options);
  EXPECT_TRUE(stage.ok()) << stage.status();
  return stage.ok() ? *std::move(stage) : nullptr;
}

}  // namespace fovea

#endif  // FOVEA_TESTS_API_SCENE_FIXTURE_H_
