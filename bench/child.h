// SPDX-License-Identifier: GPL-2.0-or-later
//
// Runs a program and says what it cost, from the kernel's own accounts.

#ifndef FOVEA_BENCH_CHILD_H_
#define FOVEA_BENCH_CHILD_H_

#include <cstdint>
#include <string>
#include <vector>

namespace fovea::bench {

struct ChildCost {
  int exit_code = -1;
  double wall_s = 0;
  double cpu_s = 0;  // user + system
  int64_t peak_rss_kib = 0;
  uint64_t disk_write_bytes = 0;  // /proc/PID/io write_bytes
  std::string output;             // of stdout
};

// Runs `command` (path and arguments) to its end; stderr is dropped unless
// the child fails. Aborts the bench when it cannot be started.
ChildCost RunChild(const std::vector<std::string>& command);

double Median(std::vector<double> values);

}  // namespace fovea::bench

#endif  // FOVEA_BENCH_CHILD_H_
