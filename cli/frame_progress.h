// SPDX-License-Identifier: GPL-2.0-or-later
//
// Progress of a job that is counted in frames or samples, on standard error.

#ifndef FOVEA_CLI_FRAME_PROGRESS_H_
#define FOVEA_CLI_FRAME_PROGRESS_H_

#include <cstdint>
#include <functional>
#include <string>

#include "cli/progress.h"

namespace fovea::cli {

class FrameProgress {
 public:
  FrameProgress(const std::string& label, bool hidden,
                const std::string& color_mode,
                const std::string& unit = "frames");

  // `total` 0: unknown.
  void Update(int64_t done, int64_t total);
  void Clear() { printer_.Clear(); }

  // Update() as what jobs call back; this must outlive it.
  std::function<void(int64_t, int64_t)> callback() {
    return [this](int64_t done, int64_t total) { Update(done, total); };
  }

 private:
  const std::string label_, unit_;
  ProgressPrinter printer_;
  RateEstimate rate_;
};

}  // namespace fovea::cli

#endif  // FOVEA_CLI_FRAME_PROGRESS_H_
