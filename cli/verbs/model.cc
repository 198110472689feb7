// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea model add|check|list|rm: the networks sensitivities are measured
// with, and programs that only answer.

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "api/model_check.h"
#include "api/model_folder.h"
#include "cli/model_text.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verb.h"

namespace fovea::cli {
namespace {

struct ModelArguments {
  std::string what;  // model.yaml, folder or name
  NewModel added;
  std::string folder = DefaultModelFolder();
  NetworkOptions network;
};

absl::StatusOr<int> RunAdd(const Context& context,
                           const ModelArguments& arguments) {
  NewModel model = arguments.added;
  model.card = arguments.what;
  const auto added = AddModel(model, arguments.folder);
  if (!added.ok()) return added.status();
  if (context.json) {
    Json document = Document("model.add");
    document["model"] = ModelJson(*added);
    WriteJson(document);
    return kExitOk;
  }
  FactList facts;
  const std::string name = model.name.empty() ? added->card.name : model.name;
  facts.Add("added", name);
  facts.Add("digest", DigestText(added->digest));
  facts.Add("card", added->card_path);
  WriteResult(facts.Render());
  WriteMessage(added->command.empty() ? "next: fovea profile FILE --model " +
                                            name + " -o FILE.fsen"
               : TakesWindows(added->card.decoder)
                   ? "next: fovea run STREAM --model " + name
                   : "next: fovea ingest FILE --model " + name);
  return kExitOk;
}

std::string LabelCountText(const ModelFiles& files) {
  return files.labels.empty()
             ? "none"
             : FormatCount(static_cast<int64_t>(files.labels.size()));
}

std::string CheckText(const ModelFiles& files, const ModelCheck& check) {
  FactList facts;
  facts.Add("model", Printable(files.card.name));
  facts.Add("digest", DigestText(files.digest));
  facts.Add("network",
            absl::StrCat(files.network_path, ", ", check.network.format, ", ",
                         FormatBytes(files.bytes)));
  facts.Add("decoder", DecoderName(files.card.decoder));
  facts.Add("labels", LabelCountText(files));
  if (!check.network.input_shape.empty()) {
    facts.Add("input", ShapeText(check.network.input_shape));
  }
  for (const auto& shape : check.output_shapes) {
    facts.Add("output", ShapeText(shape));
  }
  facts.Add("gradient", check.differentiable
                            ? "finite and not zero"
                            : "zero on noise: no sensitivities can be "
                              "measured with this model");
  return facts.Render();
}

// What it told of noise: boxes, or of windows classes.
std::string CheckText(const ModelFiles& files, size_t told) {
  FactList facts;
  facts.Add("model", Printable(files.card.name));
  facts.Add("digest", DigestText(files.digest));
  facts.Add("program", Printable(absl::StrJoin(files.command, " ")));
  facts.Add("labels", LabelCountText(files));
  const std::string count = FormatCount(static_cast<int64_t>(told));
  if (TakesWindows(files.card.decoder)) {
    facts.Add("answer", absl::StrCat(count, told == 1 ? " class" : " classes",
                                     " of a window of noise"));
    facts.Add("gradient", "answers only: no gradients");
  } else {
    facts.Add("answer", absl::StrCat(count, told == 1 ? " box" : " boxes",
                                     " on a picture of noise"));
    facts.Add("gradient",
              "answers only: no gradients; maps come from its boxes");
  }
  return facts.Render();
}

// How much it tells of noise.
absl::StatusOr<size_t> AskProgram(const ModelFiles& files) {
  if (TakesWindows(files.card.decoder)) {
    const auto model =
        WindowProgram::Start(DescriptionOf(files), ProgramOptionsOf(files));
    if (!model.ok()) return model.status();
    return CheckWindowProgram(model->get());
  }
  const auto model = OpenExternalModel(files);
  if (!model.ok()) return model.status();
  return CheckExternalModel(model->get());
}

absl::StatusOr<int> RunProgramCheck(const Context& context,
                                    const ModelFiles& files) {
  const auto told = AskProgram(files);
  if (!told.ok()) return told.status();
  if (context.json) {
    const char* what = TakesWindows(files.card.decoder) ? "classes" : "boxes";
    Json document = Document("model.check");
    document["model"] = ModelJson(files);
    document["check"] = {{what, *told}, {"differentiable", false}};
    WriteJson(document);
  } else {
    WriteResult(CheckText(files, *told));
  }
  return kExitOk;
}

absl::StatusOr<int> RunCheck(const Context& context,
                             const ModelArguments& arguments) {
  const auto files = ReadModel(arguments.what, arguments.folder);
  if (!files.ok()) return files.status();
  if (!files->command.empty()) return RunProgramCheck(context, *files);
  const auto model =
      OpenModel(arguments.what, arguments.folder, arguments.network);
  if (!model.ok()) return model.status();
  const auto check = CheckModel(model->get());
  if (!check.ok()) return check.status();
  if (context.json) {
    Json document = Document("model.check");
    document["model"] = ModelJson(*files);
    document["check"] = ModelCheckJson(*check);
    WriteJson(document);
  } else {
    WriteResult(CheckText(*files, *check));
  }
  return check->differentiable ? kExitOk : kExitFailed;
}

// A damaged model is listed with what is wrong with it.
absl::StatusOr<int> RunList(const Context& context,
                            const ModelArguments& arguments) {
  const auto names = ListModels(arguments.folder);
  if (!names.ok()) return names.status();
  Json models = Json::array();
  Table table({{"MODEL"}, {"DECODER"}, {"LABELS", Align::kRight}, {"DIGEST"}});
  bool whole = true;
  for (const std::string& name : *names) {
    const auto files = ReadModel(name, arguments.folder);
    if (!files.ok()) {
      whole = false;
      const std::string fault(files.status().message());
      models.push_back({{"name", name}, {"error", fault}});
      table.Add({Printable(name), "-", "-", Printable(fault)});
      continue;
    }
    models.push_back(ModelJson(*files));
    table.Add({Printable(name), DecoderName(files->card.decoder),
               FormatCount(static_cast<int64_t>(files->labels.size())),
               DigestText(files->digest).substr(0, 12)});
  }
  if (context.json) {
    Json document = Document("model.list");
    document["folder"] = arguments.folder;
    document["models"] = models;
    WriteJson(document);
  } else if (names->empty()) {
    WriteMessage("no models in " + arguments.folder +
                 "; add one: fovea model add model.yaml");
  } else {
    WriteResult(table.Render(DescribeTerminal(1, context.color).color));
  }
  return whole ? kExitOk : kExitFailed;
}

absl::StatusOr<int> RunRemove(const Context& context,
                              const ModelArguments& arguments) {
  absl::Status removed = RemoveModel(arguments.what, arguments.folder);
  if (!removed.ok()) return removed;
  if (context.json) {
    Json document = Document("model.rm");
    document["removed"] = arguments.what;
    WriteJson(document);
  } else {
    WriteMessage("removed " + arguments.what);
  }
  return kExitOk;
}

using Arguments = std::shared_ptr<ModelArguments>;

CLI::App* AddAction(CLI::App* model, Context* context, const std::string& name,
                    const std::string& description, const Arguments& arguments,
                    absl::StatusOr<int> (*run)(const Context&,
                                               const ModelArguments&)) {
  CLI::App* verb =
      AddVerb(model, context, name, description, StoreNeed::kOptional,
              [context, arguments, run] { return run(*context, *arguments); });
  verb->add_option("--models", arguments->folder, "Folder of added models")
      ->type_name("DIR")
      ->capture_default_str();
  return verb;
}

void AddWhat(CLI::App* verb, const Arguments& arguments,
             const std::string& description, const std::string& type) {
  verb->add_option("model", arguments->what, description)
      ->type_name(type)
      ->required();
}

}  // namespace

void AddModelVerb(CLI::App* app, Context* context) {
  CLI::App* model = app->add_subcommand(
      "model",
      "Add, check, list and remove models (model.yaml with ONNX, TorchScript "
      "or a program)");
  model->require_subcommand(1);
  const auto arguments = std::make_shared<ModelArguments>();
  CLI::App* add = AddAction(
      model, context, "add",
      "Check a model and keep a copy of it under its name", arguments, RunAdd);
  AddWhat(add, arguments, "model.yaml or the folder that holds it", "CARD");
  add->add_option("--name", arguments->added.name, "Instead of the card's")
      ->type_name("NAME");
  add->add_option("--network", arguments->added.network,
                  "Network file (default: the one the card names, beside it)")
      ->type_name("FILE");
  add->add_option("--labels", arguments->added.labels, "Label file (the same)")
      ->type_name("FILE");
  CLI::App* check =
      AddAction(model, context, "check",
                "Run a model forward and backward, tell its shapes and digest; "
                "ask a program once",
                arguments, RunCheck);
  AddWhat(check, arguments, "Name, model.yaml, or a folder with one", "MODEL");
  AddAction(model, context, "list", "List added models", arguments, RunList);
  CLI::App* remove = AddAction(model, context, "rm", "Remove an added model",
                               arguments, RunRemove);
  AddWhat(remove, arguments, "Name of an added model", "NAME");
}

}  // namespace fovea::cli
