// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea run of an imu or series stream: models over its windows.

#ifndef FOVEA_CLI_WINDOW_RUN_H_
#define FOVEA_CLI_WINDOW_RUN_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "api/model_folder.h"
#include "api/store.h"
#include "cli/reuse_options.h"
#include "cli/verb.h"

namespace fovea::cli {

struct WindowRunArguments {
  std::string stream;
  std::vector<std::string> models;  // as ReadModel() takes them
  std::string folder;               // of added ones
  NetworkOptions network;
  int window = 0;  // samples; 0: as the card says
  int hop = 0;
  RangeArguments range;
  bool again = false, dry_run = false;
  ReuseArguments reuse;
};

// Runs one model after the other, reports, and returns the exit code. An error
// is that of the only model, or concerns all.
absl::StatusOr<int> RunOverWindows(const Context& context,
                                   const WindowRunArguments& arguments,
                                   Store* store);

}  // namespace fovea::cli

#endif  // FOVEA_CLI_WINDOW_RUN_H_
