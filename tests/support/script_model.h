// SPDX-License-Identifier: GPL-2.0-or-later
//
// A model that only answers, as a shell script.

#ifndef FOVEA_TESTS_SUPPORT_SCRIPT_MODEL_H_
#define FOVEA_TESTS_SUPPORT_SCRIPT_MODEL_H_

#include <string>

namespace fovea::testing {

// One box of class 1, "wheel", at 0.9.
inline constexpr char kOneBox[] = "echo 16,16,40,40,0.9,1; echo";

// Answers each picture by `answer`, shell commands that see $path, and $n
// from 1 on.
std::string AnsweringScript(const std::string& answer);

// Writes model.yaml (called `name`, `more` at its end), detect.sh and
// labels.txt ("nut", "wheel") into `folder`, which is made.
void WriteScriptModel(const std::string& folder, const std::string& name,
                      const std::string& script, const std::string& more = "");

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_SUPPORT_SCRIPT_MODEL_H_
