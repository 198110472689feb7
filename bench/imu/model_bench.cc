// SPDX-License-Identifier: GPL-2.0-or-later
//
// Inertial values coded for a model, on labelled phone and watch recordings: a
// small classifier learns from two subjects, the third is coded, and networks
// that no step was chosen by are asked about what was decoded. How many bits a
// sample has where they still agree with themselves, against uniform steps in
// time and uniform steps in frequency through the same coders. All blocks are
// written and decoded; the sizes are theirs.
//
//   model_bench [--data FOLDER] [--judge s05] [--learn s02,s03] [--margin M]

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "bench/reuse/har_model.h"
#include "bench/reuse/har_recordings.h"
#include "codec/imu/imu_block.h"
#include "codec/imu/profile_trainer.h"
#include "codec/imu/window_block.h"
#include "codec/imu/window_plan.h"
#include "sensitivity/window_energy.h"

namespace fovea::bench {
namespace {

constexpr size_t kLength = 128;   // samples of a window
constexpr size_t kLearnHop = 32;  // between windows that energies are of
constexpr size_t kShifts = 4;     // of windows against a recording's start
constexpr uint64_t kJudges = 4;   // networks that are asked
constexpr double kAgreement = 0.99;
constexpr const char* kDevices[] = {"sp", "sw"};

// Units of the whole numbers: 8 g over 2^15 and 35 millidegrees/s.
constexpr double kAccelUnit = 8 * 9.80665 / 32768;
constexpr double kGyroUnit = 0.035 * 3.14159265358979 / 180;

using Counts = std::vector<int32_t>;  // rows x channels

struct Settings {
  std::string data = FOVEA_DEFAULT_TEST_DATA;
  std::string judge = "s05";
  std::vector<std::string> learn = {"s02", "s03"};
  double margin = 0.5;  // of a window's own, that has to be left
};

double UnitOf(size_t channel) { return channel < 3 ? kAccelUnit : kGyroUnit; }

// An error that ends the run.
[[noreturn]] void Fail(const std::string& what) {
  throw std::runtime_error(what);
}

template <typename T>
T Value(absl::StatusOr<T> result) {
  if (!result.ok()) Fail(result.status().ToString());
  return *std::move(result);
}

Counts ToCounts(const LabelledSamples& samples, size_t from) {
  Counts counts;
  for (size_t t = from; t < samples.size(); ++t) {
    for (size_t c = 0; c < kHarChannels; ++c) {
      counts.push_back(static_cast<int32_t>(
          std::lround(samples.channels[c][t] / UnitOf(c))));
    }
  }
  return counts;
}

// One window as networks take it: channel by channel, in physical units.
std::vector<double> Physical(std::span<const int32_t> rows) {
  std::vector<double> values(rows.size());
  for (size_t t = 0; t < kLength; ++t) {
    for (size_t c = 0; c < kHarChannels; ++c) {
      values[c * kLength + t] = rows[t * kHarChannels + c] * UnitOf(c);
    }
  }
  return values;
}

std::span<const int32_t> WindowOf(const Counts& counts, size_t window) {
  constexpr size_t kSize = kLength * kHarChannels;
  return std::span(counts).subspan(window * kSize, kSize);
}

// A recording to be coded as one block, and what networks say of it.
struct Take {
  Counts counts;
  std::vector<bool> single;                   // per window: of one activity
  std::vector<std::vector<uint8_t>> answers;  // per network and window
  size_t windows() const { return single.size(); }
};

// One device: what was learned and what is coded.
struct Scene {
  std::vector<HarModel> models;  // the first chooses, the others judge
  std::vector<Counts> learned;
  std::vector<Take> takes;
  std::vector<double> energy;  // of the first's margin, channels x bands
  size_t bands = 0;
};

Take MakeTake(const LabelledSamples& samples, size_t shift,
              std::span<const HarModel> models) {
  Take take;
  take.counts = ToCounts(samples, shift);
  const size_t windows = take.counts.size() / kHarChannels / kLength;
  take.answers.resize(models.size());
  for (size_t w = 0; w < windows; ++w) {
    const auto begin =
        samples.labels.begin() + static_cast<long>(shift + w * kLength);
    take.single.push_back(
        std::all_of(begin, begin + kLength,
                    [&](uint8_t label) { return label == *begin; }));
    const std::vector<double> values = Physical(WindowOf(take.counts, w));
    for (size_t m = 0; m < models.size(); ++m) {
      take.answers[m].push_back(models[m].Answer(values));
    }
  }
  return take;
}

// Of the first model's margin, by values in units.
void LearnEnergy(Scene* scene) {
  WindowEnergy energy(kHarChannels, kLength);
  constexpr size_t kHop = kLearnHop * kHarChannels;
  constexpr size_t kSize = kLength * kHarChannels;
  for (const Counts& counts : scene->learned) {
    for (size_t at = 0; at + kSize <= counts.size(); at += kHop) {
      std::vector<double> gradient = scene->models[0].MarginGradient(
          Physical(std::span(counts).subspan(at, kSize)));
      for (size_t i = 0; i < gradient.size(); ++i) {
        gradient[i] *= UnitOf(i / kLength);
      }
      energy.Add(gradient);
    }
  }
  scene->energy = energy.PerBand();
  scene->bands = energy.bands();
}

Scene MakeScene(const Settings& settings, const std::string& device) {
  const std::string folder = settings.data + "/imu/har_sp_sw";
  std::vector<HarSubject> teachers;
  for (const std::string& name : settings.learn) {
    teachers.push_back(ReadHarSubject(folder, name, device));
  }
  std::vector<const HarSubject*> pointers;
  Scene scene;
  for (const HarSubject& teacher : teachers) {
    pointers.push_back(&teacher);
    for (const LabelledSamples& samples : teacher.executions) {
      scene.learned.push_back(ToCounts(samples, 0));
    }
  }
  for (uint64_t seed = 1; seed <= 1 + kJudges; ++seed) {
    HarModelOptions options;
    options.seed = seed;
    scene.models.push_back(HarModel::Train(pointers, kLength, options));
  }
  const HarSubject judged = ReadHarSubject(folder, settings.judge, device);
  for (const LabelledSamples& samples : judged.executions) {
    for (size_t shift = 0; shift < kShifts; ++shift) {
      scene.takes.push_back(
          MakeTake(samples, shift * kLength / kShifts, scene.models));
    }
  }
  LearnEnergy(&scene);
  return scene;
}

// What one way of coding comes to at one coarseness.
struct Tally {
  double bits = 0, samples = 0;
  double same = 0, asked = 0;              // single-activity windows
  double mixed_same = 0, mixed_asked = 0;  // the others
  double rate() const { return bits / samples; }
  double agreement() const { return same / asked; }

