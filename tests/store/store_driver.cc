// SPDX-License-Identifier: GPL-2.0-or-later
//
// A process to be killed: works on a store at random until it is, and says
// on standard output what it found and what was acknowledged to it.
//
//   store_driver STORE SEED DICE

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "tests/support/store_workload.h"

namespace fovea::testing {
namespace {

void Say(const char* what, uint64_t commits) {
  const std::string line = absl::StrCat(what, " ", commits, "\n");
  // One write, so that a line is there whole or not at all.
  if (write(STDOUT_FILENO, line.data(), line.size()) < 0) _exit(2);
}

int Drive(const char* path, uint32_t seed, uint32_t dice) {
  StoreRun run(path, StoreRun::SmallOptions(seed), seed, dice);
  absl::Status status = run.Open();
  if (status.ok()) Say("found", run.acknowledged());
  while (status.ok()) {
    const uint64_t before = run.acknowledged();
    status = run.RandomStep();
    if (run.acknowledged() > before) Say("ack", run.acknowledged());
  }
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return 1;
}

uint32_t Number(const char* text) {
  return static_cast<uint32_t>(std::strtoul(text, nullptr, 10));
}

}  // namespace
}  // namespace fovea::testing

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  return fovea::testing::Drive(argv[1], fovea::testing::Number(argv[2]),
                               fovea::testing::Number(argv[3]));
}
