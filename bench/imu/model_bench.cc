// SPDX-License-Identifier: GPL-2.0-or-later
//
// Inertial values coded for a model, on labelled phone and watch recordings: a
// small classifier learns from two subjects, the third is coded, and networks
// that no step was chosen by are asked about what was decoded. How many bits a
// sample has where they still agree with themselves, against uniform steps in
// time and uniform steps in frequency through the same coders. All blocks are
// written and decoded; the sizes are theirs.
//
//   model_bench [--data FOLDER] [--judge s05] [--learn s02,s03] [--models N]
//
// Noise and epochs of training and the margin that is left were chosen with s02
// and s03 alone, one learned from and the other judged. Windows of 64 samples
// and the range of the choice per window were not: figures of s05 had been
// seen.

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

constexpr size_t kLength = 64;    // samples of a window
constexpr size_t kLearnHop = 16;  // between windows that energies are of
constexpr size_t kShifts = 8;     // of windows against a recording's start
constexpr size_t kJudges = 4;     // networks that are asked
constexpr double kAgreement = 0.99;
constexpr double kMarginLeft = 0.8;  // of a window's own
constexpr int kMostCoarser = 10;     // half octaves
constexpr const char* kDevices[] = {"sp", "sw"};

// Units of the whole numbers: 8 g over 2^15 and 35 millidegrees/s.
constexpr double kAccelUnit = 8 * 9.80665 / 32768;
constexpr double kGyroUnit = 0.035 * 3.14159265358979 / 180;

using Counts = std::vector<int32_t>;  // rows x channels

