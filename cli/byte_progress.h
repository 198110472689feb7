// SPDX-License-Identifier: GPL-2.0-or-later
//
// Progress of verbs that go through bytes: a bar on a terminal, else nothing.

#ifndef FOVEA_CLI_BYTE_PROGRESS_H_
#define FOVEA_CLI_BYTE_PROGRESS_H_

#include <cstdint>
#include <string>

#include "cli/progress.h"
#include "cli/verb.h"

namespace fovea::cli {

// Clears its bar when it goes.
class ByteProgress {
 public:
  explicit ByteProgress(const Context& context);
  ~ByteProgress() { printer_.Clear(); }
  ByteProgress(const ByteProgress&) = delete;
  ByteProgress& operator=(const ByteProgress&) = delete;

  void Show(const std::string& label, uint64_t done, uint64_t total);

 private:
  ProgressPrinter printer_;
  RateEstimate rate_;
};

}  // namespace fovea::cli

#endif  // FOVEA_CLI_BYTE_PROGRESS_H_
