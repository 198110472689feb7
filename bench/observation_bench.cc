// SPDX-License-Identifier: GPL-2.0-or-later
//
// Packs of observations against SQLite: the same observations go into both,
// and both are asked the same. Answers are compared; times are printed.
//
//   ingest    observations a second, from memory to durable (store) or in the
//             log (SQLite), making of them not counted; the median round. On a
//             busy machine what of it the thread spent on the processor says
//             more
//   bytes     per observation once settled: the catalogue's table files, all of
//             sem and semx; what the journals of segments take stands beside
//   hour      what one label did in one stream in an hour, boxes and all
//   day       in which minutes of which streams a label was seen that day
//
// Settling (a prune here, ANALYZE and VACUUM there) is timed apart. Questions
// are asked once unmeasured, then in turns, and the median round counts.
// Fails where answers differ, never on time.
//
// Observations come in the order of time, as from live cameras all at once, or
// stream by stream, as a model says of recordings.
//
// Usage: observation_bench [--observations N] [--streams N] [--days N]
//                          [--rounds N] [--seed N] [--commit N]
//                          [--order time|stream]

#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "bench/observation_maker.h"
#include "bench/observation_side.h"
#include "tests/support/test_data.h"

namespace fovea::bench {
namespace {

using std::chrono::steady_clock;

constexpr int64_t kHourNs = 3'600'000'000'000;
constexpr int64_t kDayNs = 24 * kHourNs;
constexpr int kHours = 2000;
constexpr int kDays = 200;

struct Settings {
  MakerOptions made;
  FeedOrder order = FeedOrder::kByTime;
  size_t per_commit = 20'000;
  int rounds = 3;
};

struct Question {
  StreamId stream = 0;
  std::string label;
  int64_t from_ns = 0;
  int64_t to_ns = 0;
};

struct Times {
  double ingest_s = 0;
  double ingest_cpu_s = 0;
  double settle_s = 0;
  double hour_p50_ms = 0, hour_p99_ms = 0;
  double hour_cpu_p50_ms = 0, hour_cpu_p99_ms = 0;
  double day_p50_ms = 0, day_p99_ms = 0;
};

double Seconds(const std::function<void()>& work) {
  const auto start = steady_clock::now();
  work();
  return std::chrono::duration<double>(steady_clock::now() - start).count();
}

// Of the calling thread.
double CpuSeconds() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) +
         static_cast<double>(time.tv_nsec) * 1e-9;
}

double Percentile(std::vector<double> values, double share) {
  std::ranges::sort(values);
  const auto at =
      static_cast<size_t>(share * static_cast<double>(values.size()));
  return values[std::min(at, values.size() - 1)];
}

double Median(std::vector<double> values) {
  return Percentile(std::move(values), 0.5);
}

// --- questions ----------------------------------------------------------

// Hours around things seen, so that there is something to find; whole days.
struct Questions {
  std::vector<Question> hours;
  std::vector<Question> days;
};

Questions Ask(const Settings& settings) {
  std::mt19937_64 dice(settings.made.seed + 99);
  Questions questions;
  int64_t first_ns = INT64_MAX;
  while (questions.hours.size() < kHours) {
    const auto number =
        static_cast<int>(dice() % static_cast<uint64_t>(settings.made.streams));
    const std::vector<Observation> all = MakeStream(settings.made, number);
    first_ns = std::min(first_ns, all.front().start_ns / kDayNs * kDayNs);
    for (int i = 0; i < 20; ++i) {
      const Observation& o = all[dice() % all.size()];
      const int64_t from_ns =
          o.start_ns - static_cast<int64_t>(dice() % kHourNs);
      questions.hours.push_back(
          {o.stream, o.label, from_ns, from_ns + kHourNs});
    }
  }
  for (int i = 0; i < kDays; ++i) {
    const auto day = static_cast<int64_t>(
        dice() % static_cast<uint64_t>(settings.made.days));
    const int64_t from_ns = first_ns + day * kDayNs;
    questions.days.push_back(
        {0, kLabels[dice() % kLabels.size()], from_ns, from_ns + kDayNs});
  }
  return questions;
}

// By the clock, and on the processor.
struct Spent {
  std::vector<double> wall;
  std::vector<double> cpu;
};

Spent AskHours(const Questions& questions, ObservationSide* side,
               std::vector<AnswerSum>* answers) {
  Spent spent;
  answers->clear();
  for (const Question& q : questions.hours) {
    const double cpu = CpuSeconds();
    spent.wall.push_back(Seconds([&] {
      answers->push_back(side->InStream(q.stream, q.label, q.from_ns, q.to_ns));
    }));
    spent.cpu.push_back(CpuSeconds() - cpu);
  }
  return spent;
}

// What minutes of which streams add up to, each counted once.
struct DayAnswer {
  size_t minutes = 0;
  uint64_t sum = 0;
  friend bool operator==(const DayAnswer&, const DayAnswer&) = default;
};

