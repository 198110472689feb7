// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/build_paths.h"

namespace fovea::testing {

std::string SourceDir() { return FOVEA_SOURCE_DIR; }
std::string FoveaBinary() { return FOVEA_BINARY; }
std::string Compiler() { return FOVEA_CXX; }

}  // namespace fovea::testing
