// SPDX-License-Identifier: GPL-2.0-or-later
//
// Inertial values coded for a model, on labelled phone and watch recordings of
// three people: small classifiers learn from two of them, the third is coded,
// and networks that no step was chosen by are asked about what was decoded.
// How many bits a sample has where they still agree with themselves, against
// uniform steps in time and uniform steps in frequency through the same coders.
// All blocks are written and decoded; the sizes are theirs.
//
//   model_bench [--data FOLDER] [--models N]
//
// Each person is the third once. How fine windows begin with the model in the
// loop is chosen, for each person, by the other two as judged. Window, noise of
// training and the rule of what is safe were chosen with all three in sight;
// rivals have the better of two ways to choose steps, for all three together.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "bench/imu/model_scene.h"
#include "bench/imu/rate_at_agreement.h"
#include "codec/imu/imu_block.h"
#include "codec/imu/profile_trainer.h"
#include "codec/imu/window_block.h"
#include "codec/imu/window_plan.h"

namespace fovea::bench {
namespace {

constexpr double kGoal = 0.99;
constexpr int kBases[] = {44, 60, 76};  // strengths that windows begin at

// What a block comes to.
void Count(const Scene& scene, const Take& take, size_t bytes,
           const Counts& decoded, Point* point) {
  if (decoded.size() != take.counts.size()) {
    throw std::runtime_error("a block lost rows");
  }
  if (point->size() <= take.recording) point->resize(take.recording + 1);
  Tally& tally = (*point)[take.recording];
  tally.bits += 8 * static_cast<double>(bytes);
  tally.samples += static_cast<double>(decoded.size());
  for (size_t w = 0; w < take.windows(); ++w) {
    const std::vector<double> values = Physical(WindowOf(decoded, w));
    for (size_t m = 0; m < kJudges; ++m) {
      const bool same =
          TopOf(scene.judges[m].Scores(values)) == take.answers[m][w];
      (take.single[w] ? tally.same : tally.mixed_same) += same ? 1 : 0;
      (take.single[w] ? tally.asked : tally.mixed_asked) += 1;
    }
  }
}

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

// Rounded to steps in time, then lossless: steps alike in units, as a share of
// full scale is, or a share of what each channel does.
void InTime(const Scene& scene, double strength, bool alike, Point* point) {
  std::vector<double> steps(kHarChannels, std::exp2(strength / 8));
  const std::vector<double> deviations = Deviations(scene);
  for (size_t c = 0; !alike && c < kHarChannels; ++c) {
    steps[c] = std::max(1.0, steps[c] * deviations[c] / 64);
  }
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
  ImuBlockCoder coder = Value(ImuBlockCoder::Create(kHarChannels, profile));
  for (const Take& take : scene.takes) {
    const auto block = Value(coder.Encode(round(take.counts), ImuLevel::kMax));
    Counts decoded = Value(coder.Decode(block));
    for (size_t i = 0; i < decoded.size(); ++i) {
      decoded[i] = static_cast<int32_t>(
          std::lround(decoded[i] * steps[i % kHarChannels]));
    }
    Count(scene, take, block.size(), decoded, point);
  }
}

// All choosers say the same, and no margin changes by more than a share of the
// least: neither as it does, nor as errors of any sign of that size would in
// the root mean square.
WindowOpinion OpinionOf(const Scene& scene, const Take& take, size_t window,
                        std::span<const int32_t> rows, double share) {
  if (window >= take.windows()) return {};  // not whole, and not asked about
  const Belief& belief = take.beliefs[window];
  const std::vector<double> coded = Physical(rows);
  WindowOpinion opinion;
  double square = 0, expected = 0;
  for (size_t m = 0; m < scene.choosers.size(); ++m) {
    const double margin =
        MarginOf(scene.choosers[m].Scores(coded), belief.answers[m]);
    opinion.same = opinion.same && margin > 0;
    square += std::pow(margin - belief.margins[m], 2) /
              static_cast<double>(scene.choosers.size());
  }
  std::vector<double> error = Physical(WindowOf(take.counts, window));
  for (size_t i = 0; i < kSize; ++i) error[i] -= coded[i];
  ToFrequencies(&error);
  for (size_t i = 0; i < kSize; ++i) {
    expected += belief.energy[i] * error[i] * error[i];
  }
  opinion.safe = std::sqrt(std::max(square, expected)) <=
                 share * *std::ranges::min_element(belief.margins);
  return opinion;
}

// In frequency, by a plan; `share` 0: all windows at the strength.
void InFrequency(const Scene& scene, ImuWindowCoder* coder, int strength,
                 double share, Point* point) {
  for (const Take& take : scene.takes) {
    ImuWindowOptions options;
    options.strength = strength;
    if (share > 0) {
      options.judge = [&](size_t w, std::span<const int32_t> rows) {
        return OpinionOf(scene, take, w, rows, share);
      };
    }
    const auto block = Value(coder->Encode(take.counts, options));
    Count(scene, take, block.size(), Value(coder->Decode(block)).values, point);
  }
}

ImuWindowCoder CoderOf(const Scene& scene, size_t bands,
                       std::vector<double> energy) {
  const ImuWindowSteps steps{kHarChannels, kLength, bands, std::move(energy)};
  return Value(
      ImuWindowCoder::Create(Value(MakeImuWindowPlan(steps, scene.learned))));
}

// Of uniform steps, in the two ways of InTime().
ImuWindowCoder UniformCoder(const Scene& scene, bool alike) {
  std::vector<double> energy(kHarChannels, 1.0);
  const std::vector<double> deviations = Deviations(scene);
  for (size_t c = 0; !alike && c < kHarChannels; ++c) {
    energy[c] = std::pow(deviations[c], -2);
  }
  return CoderOf(scene, 1, std::move(energy));
}

ImuWindowCoder SensitiveCoder(const Scene& scene) {
  return CoderOf(scene, scene.bands, scene.energy);
}

using Way = std::function<void(const Scene&, double, Point*)>;

std::vector<double> Strengths(double from) {
  std::vector<double> strengths;
  for (; from <= 160; from += 4) strengths.push_back(from);
  return strengths;
}

std::vector<double> Shares() {
  std::vector<double> shares;
  for (double share = 0.05; share < 20; share *= std::sqrt(2)) {
    shares.push_back(share);
  }
  return shares;
}

Curve Sweep(std::span<const Scene> scenes, std::span<const double> places,
            const Draw& all, const Way& way) {
  Curve curve;
  for (const double place : places) {
    Point point;
    for (const Scene& scene : scenes) way(scene, place, &point);
    curve.push_back(std::move(point));
    if (SumOf(curve.back(), all).agreement() < kGoal - 0.04) break;
  }
  return curve;
}

// The curve of each scene's own choice of `curves`: that which is best over the
// others.
Curve ChosenByOthers(std::span<const Scene> scenes,
                     const std::vector<Curve>& curves) {
  size_t length = SIZE_MAX;
  for (const Curve& curve : curves) length = std::min(length, curve.size());
  Curve chosen(length, Point(curves[0][0].size()));
  for (const Scene& scene : scenes) {
    Draw others;
    for (const Scene& other : scenes) {
      if (&other == &scene) continue;
      others.insert(others.end(), other.recordings.begin(),
                    other.recordings.end());
    }
    const auto best = std::ranges::min_element(
        curves, {},
        [&](const Curve& curve) { return RateAt(curve, others, kGoal); });
    std::printf("  %s begins at strength %d\n", scene.name.c_str(),
                kBases[best - curves.begin()]);
    for (size_t i = 0; i < length; ++i) {
      for (const size_t r : scene.recordings) chosen[i][r] = (*best)[i][r];
    }
  }
  return chosen;
}

struct Group {
  std::vector<Draw> by_scene;
  Draw all;
};

void Print(const char* name, const Curve& curve, const Group& group) {
  std::printf("%s\n", name);
  for (const Point& point : curve) {
    const Tally sum = SumOf(point, group.all);
    std::printf("  %7.4f bits  %6.2f %%  mixed %6.2f %%\n", sum.rate(),
                100 * sum.agreement(), 100 * sum.mixed_same / sum.mixed_asked);
  }
  std::printf("  at 99 %%: %.4f bits a sample (",
              RateAt(curve, group.all, 0.99));
  for (const Draw& draw : group.by_scene) {
    std::printf(" %.4f", RateAt(curve, draw, 0.99));
  }
  std::printf(" ); 98 %%: %.4f, 97 %%: %.4f\n", RateAt(curve, group.all, 0.98),
              RateAt(curve, group.all, 0.97));
  std::fflush(stdout);
}

// Against the best rival over all recordings.
void PrintRatio(const char* name, const Curve& curve,
                const std::vector<Curve>& rivals, const Group& group) {
  const auto ratio = [&](const Draw& draw) {
    double least = INFINITY;
    for (const Curve& rival : rivals) {
      least = std::min(least, RateAt(rival, draw, kGoal));
    }
    return RateAt(curve, draw, kGoal) / least;
  };
  const Interval interval = BootstrapInterval(group.by_scene, ratio);
  std::printf("  %.3fx of %s (95 %%: %.3f to %.3f)\n", ratio(group.all), name,
              interval.low, interval.high);
}

void RunDevice(const std::string& data, const std::string& device,
               size_t models) {
  std::vector<Scene> scenes;
  Group group;
  for (const char* subject : kSubjects) {
    scenes.push_back(
        MakeScene(data, device, subject, models, group.all.size()));
    const Scene& scene = scenes.back();
    group.by_scene.push_back(scene.recordings);
    group.all.insert(group.all.end(), scene.recordings.begin(),
                     scene.recordings.end());
    std::printf("%s %s: judges tell %.1f %% right of %.0f windows\n",
                device.c_str(), subject, 100 * scene.right / scene.asked,
                scene.asked / kJudges);
  }
  std::vector<Curve> in_time, in_frequency, in_loop;
  for (const bool alike : {true, false}) {
    in_time.push_back(Sweep(scenes, Strengths(alike ? 44 : 20), group.all,
                            [alike](const Scene& scene, double s, Point* p) {
                              InTime(scene, s, alike, p);
                            }));
    Print(alike ? "time, steps alike" : "time, steps by deviation",
          in_time.back(), group);
    in_frequency.push_back(
        Sweep(scenes, Strengths(alike ? 52 : 48), group.all,
              [alike](const Scene& scene, double s, Point* p) {
                ImuWindowCoder coder = UniformCoder(scene, alike);
                InFrequency(scene, &coder, static_cast<int>(s), 0, p);
              }));
    Print(alike ? "DCT, steps alike" : "DCT, steps by deviation",
          in_frequency.back(), group);
  }
  const Curve still =
      Sweep(scenes, Strengths(40), group.all,
            [](const Scene& scene, double s, Point* p) {
              ImuWindowCoder coder = SensitiveCoder(scene);
              InFrequency(scene, &coder, static_cast<int>(s), 0, p);
            });
  Print("DCT, steps by sensitivity", still, group);
  PrintRatio("time", still, in_time, group);
  PrintRatio("DCT", still, in_frequency, group);
  for (const int base : kBases) {
    in_loop.push_back(Sweep(scenes, Shares(), group.all,
                            [base](const Scene& scene, double share, Point* p) {
                              ImuWindowCoder coder = SensitiveCoder(scene);
                              InFrequency(scene, &coder, base, share, p);
                            }));
  }
  const Curve chosen = ChosenByOthers(scenes, in_loop);
  Print("the same, and each window by the model", chosen, group);
  PrintRatio("time", chosen, in_time, group);
  PrintRatio("DCT", chosen, in_frequency, group);
}

int Main(int argc, char** argv) {
  std::string data = FOVEA_DEFAULT_TEST_DATA;
  size_t models = 1;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--data") data = argv[i + 1];
    if (name == "--models") {
      models = static_cast<size_t>(std::max(1, std::atoi(argv[i + 1])));
    }
  }
  if (!std::filesystem::exists(data + "/imu/har_sp_sw")) {
    std::printf("no recordings below %s\n", data.c_str());
    return 77;
  }
  for (const char* device : {"sp", "sw"}) RunDevice(data, device, models);
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
