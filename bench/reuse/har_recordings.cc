// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/reuse/har_recordings.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace fovea::bench {
namespace {

constexpr size_t kLeastDwell = static_cast<size_t>(10 * kHarRateHz);
constexpr size_t kColumns = kHarChannels + 2;  // and time, label

uint8_t ActivityOf(const std::string& name) {
  const auto found =
      std::find(kHarActivities.begin(), kHarActivities.end(), name);
  if (found == kHarActivities.end()) {
    throw std::runtime_error("unknown activity '" + name + "'");
  }
  return static_cast<uint8_t>(found - kHarActivities.begin());
}

void AddLine(const std::string& line, LabelledSamples* samples) {
  const std::vector<std::string> cells = absl::StrSplit(line, ',');
  if (cells.size() != kColumns) throw std::runtime_error("expected 8 columns");
  for (size_t i = 0; i < kHarChannels; ++i) {
    float value = 0;
    if (!absl::SimpleAtof(cells[i], &value)) {
      throw std::runtime_error("'" + cells[i] + "' is no number");
    }
    samples->channels[i].push_back(value);
  }
  samples->labels.push_back(ActivityOf(cells.back()));
}

LabelledSamples ReadExecution(const std::string& path) {
  std::ifstream in(path);
  LabelledSamples samples;
  std::string line;
  std::getline(in, line);  // names of columns
  for (int number = 2; std::getline(in, line); ++number) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    try {
      AddLine(line, &samples);
    } catch (const std::runtime_error& error) {
      throw std::runtime_error(path + ":" + std::to_string(number) + ": " +
                               error.what());
    }
  }
  return samples;
}

// All samples of one activity, execution by execution in that order.
LabelledSamples SpansOf(const HarSubject& subject,
                        const std::vector<size_t>& order, uint8_t activity) {
  LabelledSamples spans;
  for (const size_t execution : order) {
    const LabelledSamples& from = subject.executions[execution];
    for (size_t i = 0; i < from.size(); ++i) {
      if (from.labels[i] == activity) spans.Append(from, i, i + 1);
    }
  }
  return spans;
}

// Whether no two neighbours are of the same activity.
bool Alternates(const std::vector<LabelledSamples>& runs) {
  return std::adjacent_find(runs.begin(), runs.end(),
                            [](const auto& a, const auto& b) {
                              return a.labels.front() == b.labels.front();
                            }) == runs.end();
}

}  // namespace

void LabelledSamples::Append(const LabelledSamples& from, size_t begin,
                             size_t end) {
  for (size_t i = 0; i < kHarChannels; ++i) {
    channels[i].insert(
        channels[i].end(),
        from.channels[i].begin() + static_cast<std::ptrdiff_t>(begin),
        from.channels[i].begin() + static_cast<std::ptrdiff_t>(end));
  }
  labels.insert(labels.end(),
                from.labels.begin() + static_cast<std::ptrdiff_t>(begin),
                from.labels.begin() + static_cast<std::ptrdiff_t>(end));
}

HarSubject ReadHarSubject(const std::string& folder, const std::string& name,
                          const std::string& device) {
  std::vector<std::string> paths;
  for (const auto& entry :
       std::filesystem::directory_iterator(folder + "/" + name)) {
    const std::string path = entry.path().string();
    if (path.ends_with("_" + device + ".csv")) paths.push_back(path);
  }
  std::sort(paths.begin(), paths.end());
  HarSubject subject{name, {}};
  for (const std::string& path : paths) {
    subject.executions.push_back(ReadExecution(path));
  }
  return subject;
}

LabelledSamples JoinLongDwells(const HarSubject& subject, uint64_t seed) {
  std::mt19937_64 dice(seed);
  std::vector<size_t> order(subject.executions.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::vector<LabelledSamples> runs;
  for (uint8_t activity = 0; activity < kHarClasses; ++activity) {
    std::shuffle(order.begin(), order.end(), dice);
    const LabelledSamples spans = SpansOf(subject, order, activity);
    const size_t count = std::max<size_t>(1, spans.size() / kLeastDwell);
    for (size_t i = 0; i < count; ++i) {
      LabelledSamples run;
      run.Append(spans, spans.size() * i / count,
                 spans.size() * (i + 1) / count);
      runs.push_back(std::move(run));
    }
  }
  do {
    std::shuffle(runs.begin(), runs.end(), dice);
  } while (!Alternates(runs));
  LabelledSamples joined;
  for (const LabelledSamples& run : runs) joined.Append(run, 0, run.size());
  return joined;
}

uint8_t MajorityLabel(const LabelledSamples& samples, size_t begin,
                      size_t length) {
  std::array<size_t, kHarClasses> counts = {};
  for (size_t i = begin; i < begin + length; ++i) ++counts[samples.labels[i]];
  const size_t most = *std::max_element(counts.begin(), counts.end());
  for (size_t i = begin;; ++i) {
    if (counts[samples.labels[i]] == most) return samples.labels[i];
  }
}

std::vector<double> WindowValues(const LabelledSamples& samples, size_t begin,
                                 size_t length) {
  std::vector<double> values;
  values.reserve(kHarChannels * length);
  for (const std::vector<float>& channel : samples.channels) {
    const auto from = channel.begin() + static_cast<std::ptrdiff_t>(begin);
    values.insert(values.end(), from,
                  from + static_cast<std::ptrdiff_t>(length));
  }
  return values;
}

}  // namespace fovea::bench
