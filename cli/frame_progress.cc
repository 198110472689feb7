// SPDX-License-Identifier: GPL-2.0-or-later

#include "cli/frame_progress.h"

#include <cstdio>

#include "api/system_clock.h"
#include "cli/terminal.h"

namespace fovea::cli {
namespace {

ProgressPrinter MakePrinter(bool hidden, const std::string& color_mode) {
  const Terminal terminal = DescribeTerminal(2, color_mode);
  const ProgressMode mode = hidden                 ? ProgressMode::kNone
                            : terminal.interactive ? ProgressMode::kBar
                                                   : ProgressMode::kPlain;
  return ProgressPrinter(mode, terminal.columns, [](const std::string& bytes) {
    std::fwrite(bytes.data(), 1, bytes.size(), stderr);
  });
}

}  // namespace

FrameProgress::FrameProgress(const std::string& label, bool hidden,
                             const std::string& color_mode,
                             const std::string& unit)
    : label_(label), unit_(unit), printer_(MakePrinter(hidden, color_mode)) {}

void FrameProgress::Update(int64_t done, int64_t total) {
  const int64_t now = MonotonicNowNs();
  rate_.Update(now, static_cast<double>(done));
  ProgressState state;
  state.label = label_;
  state.done = static_cast<double>(done);
  state.total = static_cast<double>(total);
  state.unit = unit_;
  state.rate = rate_.per_second();
  state.remaining_ns = rate_.RemainingNs(state.total);
  printer_.Update(now, state);
}

}  // namespace fovea::cli