  void Add(const Scene& scene, const Take& take, size_t bytes,
           const Counts& decoded) {
    if (decoded.size() != take.counts.size()) Fail("a block lost rows");
    bits += 8 * static_cast<double>(bytes);
    samples += static_cast<double>(decoded.size());
    for (size_t w = 0; w < take.windows(); ++w) {
      const std::vector<double> values = Physical(WindowOf(decoded, w));
      for (size_t m = 1; m < scene.models.size(); ++m) {
        const bool agrees =
            scene.models[m].Answer(values) == take.answers[m][w];
        (take.single[w] ? same : mixed_same) += agrees ? 1 : 0;
        (take.single[w] ? asked : mixed_asked) += 1;
      }
    }
  }
};

// Per channel, of what was learned: the standard deviation, in units.
std::vector<double> Deviations(const Scene& scene) {
  std::vector<double> sum(kHarChannels), square(kHarChannels);
  double rows = 0;
  for (const Counts& counts : scene.learned) {
    for (size_t i = 0; i < counts.size(); ++i) {
      sum[i % kHarChannels] += counts[i];
      square[i % kHarChannels] += static_cast<double>(counts[i]) * counts[i];
    }
    rows += static_cast<double>(counts.size() / kHarChannels);
  }
  for (size_t c = 0; c < kHarChannels; ++c) {
    sum[c] = std::sqrt(square[c] / rows - sum[c] * sum[c] / rows / rows);
  }
  return sum;
}

// (a): rounded to steps in time, then lossless.
Tally InTime(const Scene& scene, const std::vector<double>& steps,
             ImuLevel level) {
  const auto round = [&](const Counts& counts) {
    Counts rounded(counts.size());
    for (size_t i = 0; i < counts.size(); ++i) {
      rounded[i] = static_cast<int32_t>(
          std::lround(counts[i] / steps[i % kHarChannels]));
    }
    return rounded;
  };
  std::vector<Counts> learned;
  for (const Counts& counts : scene.learned) learned.push_back(round(counts));
  const auto profile = Value(TrainImuProfile(learned, kHarChannels));
  ImuBlockCoder with = Value(ImuBlockCoder::Create(kHarChannels, profile));
  Tally tally;
  for (const Take& take : scene.takes) {
    const auto block = Value(with.Encode(round(take.counts), level));
    Counts decoded = Value(with.Decode(block));
    for (size_t i = 0; i < decoded.size(); ++i) {
      decoded[i] = static_cast<int32_t>(
          std::lround(decoded[i] * steps[i % kHarChannels]));
    }
    tally.Add(scene, take, block.size(), decoded);
  }
  return tally;
}

// In frequency, by a plan.
Tally InFrequency(const Scene& scene, ImuWindowCoder* coder, int strength,
                  double margin) {
  Tally tally;
  for (const Take& take : scene.takes) {
    ImuWindowOptions options;
    options.strength = strength;
    if (margin >= 0) {
      options.judge = [&](size_t w, std::span<const int32_t> rows) {
        if (w >= take.windows()) return WindowOpinion{};
        const std::vector<double> values = Physical(rows);
        const HarModel& model = scene.models[0];
        const double before = model.Margin(Physical(WindowOf(take.counts, w)));
        return WindowOpinion{model.Answer(values) == take.answers[0][w],
                             model.Margin(values) >= margin * before};
      };
    }
    const auto block = Value(coder->Encode(take.counts, options));
    tally.Add(scene, take, block.size(), Value(coder->Decode(block)).values);
  }
  return tally;
}

ImuWindowCoder CoderOf(const Scene& scene, size_t bands,
                       std::vector<double> energy) {
  const ImuWindowSteps steps{kHarChannels, kLength, bands, std::move(energy)};
  return Value(
      ImuWindowCoder::Create(Value(MakeImuWindowPlan(steps, scene.learned))));
}

using Curve = std::vector<Tally>;  // from fine to coarse

// Bits a sample where agreement falls below the goal for good.
double RateAtGoal(const Curve& curve) {
  size_t last = curve.size();
  while (last > 0 && curve[last - 1].agreement() < kAgreement) --last;
  if (last == 0) return NAN;
  if (last == curve.size()) return curve.back().rate();
  const Tally& good = curve[last - 1];
  const Tally& bad = curve[last];
  const double part =
      (good.agreement() - kAgreement) / (good.agreement() - bad.agreement());
  return std::exp(std::log(good.rate()) +
                  part * std::log(bad.rate() / good.rate()));
}

double Print(const char* name, const Curve& curve) {
  std::printf("%s\n", name);
  for (const Tally& tally : curve) {
    std::printf("  %7.4f bits  %6.2f %%  mixed %6.2f %%\n", tally.rate(),
                100 * tally.agreement(),
                100 * tally.mixed_same / tally.mixed_asked);
  }
  const double rate = RateAtGoal(curve);
  std::printf("  at %.0f %%: %.4f bits a sample\n", 100 * kAgreement, rate);
  return rate;
}

Curve Sweep(int from, int to, int by, const std::function<Tally(int)>& code) {
  Curve curve;
  for (int strength = from; strength <= to; strength += by) {
    curve.push_back(code(strength));
    if (curve.back().agreement() < kAgreement - 0.06) break;
  }
  return curve;
}

struct Rates {
  double time = 0, frequency = 0, steps = 0, chosen = 0;
};

Rates RunDevice(const Settings& settings, const std::string& device) {
  Scene scene = MakeScene(settings, device);
  size_t windows = 0, single = 0;
  for (const Take& take : scene.takes) {
    windows += take.windows();
    single += static_cast<size_t>(
        std::count(take.single.begin(), take.single.end(), true));
  }
  std::printf("== %s: %zu windows of %s, %zu of one activity\n", device.c_str(),
              windows, settings.judge.c_str(), single);
  const std::vector<double> deviations = Deviations(scene);
  const auto scaled = [&](double base, int strength, bool alike) {
    std::vector<double> steps(kHarChannels);
    for (size_t c = 0; c < kHarChannels; ++c) {
      steps[c] = std::max(
          1.0, std::exp2(strength / 8.0) * (alike ? base : deviations[c] / 64));
    }
    return steps;
  };
  Rates rates;
  rates.time = INFINITY;
  for (const bool alike : {true, false}) {
    for (const ImuLevel level : {ImuLevel::kNormal, ImuLevel::kMax}) {
      const Curve curve = Sweep(alike ? 32 : 8, 120, 4, [&](int strength) {
        return InTime(scene, scaled(1, strength, alike), level);
      });
      rates.time = std::min(
          rates.time,
          Print(alike ? "uniform in time" : "by deviation, in time", curve));
    }
  }
  rates.frequency = INFINITY;
  for (const bool alike : {true, false}) {
    std::vector<double> energy;
    for (size_t c = 0; c < kHarChannels; ++c) {
      energy.push_back(alike ? 1 : std::pow(deviations[c], -2));
    }
    ImuWindowCoder coder = CoderOf(scene, 1, energy);
    const Curve curve = Sweep(32, 160, 4, [&](int strength) {
      return InFrequency(scene, &coder, strength, -1);
    });
    rates.frequency =
        std::min(rates.frequency,
                 Print(alike ? "uniform DCT" : "by deviation, DCT", curve));
  }
  ImuWindowCoder coder = CoderOf(scene, scene.bands, scene.energy);
  rates.steps = Print("by sensitivity", Sweep(24, 160, 4, [&](int strength) {
                        return InFrequency(scene, &coder, strength, -1);
                      }));
  rates.chosen =
      Print("by sensitivity, each window by the model",
            Sweep(16, 160, 4, [&](int strength) {
              return InFrequency(scene, &coder, strength, settings.margin);
            }));
  return rates;
}

Settings Parse(int argc, char** argv) {
  Settings settings;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--data") settings.data = argv[i + 1];
    if (name == "--judge") settings.judge = argv[i + 1];
    if (name == "--learn") settings.learn = absl::StrSplit(argv[i + 1], ',');
    if (name == "--margin") settings.margin = std::atof(argv[i + 1]);
  }
  return settings;
}

int Main(int argc, char** argv) {
  const Settings settings = Parse(argc, argv);
  if (!std::filesystem::exists(settings.data + "/imu/har_sp_sw")) {
    std::printf("no recordings below %s\n", settings.data.c_str());
    return 77;
  }
  for (const char* device : kDevices) {
    const Rates rates = RunDevice(settings, device);
    std::printf(
        "%s at %.0f %%: time %.4f, DCT %.4f, sensitivity %.4f (%.3fx, %.3fx), "
        "model in the loop %.4f (%.3fx of time, %.3fx of DCT)\n",
        device, 100 * kAgreement, rates.time, rates.frequency, rates.steps,
        rates.steps / rates.time, rates.steps / rates.frequency, rates.chosen,
        rates.chosen / rates.time, rates.chosen / rates.frequency);
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace
}  // namespace fovea::bench

int main(int argc, char** argv) {
  try {
    return fovea::bench::Main(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "model_bench: %s\n", error.what());
    return 1;
  }
}
