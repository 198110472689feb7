// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea bench ...: hands over to the program fovea-bench, which is apart so
// that only those who measure need its libraries.

#include <unistd.h>

#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "absl/status/status.h"
#include "cli/error_text.h"
#include "cli/verb.h"

namespace fovea::cli {
namespace {

constexpr char kProgram[] = "fovea-bench";

// Beside this program, else wherever the shell would look.
std::string ProgramPath() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return kProgram;
  const auto beside = self.parent_path() / kProgram;
  return std::filesystem::exists(beside, error) ? beside.string() : kProgram;
}

// Returns only where the program cannot be run.
absl::Status HandOver(std::vector<std::string> arguments) {
  std::string program = ProgramPath();
  std::vector<char*> words = {program.data()};
  for (std::string& argument : arguments) words.push_back(argument.data());
  words.push_back(nullptr);
  execvp(words[0], words.data());
  return WithNextStep(
      absl::NotFoundError(std::string(kProgram) +
                          ": not installed beside fovea nor on the PATH"),
      "build it with -DFOVEA_BENCH=ON");
}

}  // namespace

void AddBench(CLI::App* app, Context* context) {
  CLI::App* verb = app->add_subcommand(
      "bench", "Measure bytes against accuracy (runs fovea-bench)");
  verb->set_help_flag();  // the program's own
  verb->prefix_command();
  verb->callback([verb, context] {
    context->run = [verb]() -> absl::StatusOr<int> {
      return HandOver(verb->remaining());
    };
  });
}

}  // namespace fovea::cli
