// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea version: the program and the libraries it really runs with.

#include <string>

#include "cli/loaded_libraries.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verb.h"

namespace fovea::cli {
namespace {

int RunVersion(const Context& context) {
  const auto libraries = LoadedLibraries();
  if (context.json) {
    Json document = Document("version");
    document["version"] = FOVEA_VERSION;
    document["compiler"] = __VERSION__;
    document["libraries"] = Json::object();
    for (const auto& library : libraries) {
      document["libraries"][library.name] = library.version;
    }
    WriteJson(document);
    return kExitOk;
  }
  FactList facts;
  facts.Add("fovea", FOVEA_VERSION);
  facts.Add("compiler", __VERSION__);
  for (const auto& library : libraries) {
    facts.Add(library.name, library.version);
  }
  WriteResult(facts.Render());
  return kExitOk;
}

}  // namespace

void AddVersion(CLI::App* app, Context* context) {
  AddVerb(app, context, "version", "Tell versions of program and libraries",
          StoreNeed::kOptional,
          [context]() -> absl::StatusOr<int> { return RunVersion(*context); });
}

}  // namespace fovea::cli
