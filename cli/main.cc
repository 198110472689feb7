// SPDX-License-Identifier: GPL-2.0-or-later
//
// The program `fovea`: builds the option tree, finds the verb, runs it, and
// turns what it returns into an exit code: 0 ok, 1 failed, 2 usage, 3
// finished with loss or skipped input, 130 or 143 interrupted after a clean
// close.

#include <CLI/CLI.hpp>
#include <cctype>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/nearest_name.h"
#include "cli/error_text.h"
#include "cli/interrupt.h"
#include "cli/terminal.h"
#include "cli/verb.h"

namespace fovea::cli {
namespace {

void AddVerbs(CLI::App* app, Context* context) {
  AddSample(app, context);
  AddIngest(app, context);
  AddLs(app, context);
  AddInfo(app, context);
  AddFrames(app, context);
  AddSeries(app, context);
  AddClock(app, context);
  AddQuery(app, context);
  AddLabels(app, context);
  AddLearn(app, context);
  AddAnnotate(app, context);
  AddAudit(app, context);
  AddCache(app, context);
  AddIndex(app, context);
  AddExport(app, context);
  AddEncode(app, context);
  AddDecode(app, context);
  AddInspect(app, context);
  AddModelVerb(app, context);
  AddProfile(app, context);
  AddRun(app, context);
  AddPlot(app, context);
  AddBench(app, context);
  AddDedup(app, context);
  AddRm(app, context);
  AddRetain(app, context);
  AddVerify(app, context);
  AddDu(app, context);
  AddMigrate(app, context);
  AddBackup(app, context);
  AddRestore(app, context);
  AddDoctor(app, context);
  AddVersion(app, context);
}

int UsageError(const std::string& verb, const std::string& what) {
  std::string line = absl::StrCat("fovea: ", verb.empty() ? "" : verb + ": ");
  line += what;
  if (what.find("; ") == std::string::npos) {
    line += verb.empty() ? "; 'fovea --help' lists the verbs"
                         : "; 'fovea " + verb + " --help' lists the options";
  }
  WriteMessage(line);
  return kExitUsage;
}

int UnknownWord(const std::string& verb, const std::string& word,
                const std::string& kind,
                const std::vector<std::string>& known) {
  const std::string nearest = NearestName(word, known);
  std::string what = absl::StrCat("'", word, "' is not ", kind);
  if (!nearest.empty()) what += absl::StrCat("; did you mean '", nearest, "'?");
  return UsageError(verb, what);
}

std::vector<std::string> VerbNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* verb : app.get_subcommands({})) {
    names.push_back(verb->get_name());
  }
  return names;
}

std::vector<std::string> OptionNames(const CLI::App& verb) {
  std::vector<std::string> names;
  for (const CLI::Option* option : verb.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      names.push_back("--" + name);
    }
  }
  return names;
}

// What CLI11 would take for an option's name in `argument`, or "".
std::string OptionNameIn(const std::string& argument) {
  if (argument.size() < 2 || argument[0] != '-') return "";
  if (std::isdigit(static_cast<unsigned char>(argument[1]))) return "";  // -6
  if (argument[1] != '-') return argument.substr(0, 2);
  return argument.substr(0, argument.find('='));
}

const CLI::App* VerbOf(const CLI::App& app, const std::string& name) {
  for (const CLI::App* verb : app.get_subcommands({})) {
    if (verb->get_name() == name) return verb;
  }
  return nullptr;
}

// CLI11 reports missing options before unknown ones, so a misspelt option
// would be told as a missing one: they are looked for here.
std::string FirstUnknownOption(const CLI::App& verb,
                               const std::vector<std::string>& arguments) {
  for (size_t i = 1; i < arguments.size(); ++i) {
    if (arguments[i] == "--") break;
    const std::string name = OptionNameIn(arguments[i]);
    if (!name.empty() && verb.get_option_no_throw(name) == nullptr) {
      return name;
    }
  }
  return "";
}

// 0 when every word has a place in the tree, else the exit code.
int CheckWords(const CLI::App& app, const std::vector<std::string>& arguments) {
  if (arguments.front()[0] == '-') {
    const std::string name = OptionNameIn(arguments.front());
    if (!name.empty() && app.get_option_no_throw(name) != nullptr) return 0;
    return UnknownWord("", arguments.front(), "an option without a verb",
                       OptionNames(app));
  }
  const CLI::App* verb = VerbOf(app, arguments.front());
  if (verb == nullptr) {
    return UnknownWord("", arguments.front(), "a verb", VerbNames(app));
  }
  if (verb->get_prefix_command()) return 0;  // another program's words
  std::string name = verb->get_name();
  // Verbs of two words, such as "plot heatmap".
  if (!VerbNames(*verb).empty() && arguments.size() > 1 &&
      arguments[1][0] != '-') {
    const CLI::App* second = VerbOf(*verb, arguments[1]);
    if (second == nullptr) {
      return UnknownWord(name, arguments[1], "a kind of it", VerbNames(*verb));
    }
    verb = second;
    name += " " + verb->get_name();
  }
  const std::string unknown = FirstUnknownOption(*verb, arguments);
  if (unknown.empty()) return 0;
  return UnknownWord(name, unknown, "an option of it", OptionNames(*verb));
}

int RunChosen(const Context& context, const std::string& verb) {
  const absl::StatusOr<int> code = context.run();
  if (!code.ok()) {
    WriteMessage(ErrorLine(code.status(), verb));
    FlushResults().IgnoreError();
    const bool interrupted =
        absl::IsCancelled(code.status()) && CaughtSignal() != 0;
    return interrupted ? 128 + CaughtSignal() : kExitFailed;
  }
  if (absl::Status flushed = FlushResults(); !flushed.ok()) {
    WriteMessage(ErrorLine(
        WithNextStep(flushed, "check the disk or program it is sent to"),
        verb));
    return kExitFailed;
  }
  return *code;
}

int ParseAndRun(CLI::App& app, Context& context,
                std::vector<std::string> arguments) {
  const std::string verb = arguments.front();
  try {
    // CLI11 takes arguments from the back.
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::Success& asked) {  // --help, --version
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    return UsageError(verb, error.what());
  }
  return RunChosen(context, verb);
}

std::vector<std::string> Arguments(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  // "fovea help ls" is "fovea ls --help".
  if (!arguments.empty() && arguments.front() == "help") {
    arguments.erase(arguments.begin());
    arguments.push_back("--help");
  }
  return arguments;
}

int Main(int argc, char** argv) {
  Context context;
  if (const char* store = std::getenv("FOVEA_STORE")) context.store = store;
  CLI::App app(
      "fovea: keeps camera and sensor data for machines: encodes it, stores "
      "it once, finds it again.",
      "fovea");
  app.set_version_flag("--version", std::string("fovea ") + FOVEA_VERSION);
  app.require_subcommand(1);
  app.footer("'fovea VERB --help' tells the options of a verb.");
  AddVerbs(&app, &context);
  const std::vector<std::string> arguments = Arguments(argc, argv);
  if (arguments.empty() || arguments.front().empty()) {
    return UsageError("", "no verb given");
  }
  if (const int code = CheckWords(app, arguments); code != 0) return code;
  return ParseAndRun(app, context, arguments);
}

}  // namespace
}  // namespace fovea::cli

int main(int argc, char** argv) { return fovea::cli::Main(argc, argv); }
