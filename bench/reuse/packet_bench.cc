// SPDX-License-Identifier: GPL-2.0-or-later
//
// How much of sixteen cameras must be decoded so that nine answers in ten are
// what a model says of every picture: rules that look at sizes and types of
// packets alone, under budgets from one picture a round to all.
//
//   packet_bench [--quick] [--json] [--models NAME,...] [--traces FOLDER]
//
// A camera is served where 90 % of its answers agree (loss counts, labels).
// Intervals: stretches drawn again, 90 %. Costs in processor time.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <numeric>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "bench/accuracy/bootstrap.h"
#include "bench/recording.h"
#include "bench/reuse/packet_oracle.h"
#include "bench/reuse/packet_rules.h"
#include "bench/reuse/packet_streams.h"
#include "nlohmann/json.hpp"

namespace fovea::bench::reuse {
namespace {

constexpr int kSkipped = 77;
constexpr double kTarget = 0.9;
constexpr size_t kDraws = 400;
constexpr char kOracle[] = "oracle, on average";

struct Settings {
  std::vector<std::string> models = {"fastestdet", "yolox"};
  std::string data = ChooseRecordings({}, {""}).front();
  std::string traces = FOVEA_TRACES;
  std::vector<size_t> streams;  // empty: all
  size_t rounds = kPacketRounds;
  bool json = false, quick = false;
};

struct Point {
  double budget = 0;           // pictures a round
  std::vector<double> agreed;  // share, by stream
  double looks = 0;            // share of packets
  double us = 0;

