// SPDX-License-Identifier: GPL-2.0-or-later

#include "tests/support/script_model.h"

#include <filesystem>

#include "tests/support/test_data.h"

namespace fovea::testing {

std::string AnsweringScript(const std::string& answer) {
  return "#!/bin/sh\nn=0\nwhile read path; do n=$((n+1)); " + answer +
         "; done\n";
}

void WriteScriptModel(const std::string& folder, const std::string& name,
                      const std::string& script, const std::string& more) {
  namespace fs = std::filesystem;
  fs::create_directories(folder);
  WriteFileText(folder + "/model.yaml",
                "name: " + name +
                    "\ncommand: [./detect.sh]\nlabels: labels.txt\n" + more);
  WriteFileText(folder + "/labels.txt", "nut\nwheel\n");
  WriteFileText(folder + "/detect.sh", script);
  fs::permissions(folder + "/detect.sh", fs::perms::owner_all);
}

}  // namespace fovea::testing