struct Settings {
  std::string data = FOVEA_DEFAULT_TEST_DATA;
  std::string judge = "s05";
  std::vector<std::string> learn = {"s02", "s03"};
  size_t models = 1;  // whose gradients and answers choose steps
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
  std::vector<HarModel> models;  // the first ones choose, the others judge
  size_t choosers = 1;
  std::vector<Counts> learned;
  std::vector<Take> takes;
  std::vector<double> energy;  // of the choosers' margins, channels x bands
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

// Of the choosers' margins, by values in units.
void LearnEnergy(Scene* scene) {
  WindowEnergy energy(kHarChannels, kLength);
  constexpr size_t kHop = kLearnHop * kHarChannels;
  constexpr size_t kSize = kLength * kHarChannels;
  for (const Counts& counts : scene->learned) {
    for (size_t at = 0; at + kSize <= counts.size(); at += kHop) {
      const auto values = Physical(std::span(counts).subspan(at, kSize));
      for (size_t m = 0; m < scene->choosers; ++m) {
        std::vector<double> gradient = scene->models[m].MarginGradient(values);
        for (size_t i = 0; i < gradient.size(); ++i) {
          gradient[i] *= UnitOf(i / kLength);
        }
        energy.Add(gradient);
      }
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
  scene.choosers = settings.models;
  for (uint64_t seed = 1; seed <= scene.choosers + kJudges; ++seed) {
    const HarModelOptions options = {24, 13, seed, 0.1};
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
      for (size_t m = scene.choosers; m < scene.models.size(); ++m) {
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
Tally InTime(const Scene& scene, const std::vector<double>& steps) {
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
    const auto block = Value(with.Encode(round(take.counts), ImuLevel::kMax));
    Counts decoded = Value(with.Decode(block));
    for (size_t i = 0; i < decoded.size(); ++i) {
      decoded[i] = static_cast<int32_t>(
          std::lround(decoded[i] * steps[i % kHarChannels]));
    }
    tally.Add(scene, take, block.size(), decoded);
  }
  return tally;
}

// Whether all choosers' answers stay, and enough of their margins.
WindowOpinion OpinionOf(const Scene& scene, const Take& take, size_t window,
                        std::span<const int32_t> rows) {
  if (window >= take.windows()) return {};  // not whole, and not asked about
  const std::vector<double> coded = Physical(rows);
  const std::vector<double> whole = Physical(WindowOf(take.counts, window));
  WindowOpinion opinion;
  for (size_t m = 0; m < scene.choosers && opinion.same; ++m) {
    const HarModel& model = scene.models[m];
    opinion.same = model.Answer(coded) == take.answers[m][window];
    opinion.safe = opinion.safe &&
                   model.Margin(coded) >= kMarginLeft * model.Margin(whole);
  }
  return opinion;
}

// In frequency, by a plan.
Tally InFrequency(const Scene& scene, ImuWindowCoder* coder, int strength,
                  bool in_loop) {
  Tally tally;
  for (const Take& take : scene.takes) {
    ImuWindowOptions options;
    options.strength = strength;
    options.most_coarser = kMostCoarser;
    if (in_loop) {
      options.judge = [&](size_t w, std::span<const int32_t> rows) {
        return OpinionOf(scene, take, w, rows);
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

// Agreement as it never rises from fine to coarse, by least squares: what a
// few windows do by chance has less of a say.
std::vector<double> Falling(const Curve& curve) {
  struct Pool {
    double sum, count;
    double mean() const { return sum / count; }
  };
  std::vector<Pool> pools;
  for (const Tally& tally : curve) {
    pools.push_back({tally.agreement(), 1});
    while (pools.size() > 1 &&
           pools.back().mean() > pools[pools.size() - 2].mean()) {
      const Pool last = pools.back();
      pools.pop_back();
      pools.back().sum += last.sum;
      pools.back().count += last.count;
    }
  }
  std::vector<double> falling;
  for (const Pool& pool : pools) {
    falling.resize(falling.size() + static_cast<size_t>(pool.count),
                   pool.mean());
  }
  return falling;
}

// Bits a sample where agreement falls below the goal, between the curve's
// points on the logarithm of the bits. Infinite where the finest does.
double RateAtGoal(const Curve& curve) {
  const std::vector<double> agreement = Falling(curve);
  size_t bad = 0;
  while (bad < curve.size() && agreement[bad] >= kAgreement) ++bad;
  if (bad == 0) return INFINITY;
  if (bad == curve.size()) return curve.back().rate();
  const double part =
      (agreement[bad - 1] - kAgreement) / (agreement[bad - 1] - agreement[bad]);
  return curve[bad - 1].rate() *
         std::pow(curve[bad].rate() / curve[bad - 1].rate(), part);
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

Curve Sweep(int from, const std::function<Tally(int)>& code) {
  Curve curve;
  for (int strength = from; strength <= 160; strength += 4) {
    curve.push_back(code(strength));
    if (curve.back().agreement() < kAgreement - 0.04) break;
  }
  return curve;
}

// Of (a): alike in units, as a share of full scale is, or a share of what each
// channel does.
std::vector<double> StepsOf(const Scene& scene, int strength, bool alike) {
  std::vector<double> steps(kHarChannels, std::exp2(strength / 8.0));
  if (alike) return steps;
  const std::vector<double> deviations = Deviations(scene);
  for (size_t c = 0; c < kHarChannels; ++c) {
    steps[c] = std::max(1.0, steps[c] * deviations[c] / 64);
  }
  return steps;
}

// Of (b), in the same two ways.
ImuWindowCoder UniformCoder(const Scene& scene, bool alike) {
  std::vector<double> energy(kHarChannels, 1.0);
  const std::vector<double> deviations = Deviations(scene);
  for (size_t c = 0; !alike && c < kHarChannels; ++c) {
    energy[c] = std::pow(deviations[c], -2);
  }
  return CoderOf(scene, 1, std::move(energy));
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
  Rates rates;
  rates.time = rates.frequency = INFINITY;
  for (const bool alike : {true, false}) {
    const Curve in_time = Sweep(alike ? 52 : 28, [&](int strength) {
      return InTime(scene, StepsOf(scene, strength, alike));
    });
    rates.time = std::min(rates.time, Print(alike ? "time, steps alike"
                                                  : "time, steps by deviation",
                                            in_time));
    ImuWindowCoder uniform = UniformCoder(scene, alike);
    const Curve in_frequency = Sweep(60, [&](int strength) {
      return InFrequency(scene, &uniform, strength, false);
    });
    rates.frequency =
        std::min(rates.frequency,
                 Print(alike ? "DCT, steps alike" : "DCT, steps by deviation",
                       in_frequency));
  }
  ImuWindowCoder coder = CoderOf(scene, scene.bands, scene.energy);
  const auto by_sensitivity = [&](bool in_loop) {
    return Sweep(in_loop ? 12 : 44, [&](int strength) {
      return InFrequency(scene, &coder, strength, in_loop);
    });
  };
  rates.steps = Print("DCT, steps by sensitivity", by_sensitivity(false));
  rates.chosen =
      Print("the same, and each window by the models", by_sensitivity(true));
  return rates;
}

Settings Parse(int argc, char** argv) {
  Settings settings;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--data") settings.data = argv[i + 1];
    if (name == "--judge") settings.judge = argv[i + 1];
    if (name == "--learn") settings.learn = absl::StrSplit(argv[i + 1], ',');
    if (name == "--models") {
      settings.models =
          static_cast<size_t>(std::max(1, std::atoi(argv[i + 1])));
    }
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
