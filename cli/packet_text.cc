// SPDX-License-Identifier: GPL-2.0-or-later

#include "cli/packet_text.h"

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "api/time_text.h"
#include "cli/error_text.h"
#include "cli/model_text.h"
#include "cli/table.h"

namespace fovea::cli {
namespace {

std::string Percent(int64_t part, int64_t whole) {
  const double share =
      whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
  return absl::StrFormat("%.1f %%", 100 * share);
}

Json CountsJson(const PacketCameraReport& camera) {
  return {{"known", camera.known},
          {"packets", camera.packets},
          {"decoded", camera.decoded},
          {"looked", camera.looked},
          {"changed", camera.changed},
          {"held", camera.held},
          {"unanswered", camera.unanswered},
          {"oldest_answer_ns", NanosecondsJson(camera.oldest_ns)},
          {"oldest_answer_at_ns", NanosecondsJson(camera.oldest_at_ns)},
          {"overdue", camera.overdue},
          {"inferences", camera.run.inferences},
          {"observations", camera.run.observations},
          {"replaced", camera.run.replaced},
          {"gops_unread", camera.gops_unread}};
}

Json CameraJson(const PacketCameraReport& camera) {
  Json json = CountsJson(camera);
  json["stream"] = camera.stream;
  json["tracks"] = camera.run.tracks;
  json["labels"] = Json::object();
  for (const auto& [label, tracks] : camera.run.labels) {
    json["labels"][label] = tracks;
  }
  json["unread"] = Json::array();
  for (const RunReport::Unread& gop : camera.unread) {
    json["unread"].push_back({{"first_index", gop.first_index},
                              {"error", std::string(gop.error.message())}});
  }
  if (!camera.run.error.ok()) {
    json["error"] = std::string(camera.run.error.message());
    json["failed_index"] = camera.run.failed_index;
  }
  return json;
}

std::string BlindText(const PacketRunOptions& options,
                      const PacketRunReport& report) {
  std::vector<std::string> overdue;
  for (const PacketCameraReport& camera : report.cameras) {
    if (camera.overdue == 0) continue;
    overdue.push_back(absl::StrCat(Printable(camera.stream), " (",
                                   FormatCount(camera.overdue, "packet"), ")"));
  }
  const std::string most = FormatDuration(options.max_blind_ns);
  if (overdue.empty()) return absl::StrCat("never above ", most);
  return absl::StrCat("above ", most, ": ", absl::StrJoin(overdue, ", "));
}

Table CameraTable(const PacketRunReport& report) {
  Table table({{"CAMERA"},
               {"PACKETS", Align::kRight},
               {"DECODED", Align::kRight},
               {"LOOKED AT", Align::kRight},
               {"HELD", Align::kRight},
               {"UNANSWERED", Align::kRight},
               {"OLDEST ANSWER", Align::kRight},
               {"TRACKS", Align::kRight}});
  for (const PacketCameraReport& camera : report.cameras) {
    table.Add({Printable(camera.stream), FormatCount(camera.packets),
               FormatCount(camera.decoded), FormatCount(camera.looked),
               FormatCount(camera.held), FormatCount(camera.unanswered),
               FormatDuration(camera.oldest_ns),
               FormatCount(camera.run.tracks)});
  }
  return table;
}

}  // namespace

absl::StatusOr<DecodeBudget> ParseDecodeBudget(const std::string& text) {
  DecodeBudget budget;
  std::string number = text;
  const bool share = !number.empty() && number.back() == '%';
  if (share) number.pop_back();
  double value = 0;
  const bool good = absl::SimpleAtod(number, &value) && std::isfinite(value) &&
                    value > 0 && (!share || value <= 100);
  if (!good) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a decode budget of '", text,
        "': expected pictures a round, such as 4, or a share of all packets, "
        "such as 25%"));
  }
  (share ? budget.share : budget.pictures) = share ? value / 100 : value;
  return budget;
}

std::string DecodeBudgetText(const DecodeBudget& budget) {
  return budget.pictures > 0
             ? absl::StrCat(budget.pictures, " pictures a round")
             : absl::StrCat(100 * budget.share, " % of all packets");
}

void AddPacketRun(const PacketRunOptions& options,
                  const PacketRunReport& report, Json* document) {
  const PacketCameraReport total = report.Total();
  Json& json = *document;
  json["decode_budget"] = {{"pictures", options.budget.pictures},
                           {"share", options.budget.share}};
  json["loss"] = AnswerLossName(options.loss);
  json["max_blind_ns"] = NanosecondsJson(options.max_blind_ns);
  json["seed"] = options.seed;
  json["model"] = {{"name", total.run.model.name},
                   {"digest", DigestText(total.run.model.digest)}};
  json["rounds"] = report.rounds;
  json["most_decoded"] = report.most_decoded;
  json["bound"] = nullptr;  // nothing checks the answers held
  json["stopped"] = report.stopped;
  json["total"] = CountsJson(total);
  json["cameras"] = Json::array();
  for (const PacketCameraReport& camera : report.cameras) {
    json["cameras"].push_back(CameraJson(camera));
  }
}

std::string PacketRunText(const PacketRunOptions& options,
                          const PacketRunReport& report, bool color) {
  const PacketCameraReport total = report.Total();
  FactList facts;
  facts.Add("packets",
            absl::StrCat(FormatCount(total.packets), " in ",
                         FormatCount(report.rounds, "round"),
                         total.known > 0
                             ? absl::StrCat(", ", FormatCount(total.known),
                                            " looked at before")
                             : ""));
  facts.Add("decoded", absl::StrCat(FormatCount(total.decoded), ", ",
                                    Percent(total.decoded, total.packets),
                                    " of decoding all; at most ",
                                    report.most_decoded, " in a round, budget ",
                                    DecodeBudgetText(options.budget)));
  facts.Add(Printable(total.run.model.name),
            absl::StrCat("looked at ", FormatCount(total.looked), ", ",
                         FormatCount(total.changed), " with another answer; ",
                         FormatCount(total.held), " held, ",
                         FormatCount(total.unanswered), " unanswered"));
  facts.Add("oldest answer", absl::StrCat(FormatDuration(total.oldest_ns), "; ",
                                          BlindText(options, report)));
  facts.Add("errors", "answers held are not checked: no bound is claimed");
  return facts.Render() + "\n" + CameraTable(report).Render(color);
}

}  // namespace fovea::cli
