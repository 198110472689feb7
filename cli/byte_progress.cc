// SPDX-License-Identifier: GPL-2.0-or-later

#include "cli/byte_progress.h"

#include <cstdio>

#include "api/system_clock.h"
#include "cli/terminal.h"

namespace fovea::cli {
namespace {

ProgressPrinter PrinterFor(const Context& context) {
  const Terminal terminal = DescribeTerminal(2, context.color);
  return {terminal.interactive && !context.no_progress ? ProgressMode::kBar
                                                       : ProgressMode::kNone,
          terminal.columns, [](const std::string& bytes) {
            std::fwrite(bytes.data(), 1, bytes.size(), stderr);
          }};
}

}  // namespace

ByteProgress::ByteProgress(const Context& context)
    : printer_(PrinterFor(context)) {}

void ByteProgress::Show(const std::string& label, uint64_t done,
                        uint64_t total) {
  const int64_t now = MonotonicNowNs();
  ProgressState state;
  state.label = label;
  state.bytes_as_unit = true;
  state.done = static_cast<double>(done);
  state.total = static_cast<double>(total);
  rate_.Update(now, state.done);
  state.remaining_ns = rate_.RemainingNs(state.total);
  printer_.Update(now, state);
}

}  // namespace fovea::cli
