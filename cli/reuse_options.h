// SPDX-License-Identifier: GPL-2.0-or-later
//
// The options of verbs that hold and reuse answers of models.

#ifndef FOVEA_CLI_REUSE_OPTIONS_H_
#define FOVEA_CLI_REUSE_OPTIONS_H_

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "api/model_reuse.h"

namespace fovea::cli {

struct ReuseArguments {
  std::optional<double> max_error;  // none: nothing is reused
  double confidence = 0.95;
  std::string loss = "counts";
  std::optional<int64_t> blind_ns;
  uint64_t seed = 1;
  bool no_cache = false;
  bool offline = false;
  std::string gate = "grid";
  std::string filter;  // file of `fovea learn filter`
};

// Of an option that holds a confidence; a share; and one that is not 0.
CLI::Validator ConfidenceCheck();
CLI::Validator ShareCheck();
CLI::Validator PositiveShareCheck();

void AddReuseOptions(CLI::App* verb, ReuseArguments* arguments);

// nullopt: answers are not to be reused. Errors of CheckReuseOptions(), and of
// reading the filter's file.
absl::StatusOr<std::optional<ReuseOptions>> ReuseOptionsOf(
    const ReuseArguments& arguments);

}  // namespace fovea::cli

#endif  // FOVEA_CLI_REUSE_OPTIONS_H_