DayAnswer SumOf(const std::vector<ObservationSide::Minutes>& answer) {
  std::vector<std::pair<StreamId, int64_t>> minutes;
  for (const auto& run : answer) {
    for (int64_t m = run.first; m < run.end; ++m) {
      minutes.emplace_back(run.stream, m);
    }
  }
  std::ranges::sort(minutes);
  minutes.erase(std::unique(minutes.begin(), minutes.end()), minutes.end());
  DayAnswer sum = {minutes.size(), 0};
  for (const auto& [stream, minute] : minutes) {
    sum.sum = (sum.sum ^ stream ^ static_cast<uint64_t>(minute) << 32) *
              0x9E3779B97F4A7C15;
  }
  return sum;
}

std::vector<double> AskDays(const Questions& questions, ObservationSide* side,
                            std::vector<DayAnswer>* answers) {
  std::vector<double> times;
  answers->clear();
  for (const Question& q : questions.days) {
    std::vector<ObservationSide::Minutes> answer;
    times.push_back(Seconds(
        [&] { answer = side->InAllStreams(q.label, q.from_ns, q.to_ns); }));
    answers->push_back(SumOf(answer));
  }
  return times;
}

// --- rounds -------------------------------------------------------------

struct Contestant {
  const char* name;
  std::unique_ptr<ObservationSide> (*make)(const std::string& folder);
  std::unique_ptr<ObservationSide> side = nullptr;
  std::vector<Times> rounds = {};
  SideBytes bytes = {};
  std::vector<AnswerSum> hours = {};
  std::vector<DayAnswer> days = {};
};

// Both get each portion, one after the other. Returns how many there were.
int64_t Ingest(const Settings& settings, std::vector<Contestant>* contestants) {
  ObservationFeed feed(settings.made, settings.order);
  int64_t count = 0;
  while (true) {
    const std::vector<Observation> portion = feed.Take(settings.per_commit);
    if (portion.empty()) return count;
    for (Contestant& c : *contestants) {
      const double cpu = CpuSeconds();
      c.rounds.back().ingest_s += Seconds([&] { c.side->Put(portion); });
      c.rounds.back().ingest_cpu_s += CpuSeconds() - cpu;
    }
    count += static_cast<int64_t>(portion.size());
  }
}

void AskAll(const Questions& questions, Contestant* c, bool measured) {
  const Spent hours = AskHours(questions, c->side.get(), &c->hours);
  const std::vector<double> days = AskDays(questions, c->side.get(), &c->days);
  if (!measured) return;
  Times& times = c->rounds.back();
  times.hour_p50_ms = Percentile(hours.wall, 0.5) * 1e3;
  times.hour_p99_ms = Percentile(hours.wall, 0.99) * 1e3;
  times.hour_cpu_p50_ms = Percentile(hours.cpu, 0.5) * 1e3;
  times.hour_cpu_p99_ms = Percentile(hours.cpu, 0.99) * 1e3;
  times.day_p50_ms = Percentile(days, 0.5) * 1e3;
  times.day_p99_ms = Percentile(days, 0.99) * 1e3;
}

int64_t Round(const Settings& settings, const Questions& questions,
              std::vector<Contestant>* contestants) {
  testing::TempDir folder;
  for (Contestant& c : *contestants) {
    c.side = c.make(folder.File(c.name));
    c.rounds.emplace_back();
  }
  const int64_t count = Ingest(settings, contestants);
  for (Contestant& c : *contestants) {
    c.rounds.back().settle_s = Seconds([&] { c.side->Settle(); });
    c.bytes = c.side->Bytes();
  }
  for (const bool measured : {false, true}) {
    for (Contestant& c : *contestants) AskAll(questions, &c, measured);
  }
  for (Contestant& c : *contestants) c.side.reset();
  return count;
}

// --- the report ---------------------------------------------------------

double MedianOf(const Contestant& c, double Times::*field) {
  std::vector<double> values;
  for (const Times& times : c.rounds) values.push_back(times.*field);
  return Median(std::move(values));
}

void PrintLine(const char* what, double ours, double theirs, double ratio,
               const char* goal) {
  std::printf("%-34s %12.3f %12.3f %8.2f   %s\n", what, ours, theirs, ratio,
              goal);
}

void PrintTime(const char* what, const std::vector<Contestant>& contestants,
               double Times::*field, const char* goal) {
  const double ours = MedianOf(contestants[0], field);
  const double theirs = MedianOf(contestants[1], field);
  PrintLine(what, ours, theirs, theirs / ours, goal);
}

