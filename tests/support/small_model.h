// SPDX-License-Identifier: GPL-2.0-or-later
//
// A model small enough for tests: a convolution that sees edges, pooled to
// four classes.

#ifndef FOVEA_TESTS_SUPPORT_SMALL_MODEL_H_
#define FOVEA_TESTS_SUPPORT_SMALL_MODEL_H_

#include <string>

namespace fovea::testing {

// Writes model.yaml (called `name`), network.onnx and labels.txt into
// `folder`, which is made. The input is 48 x 32.
void WriteSmallModel(const std::string& folder, const std::string& name);

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_SUPPORT_SMALL_MODEL_H_
