// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where this build has its sources, its program and its compiler. Functions,
// so that no other test is compiled anew for each folder that it is built in.

#ifndef FOVEA_TESTS_SUPPORT_BUILD_PATHS_H_
#define FOVEA_TESTS_SUPPORT_BUILD_PATHS_H_

#include <string>

namespace fovea::testing {

std::string SourceDir();    // the project's root
std::string FoveaBinary();  // the program `fovea`
std::string Compiler();     // of C++

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_SUPPORT_BUILD_PATHS_H_
