// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea ls: the streams of a store.

#include <string>
#include <vector>

#include "api/store.h"
#include "api/time_text.h"
#include "cli/stream_text.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verb.h"

namespace fovea::cli {
namespace {

std::string ListText(const std::vector<StreamSummary>& streams, bool color) {
  Table table({{"NAME"},
               {"KIND"},
               {"WHAT"},
               {"COUNT", Align::kRight},
               {"DURATION", Align::kRight},
               {"BYTES", Align::kRight},
               {"START", Align::kRight}});
  for (const StreamSummary& s : streams) {
    table.Add({s.name, StreamKindName(s.description.kind),
               StreamWhat(s.description), FormatCount(s.counts.stored),
               FormatDuration(s.end_ns - s.start_ns),
               FormatBytes(static_cast<uint64_t>(s.counts.stored_bytes)),
               FormatStreamTime(s.start_ns)});
  }
  return table.Render(color);
}

absl::StatusOr<int> RunLs(const Context& context) {
  auto store = OpenStore(context, StoreMode::kRead);
  if (!store.ok()) return store.status();
  const auto streams = (*store)->Streams();
  if (!streams.ok()) return streams.status();
  if (context.json) {
    Json document = Document("ls");
    document["streams"] = Json::array();
    for (const auto& s : *streams) document["streams"].push_back(StreamJson(s));
    WriteJson(document);
    return kExitOk;
  }
  if (streams->empty()) {
    WriteMessage("no streams yet; 'fovea ingest SRC --store " + context.store +
                 "' adds some");
    return kExitOk;
  }
  WriteResult(ListText(*streams, DescribeTerminal(1, context.color).color));
  return kExitOk;
}

}  // namespace

void AddLs(CLI::App* app, Context* context) {
  AddVerb(app, context, "ls", "List the streams of a store",
          StoreNeed::kRequired, [context] { return RunLs(*context); });
}

}  // namespace fovea::cli