  double Mean(std::span<const size_t> streams) const {
    double sum = 0;
    for (const size_t i : streams) sum += agreed[i];
    return sum / static_cast<double>(streams.size());
  }
  size_t Served(std::span<const size_t> streams) const {
    return static_cast<size_t>(std::ranges::count_if(
        streams, [&](size_t i) { return agreed[i] >= kTarget; }));
  }
};

struct Curve {
  std::string rule;
  std::vector<Point> points;  // budgets rise
};

double ShareOf(const std::vector<uint8_t>& flags) {
  return std::accumulate(flags.begin(), flags.end(), 0.0) /
         static_cast<double>(std::max<size_t>(1, flags.size()));
}

absl::StatusOr<Curve> CurveOf(const PacketEntry& entry, const Streams& streams,
                              const std::vector<double>& budgets) {
  Curve curve{entry.name, {}};
  const size_t first = FirstJudged(streams), end = streams.front().size();
  for (const double budget : budgets) {
    const auto rule = entry.make(budget);
    const auto outcome = Replay(streams, budget, first, end, rule.get());
    if (!outcome.ok()) {
      return absl::Status(
          outcome.status().code(),
          absl::StrCat(entry.name, ": ", outcome.status().message()));
    }
    Point point{budget, {}, 0, outcome->us};
    for (const auto& each : outcome->agreed) {
      point.agreed.push_back(ShareOf(each));
    }
    point.looks =
        outcome->looks / static_cast<double>((end - first) * streams.size());
    curve.points.push_back(std::move(point));
  }
  return curve;
}

Curve OracleCurve(const Streams& streams, const std::vector<double>& budgets) {
  Curve curve{kOracle, {}};
  for (const double budget : budgets) {
    curve.points.push_back({budget, OracleAgreement(streams, budget), 0, 0});
  }
  return curve;
}

// The share of all decoding that is saved where the mean over `streams` is as
// asked for, straight lines between budgets. 0: everything has to be decoded.
double SavedAt(const Curve& curve, std::span<const size_t> streams) {
  const double all = curve.points.back().budget;
  double before_budget = 0, before = 0;
  for (const Point& point : curve.points) {
    const double mean = point.Mean(streams);
    if (mean >= kTarget) {
      const double part = (kTarget - before) / (mean - before);
      return 1 - (before_budget + part * (point.budget - before_budget)) / all;
    }
    before_budget = point.budget;
    before = mean;
  }
  return 0;
}

// Agreement over all budgets but the last, under which all is decoded.
double MeanOfBudgets(const Curve& curve, std::span<const size_t> streams) {
  double sum = 0;
  const auto points = std::span(curve.points).first(curve.points.size() - 1);
  for (const Point& point : points) sum += point.Mean(streams);
  return sum / static_cast<double>(points.size());
}

// Streams of the same stretch come and go together.
std::vector<size_t> DrawStreams(const Streams& streams,
                                std::mt19937_64* random) {
  size_t stretches = 0;
  for (const PacketStream& each : streams) {
    stretches = std::max(stretches, each.stretch + 1);
  }
  std::vector<size_t> drawn;
  for (size_t i = 0; i < stretches; ++i) {
    const size_t stretch = (*random)() % stretches;
    for (size_t s = 0; s < streams.size(); ++s) {
      if (streams[s].stretch == stretch) drawn.push_back(s);
    }
  }
  return drawn;
}

std::vector<size_t> AllOf(const Streams& streams) {
  std::vector<size_t> all(streams.size());
  std::iota(all.begin(), all.end(), size_t{0});
  return all;
}

using Figure = double (*)(const Curve&, std::span<const size_t>);

// Of the figure, less the rival's (null: 0), by the same draws for all.
Interval IntervalOf(Figure figure, const Curve& curve, const Curve* rival,
                    const Streams& streams) {
  std::mt19937_64 random(7);
  Draws draws;
  for (size_t i = 0; i < kDraws; ++i) {
    const auto drawn = DrawStreams(streams, &random);
    const double other = rival != nullptr ? figure(*rival, drawn) : 0;
    draws.push_back(figure(curve, drawn) - other);
  }
  return NinetyPercent(draws).value_or(Interval{});
}

// "23 (16 to 38)" in percent, and the interval against the rival.
void PrintFigure(Figure figure, const Curve& curve, const Curve& rival,
                 const Streams& streams) {
  const Interval own = IntervalOf(figure, curve, nullptr, streams);
  const Interval gap = IntervalOf(figure, curve, &rival, streams);
  std::printf(" %.1f (%.0f to %.0f) | %+.1f to %+.1f |",
              100 * figure(curve, AllOf(streams)), 100 * own.low,
              100 * own.high, 100 * gap.low, 100 * gap.high);
}

const Curve& CurveCalled(const std::vector<Curve>& curves, const char* rule) {
  return *std::ranges::find(curves, rule, &Curve::rule);
}

void PrintTable(const std::vector<Curve>& curves, const Streams& streams) {
  const auto all = AllOf(streams);
  std::printf("| rule |");
  for (const Point& p : curves.front().points) std::printf(" %g |", p.budget);
  std::printf(
      " mean | against PacketGame | saved at 90 %% | against PacketGame | "
      "looks | us |\n|---|");
  for (size_t i = 0; i < curves.front().points.size(); ++i) std::printf("---|");
  std::printf("---|---|---|---|---|---|\n");
  for (const Curve& curve : curves) {
    std::printf("| %s |", curve.rule.c_str());
    for (const Point& point : curve.points) {
      std::printf(" %.1f, %zu |", 100 * point.Mean(all), point.Served(all));
    }
    const Curve& rival = CurveCalled(curves, "PacketGame");
    PrintFigure(MeanOfBudgets, curve, rival, streams);
    PrintFigure(SavedAt, curve, rival, streams);
    const Point& middle = curve.points[curve.points.size() / 2];
    std::printf(" %.2f | %.2f |\n", middle.looks, middle.us);
  }
  std::printf("\n");
}

// Agreement of each camera where rules differ, at one budget.
void PrintStreams(const std::vector<Curve>& curves, const Streams& streams) {
  const size_t at = curves.front().points.size() / 2;
  std::printf("Agreement at %g pictures a round: PacketGame, ours, oracle\n\n",
              curves.front().points[at].budget);
  for (size_t i = 0; i < streams.size(); ++i) {
    std::printf("- %s:", streams[i].name.c_str());
    for (const char* rule : {"PacketGame", "ours", kOracle}) {
      std::printf(" %.0f",
                  100 * CurveCalled(curves, rule).points[at].agreed[i]);
    }
    std::printf("\n");
  }
  std::printf("\n");
}

void PrintJson(const std::vector<Curve>& curves, const Streams& streams,
               const std::string& model, const char* loss) {
  const auto all = AllOf(streams);
  for (const Curve& curve : curves) {
    nlohmann::json points = nlohmann::json::array();
    for (const Point& point : curve.points) {
      points.push_back({{"budget", point.budget},
                        {"agreed", point.agreed},
                        {"served", point.Served(all)},
                        {"looks", point.looks},
                        {"us", point.us}});
    }
    const Interval own = IntervalOf(SavedAt, curve, nullptr, streams);
    std::printf("%s\n", nlohmann::json{{"bench", "packet"},
                                       {"model", model},
                                       {"loss", loss},
                                       {"rule", curve.rule},
                                       {"mean", MeanOfBudgets(curve, all)},
                                       {"saved_at_90", SavedAt(curve, all)},
                                       {"saved_low", own.low},
                                       {"saved_high", own.high},
                                       {"points", std::move(points)}}
                            .dump()
                            .c_str());
  }
}

// What must hold whatever the machine.
absl::Status Check(const Curve& curve, const Streams& streams) {
  if (curve.rule == "size threshold") return absl::OkStatus();
  const double all = curve.points.back().Mean(AllOf(streams));
  if (all >= 1) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(curve.rule, " agrees on ", all,
                                          " though everything may be decoded"));
}

absl::Status BenchModel(const std::string& model, const Settings& settings) {
  auto loaded = PacketStreams::Load(
      settings.streams, settings.rounds, model, settings.data, settings.traces,
      [](const std::string& line) {
        std::fprintf(stderr, "%s\n", line.c_str());
      });
  if (!loaded.ok()) return loaded.status();
  std::vector<double> budgets = {1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16};
  if (settings.quick) budgets = {1, 2};
  for (const Loss loss : {Loss::kCounts, Loss::kLabels}) {
    loaded->SetLoss(loss);
    const Streams& streams = loaded->streams();
    std::vector<Curve> curves;
    for (const PacketEntry& entry : AllPacketRules(streams)) {
      auto curve = CurveOf(entry, streams, budgets);
      if (!curve.ok()) return curve.status();
      if (absl::Status s = Check(*curve, streams); !s.ok()) return s;
      curves.push_back(*std::move(curve));
    }
    curves.push_back(OracleCurve(streams, budgets));
    if (settings.json) {
      PrintJson(curves, streams, model, LossName(loss));
      continue;
    }
    std::printf(
        "## %s, %s\n\nMean agreement in %%, cameras served, by budget "
        "in pictures a round.\n\n",
        model.c_str(), LossName(loss));
    PrintTable(curves, streams);
    PrintStreams(curves, streams);
  }
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  CLI::App app("Which packets are worth decoding", "packet_bench");
  Settings settings;
  app.add_option("--models", settings.models, "cards")->delimiter(',');
  app.add_option("--data", settings.data, "folder of clips and models");
  app.add_option("--traces", settings.traces, "folder of the traces");
  app.add_flag("--json", settings.json, "a line of JSON a rule");
  app.add_flag("--quick", settings.quick, "two streams, one model");
  CLI11_PARSE(app, argc, argv);
  if (settings.quick) {
    settings.models = {"fastestdet"};
    settings.streams = {6, 11};  // one short recording
    settings.rounds = 100;
  }
  for (const std::string& model : settings.models) {
    const absl::Status status = BenchModel(model, settings);
    if (status.ok()) continue;
    std::fprintf(stderr, "packet_bench: %s\n", status.ToString().c_str());
    const bool absent = absl::IsNotFound(status) || absl::IsUnavailable(status);
    return absent ? kSkipped : 1;
  }
  return 0;
}

}  // namespace
}  // namespace fovea::bench::reuse

int main(int argc, char** argv) {
  return fovea::bench::reuse::Main(argc, argv);
}
