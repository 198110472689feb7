// SPDX-License-Identifier: GPL-2.0-or-later

#include "cli/query_report.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "api/time_text.h"
#include "cli/csv_text.h"
#include "cli/motion_text.h"
#include "cli/table.h"

namespace fovea::cli {
namespace {

std::string FramesText(const QueryClip& clip) {
  if (!clip.frames.has_value()) return "-";
  return absl::StrCat(clip.frames->first, "-", clip.frames->last);
}

std::string ScoreText(double score) {
  return score > 0 ? absl::StrFormat("%.2f", score) : "-";
}

int64_t Signed(uint64_t count) { return static_cast<int64_t>(count); }

}  // namespace

std::string ClipTable(const std::vector<QueryClip>& clips, bool color) {
  Table table({{"STREAM"},
               {"FROM", Align::kRight},
               {"TO", Align::kRight},
               {"LENGTH", Align::kRight},
               {"FRAMES", Align::kRight},
               {"SCORE", Align::kRight}});
  for (const QueryClip& clip : clips) {
    table.Add({clip.stream, FormatStreamTime(clip.from_ns),
               FormatStreamTime(clip.to_ns),
               FormatDuration(clip.to_ns - clip.from_ns), FramesText(clip),
               ScoreText(clip.score)});
  }
  return table.Render(color);
}

std::string ClipName(const QueryClip& clip) {
  return clip.frames.has_value()
             ? absl::StrCat(clip.stream, "@", FramesText(clip))
             : absl::StrCat(clip.stream, "@", clip.from_ns, "ns");
}

Json ClipJson(const QueryClip& clip) {
  Json json = {{"stream", clip.stream},
               {"from_ns", NanosecondsJson(clip.from_ns)},
               {"to_ns", NanosecondsJson(clip.to_ns)}};
  if (clip.frames.has_value()) {
    json["first_frame"] = clip.frames->first;
    json["last_frame"] = clip.frames->last;
  }
  json["score"] = clip.score;
  return json;
}

std::string ClipCsvHeader() {
  return "stream,from_ns,to_ns,first_frame,last_frame,score\n";
}

std::string ClipCsvRow(const QueryClip& clip) {
  std::string row = CsvField(clip.stream);
  absl::StrAppend(&row, ",", clip.from_ns, ",", clip.to_ns, ",");
  if (clip.frames.has_value()) absl::StrAppend(&row, clip.frames->first);
  row += ',';
  if (clip.frames.has_value()) absl::StrAppend(&row, clip.frames->last);
  row += ',';
  AppendDouble(clip.score, &row);
  return row + '\n';
}

std::string ExplainText(const std::string& query, const QueryAnswer& answer) {
  const QueryWork& index = answer.index;
  const StoreWork& store = answer.store;
  FactList facts;
  facts.Add("query", query);
  facts.Add("streams", FormatCount(Signed(index.streams)) + " looked at");
  facts.Add("windows",
            absl::StrCat(FormatCount(Signed(index.windows)), " evaluated, ",
                         FormatDuration(index.skipped_ns),
                         " of recordings passed over by the label index"));
  facts.Add("label index", FormatCount(store.index_entries) + " entries read");
  facts.Add("observations", FormatCount(store.observations) + " read of sem");
  facts.Add("frame index", FormatCount(store.gop_rows, "row") + " of gop");
  facts.Add("sensors",
            absl::StrCat(FormatCount(store.block_rows, "row"), " of block, ",
                         FormatCount(store.samples, "sample"), " decoded"));
  if (answer.motion) facts.Add("motion", MotionSourcesText(*answer.motion));
  facts.Add("frames", "0 decoded");
  facts.Add("inferences", "0 run");
  return facts.Render();
}

Json ExplainJson(const QueryAnswer& answer) {
  const QueryWork& index = answer.index;
  const StoreWork& store = answer.store;
  Json json = {{"streams", index.streams},
               {"windows", index.windows},
               {"skipped_ns", NanosecondsJson(index.skipped_ns)},
               {"label_index_rows", store.index_entries},
               {"observations_read", store.observations},
               {"gop_rows", store.gop_rows},
               {"block_rows", store.block_rows},
               {"sensor_samples", store.samples},
               {"frames_decoded", 0},
               {"inferences_run", 0}};
  json["motion"] = nullptr;
  if (answer.motion) json["motion"] = MotionSourcesJson(*answer.motion);
  return json;
}

}  // namespace fovea::cli
