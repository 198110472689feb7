// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea labels [STREAM]: what has been observed, and how often.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "api/store.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verb.h"

namespace fovea::cli {
namespace {

struct LabelsArguments {
  std::string stream;  // empty: all
};

std::string ListText(const std::vector<LabelSummary>& labels, bool color) {
  Table table({{"LABEL"}, {"STREAM"}, {"OBSERVATIONS", Align::kRight}});
  for (const LabelSummary& label : labels) {
    table.Add({label.label, label.stream, FormatCount(label.observations)});
  }
  return table.Render(color);
}

absl::StatusOr<int> RunLabels(const Context& context,
                              const LabelsArguments& arguments) {
  auto store = OpenStore(context, StoreMode::kRead);
  if (!store.ok()) return store.status();
  const auto labels = (*store)->Labels(arguments.stream);
  if (!labels.ok()) return labels.status();
  if (context.json) {
    Json document = Document("labels");
    document["labels"] = Json::array();
    for (const LabelSummary& label : *labels) {
      document["labels"].push_back({{"label", label.label},
                                    {"stream", label.stream},
                                    {"observations", label.observations}});
    }
    WriteJson(document);
    return kExitOk;
  }
  if (labels->empty()) {
    WriteMessage(
        "nothing has been observed yet; 'fovea run' has a model look, 'fovea "
        "annotate' reads a file of boxes");
    return kExitOk;
  }
  WriteResult(ListText(*labels, DescribeTerminal(1, context.color).color));
  return kExitOk;
}

}  // namespace

void AddLabels(CLI::App* app, Context* context) {
  auto arguments = std::make_shared<LabelsArguments>();
  CLI::App* verb =
      AddVerb(app, context, "labels", "List what has been observed",
              StoreNeed::kRequired,
              [context, arguments] { return RunLabels(*context, *arguments); });
  verb->add_option("stream", arguments->stream, "Of this stream alone")
      ->type_name("STREAM");
}

}  // namespace fovea::cli
