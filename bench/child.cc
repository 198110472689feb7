// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/child.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace fovea::bench {
namespace {

double Seconds(const timeval& t) {
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
}

// The account outlives the process until it is reaped.
uint64_t DiskWrites(pid_t pid) {
  std::ifstream io("/proc/" + std::to_string(pid) + "/io");
  std::string key;
  uint64_t value = 0;
  while (io >> key >> value) {
    if (key == "write_bytes:") return value;
  }
  return 0;
}

[[noreturn]] void Exec(const std::vector<std::string>& command, int out) {
  std::vector<char*> argv;
  for (const std::string& word : command) {
    argv.push_back(const_cast<char*>(word.c_str()));
  }
  argv.push_back(nullptr);
  dup2(out, STDOUT_FILENO);
  execv(argv[0], argv.data());
  std::perror(argv[0]);
  _exit(127);
}

}  // namespace

ChildCost RunChild(const std::vector<std::string>& command) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) std::abort();
  const auto start = std::chrono::steady_clock::now();
  const pid_t pid = fork();
  if (pid < 0) std::abort();
  if (pid == 0) Exec(command, ends[1]);
  close(ends[1]);
  ChildCost cost;
  char buffer[4096];
  for (ssize_t n; (n = read(ends[0], buffer, sizeof buffer)) > 0;) {
    cost.output.append(buffer, static_cast<size_t>(n));
  }
  close(ends[0]);
  siginfo_t info;
  waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT);
  cost.wall_s =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
          .count();
  cost.disk_write_bytes = DiskWrites(pid);
  int status = 0;
  rusage usage;
  wait4(pid, &status, 0, &usage);
  cost.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  cost.cpu_s = Seconds(usage.ru_utime) + Seconds(usage.ru_stime);
  cost.peak_rss_kib = usage.ru_maxrss;
  return cost;
}

double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 != 0 ? values[middle]
                                : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace fovea::bench