void Report(const Settings& settings, int64_t count,
            const std::vector<Contestant>& contestants) {
  const auto all = static_cast<double>(count);
  const Contestant& ours = contestants[0];
  const Contestant& theirs = contestants[1];
  std::printf(
      "%lld observations, %d streams, %d days, seed %llu, by %s, commits of "
      "%zu, %d rounds\n",
      static_cast<long long>(count), settings.made.streams, settings.made.days,
      static_cast<unsigned long long>(settings.made.seed),
      settings.order == FeedOrder::kByTime ? "time" : "stream",
      settings.per_commit, settings.rounds);
  std::printf("%-34s %12s %12s %8s   %s\n", "", ours.name, theirs.name, "ratio",
              "goal");
  const double our_rate = all / MedianOf(ours, &Times::ingest_s);
  const double their_rate = all / MedianOf(theirs, &Times::ingest_s);
  PrintLine("ingest, observations/s", our_rate, their_rate,
            our_rate / their_rate, ">= 200,000; ratio >= 3");
  const double our_cpu = MedianOf(ours, &Times::ingest_cpu_s) / all * 1e6;
  const double their_cpu = MedianOf(theirs, &Times::ingest_cpu_s) / all * 1e6;
  PrintLine("  us of processor each", our_cpu, their_cpu, their_cpu / our_cpu,
            "<= 5");
  PrintTime("settling, s", contestants, &Times::settle_s, "");
  const double our_bytes = static_cast<double>(ours.bytes.rows) / all;
  const double their_bytes = static_cast<double>(theirs.bytes.rows) / all;
  PrintLine("bytes an observation", our_bytes, their_bytes,
            their_bytes / our_bytes, "<= 24; ratio >= 2");
  PrintLine("  in journals beside",
            static_cast<double>(ours.bytes.journal) / all, 0, 0, "");
  PrintTime("hour of a stream, p50 ms", contestants, &Times::hour_p50_ms,
            "<= 0.2; ratio >= 3");
  PrintTime("hour of a stream, p99 ms", contestants, &Times::hour_p99_ms,
            "<= 2; ratio >= 3");
  PrintTime("  on the processor, p50 ms", contestants, &Times::hour_cpu_p50_ms,
            "");
  PrintTime("  on the processor, p99 ms", contestants, &Times::hour_cpu_p99_ms,
            "");
  PrintTime("day of all streams, p50 ms", contestants, &Times::day_p50_ms,
            "ratio >= 3");
  PrintTime("day of all streams, p99 ms", contestants, &Times::day_p99_ms,
            "<= 20; ratio >= 3");
}

bool SameAnswers(const std::vector<Contestant>& contestants) {
  int64_t found = 0;
  for (const AnswerSum& answer : contestants[0].hours) {
    found += answer.observations;
  }
  std::printf("%lld observations in %zu hours, %zu days asked about\n",
              static_cast<long long>(found), contestants[0].hours.size(),
              contestants[0].days.size());
  const bool same = contestants[0].hours == contestants[1].hours &&
                    contestants[0].days == contestants[1].days;
  if (!same) std::printf("THE ANSWERS DIFFER\n");
  return same && found > 0;
}

int Run(const Settings& settings) {
  const Questions questions = Ask(settings);
  std::vector<Contestant> contestants(2);
  contestants[0].name = "fovea";
  contestants[0].make = FoveaSide;
  contestants[1].name = "sqlite";
  contestants[1].make = SqliteSide;
  int64_t count = 0;
  for (int round = 0; round < settings.rounds; ++round) {
    count = Round(settings, questions, &contestants);
    if (!SameAnswers(contestants)) return 1;
  }
  Report(settings, count, contestants);
  return 0;
}

}  // namespace

void AnswerSum::Add(const Observation& o) {
  const auto mix = [this](uint64_t v) { sum = (sum ^ v) * 0x9E3779B97F4A7C15; };
  ++observations;
  mix(static_cast<uint64_t>(o.start_ns));
  mix(static_cast<uint64_t>(o.end_ns));
  mix(o.track);
  mix(uint64_t{o.mean_score} << 16 | o.max_score);
  for (const ObservedBox& box : o.boxes) {
    mix(box.index);
    mix(static_cast<uint64_t>(box.left) << 32 ^
        static_cast<uint64_t>(box.right));
    mix(static_cast<uint64_t>(box.top) << 32 ^
        static_cast<uint64_t>(box.bottom) ^ box.score);
  }
}

}  // namespace fovea::bench

int main(int argc, char** argv) {
  fovea::bench::Settings settings;
  for (int i = 1; i + 1 < argc; i += 2) {
    int64_t value = 0;
    const bool number = absl::SimpleAtoi(argv[i + 1], &value) && value > 0;
    const std::string name = argv[i];
    if (number && name == "--observations") settings.made.observations = value;
    if (number && name == "--seed") {
      settings.made.seed = static_cast<uint64_t>(value);
    }
    if (number && name == "--streams") {
      settings.made.streams = static_cast<int>(value);
    }
    if (number && name == "--days")
      settings.made.days = static_cast<int>(value);
    if (number && name == "--commit") {
      settings.per_commit = static_cast<size_t>(value);
    }
    if (name == "--order" && std::string_view(argv[i + 1]) == "stream") {
      settings.order = fovea::bench::FeedOrder::kByStream;
    }
    if (number && name == "--rounds") settings.rounds = static_cast<int>(value);
  }
  return fovea::bench::Run(settings);
}
