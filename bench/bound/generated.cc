// SPDX-License-Identifier: GPL-2.0-or-later

#include <cmath>
#include <random>
#include <utility>

#include "bench/bound/source.h"

namespace fovea::bench::bound {
namespace {

// What goes wrong. Rates are per input.
struct Scenery {
  std::string name;
  double dwell = 150;         // inputs of a scene, on average
  double unseen = 0.02;       // scenes that change without looking different
  double flicker = 0.005;     // answers that differ for one input
  double late_flicker = 0;    // the same, growing to this at the end
  size_t burst = 0;           // inputs of one: answers at random
  double burst_rate = 0;      // of beginning one
  bool blind_middle = false;  // the fourth quarter of it all looks the same
  double new_model = 0;       // flicker from the middle on; 0: no new model
  bool told = false;          // and the caller knows
};

std::vector<Scenery> AllSceneries() {
  std::vector<Scenery> all(6);
  all[0].name = "plain";
  all[1].name = "bursts";
  all[1].burst = 40;
  all[1].burst_rate = 0.0008;
  all[2].name = "slow drift";
  all[2].late_flicker = 0.12;
  all[3].name = "blind gate";
  all[3].blind_middle = true;
  all[4].name = "new model, told";
  all[4].new_model = 0.08;
  all[4].told = true;
  all[5].name = "new model, untold";
  all[5].new_model = 0.08;
  return all;
}

class Scenes : public Source {
 public:
  Scenes(const Scenery& scenery, size_t inputs, uint64_t seed);

  size_t size() const override { return answers_.size(); }
  double Risk(size_t at, size_t reference) const override {
    return std::abs(looks_[at] - looks_[reference]);
  }
  bool IsWrong(size_t at, size_t reference) const override {
    return answers_[at] != answers_[reference];
  }
  size_t told_change() const override { return told_ ? size() / 2 : size(); }

 private:
  bool told_;
  std::vector<double> looks_;
  std::vector<int> answers_;
};

Scenes::Scenes(const Scenery& scenery, size_t inputs, uint64_t seed)
    : told_(scenery.told) {
  std::mt19937_64 dice(seed);
  std::uniform_real_distribution<double> uniform;
  std::normal_distribution<double> normal;
  double scene = 0;
  int answer = 0;
  size_t burst_until = 0;
  for (size_t i = 0; i < inputs; ++i) {
    const double part = static_cast<double>(i) / static_cast<double>(inputs);
    const bool blind = scenery.blind_middle && part > 0.5 && part < 0.75;
    if (uniform(dice) < (blind ? 5 : 1) / scenery.dwell) {
      answer = static_cast<int>(uniform(dice) * 4);
      if (!blind && uniform(dice) >= scenery.unseen) scene += 4 * normal(dice);
    }
    double flicker = scenery.flicker + part * scenery.late_flicker;
    if (scenery.new_model > 0 && part >= 0.5) flicker = scenery.new_model;
    if (uniform(dice) < scenery.burst_rate) burst_until = i + scenery.burst;
    if (i < burst_until) flicker = 0.7;
    looks_.push_back(scene + 0.2 * normal(dice));
    const bool flickers = uniform(dice) < flicker;
    answers_.push_back(flickers ? 4 + static_cast<int>(uniform(dice) * 4)
                                : answer);
  }
}

}  // namespace

std::vector<Trial> GeneratedTrials(size_t inputs, int seeds) {
  std::vector<Trial> trials;
  for (const Scenery& scenery : AllSceneries()) {
    for (int seed = 0; seed < seeds; ++seed) {
      const auto number = static_cast<uint64_t>(seed);
      trials.push_back({"made: " + scenery.name, scenery.name, number, [=] {
                          return std::make_unique<Scenes>(scenery, inputs,
                                                          1 + number);
                        }});
    }
  }
  return trials;
}

}  // namespace fovea::bench::bound
