// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea du: where the bytes are, by kind and by stream.

#include <map>
#include <string>
#include <vector>

#include "api/store.h"
#include "api/stream_space.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verb.h"

namespace fovea::cli {
namespace {

std::string KindsText(const DiskUsage& usage, bool color) {
  Table table({{"ON DISK"}, {"BYTES", Align::kRight}, {"", Align::kLeft}});
  const auto add = [&table](const char* what, uint64_t bytes,
                            const std::string& note) {
    table.Add({what, FormatBytes(bytes), note});
  };
  add("segments", usage.segment_bytes, FormatCount(usage.segments, "file"));
  add("  live chunks", usage.live_chunk_bytes, "");
  add("  dead chunks", usage.dead_chunk_bytes, "wait for a prune");
  add("  journal", usage.journal_bytes, "");
  add("catalogue", usage.catalogue_bytes, "");
  if (usage.ballast_bytes > 0) {
    add("ballast", usage.ballast_bytes, "for making room on a full disk");
  }
  add("sum", usage.store_bytes() + usage.ballast_bytes, "");
  return table.Render(color);
}

std::string StreamsText(const std::vector<StreamSummary>& streams,
                        std::map<StreamId, StreamSpace>& spaces, bool color) {
  Table table({{"STREAM"},
               {"KIND"},
               {"LOGICAL", Align::kRight},
               {"STORED", Align::kRight},
               {"OF THAT SHARED", Align::kRight}});
  StreamSpace sum;
  for (const StreamSummary& s : streams) {
    const StreamSpace& space = spaces[s.id];
    sum.logical += space.logical;
    sum.own += space.own;
    sum.shared += space.shared;
    table.Add({s.name, StreamKindName(s.description.kind),
               FormatBytes(space.logical), FormatBytes(space.stored()),
               FormatBytes(space.shared)});
  }
  table.Add({"sum", "", FormatBytes(sum.logical), FormatBytes(sum.stored()),
             FormatBytes(sum.shared)});
  return table.Render(color);
}

absl::StatusOr<int> RunDu(const Context& context) {
  auto store = OpenStore(context, StoreMode::kRead);
  if (!store.ok()) return store.status();
  const auto usage = (*store)->Usage();
  if (!usage.ok()) return usage.status();
  const auto streams = (*store)->Streams();
  if (!streams.ok()) return streams.status();
  auto spaces = MeasureStreams((*store)->chunks());
  if (!spaces.ok()) return spaces.status();
  if (context.json) {
    Json document = Document("du");
    document["usage"] = UsageJson(*usage);
    document["streams"] = Json::array();
    for (const StreamSummary& s : *streams) {
      const StreamSpace& space = (*spaces)[s.id];
      document["streams"].push_back({{"name", s.name},
                                     {"logical_bytes", space.logical},
                                     {"stored_bytes", space.stored()},
                                     {"shared_bytes", space.shared}});
    }
    WriteJson(document);
    return kExitOk;
  }
  const bool color = DescribeTerminal(1, context.color).color;
  WriteResult(KindsText(*usage, color) + "\n" +
              StreamsText(*streams, *spaces, color));
  WriteMessage(
      "stored: equal chunks once, those of several streams divided among them");
  return kExitOk;
}

}  // namespace

void AddDu(CLI::App* app, Context* context) {
  AddVerb(app, context, "du", "Tell where the bytes are", StoreNeed::kRequired,
          [context] { return RunDu(*context); });
}

}  // namespace fovea::cli
