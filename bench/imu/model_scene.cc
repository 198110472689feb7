// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/imu/model_scene.h"

#include <algorithm>
#include <cmath>

#include "sensitivity/window_energy.h"

namespace fovea::bench {
namespace {

constexpr size_t kLessonHop = 8;   // between windows that teach
constexpr size_t kEnergyHop = 16;  // and those that energies are of
constexpr size_t kShifts = 4;      // of windows against a recording's start
constexpr double kNoise = 0.3;     // of training

// Units of the whole numbers: 8 g over 2^15 and 35 millidegrees/s.
constexpr double kAccelUnit = 8 * 9.80665 / 32768;
constexpr double kGyroUnit = 0.035 * 3.14159265358979 / 180;

double UnitOf(size_t channel) { return channel < 3 ? kAccelUnit : kGyroUnit; }

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

bool IsOfOneClass(const LabelledSamples& samples, size_t begin) {
  const auto first = samples.labels.begin() + static_cast<long>(begin);
  return std::all_of(first, first + kLength,
                     [first](uint8_t label) { return label == *first; });
}

Belief BeliefOf(const Scene& scene, const std::vector<double>& values) {
  Belief belief;
  belief.energy.resize(kSize);
  for (const WindowClassifier& model : scene.choosers) {
    const std::vector<double> scores = model.Scores(values);
    belief.answers.push_back(TopOf(scores));
    belief.margins.push_back(MarginOf(scores, belief.answers.back()));
    std::vector<double> gradient = model.MarginGradient(values);
    ToFrequencies(&gradient);
    for (size_t i = 0; i < kSize; ++i) {
      belief.energy[i] += gradient[i] * gradient[i] /
                          static_cast<double>(scene.choosers.size());
    }
  }
  return belief;
}

Take MakeTake(const LabelledSamples& samples, size_t recording, size_t shift,
              Scene* scene) {
  Take take;
  take.recording = recording;
  take.counts = ToCounts(samples, shift);
  take.answers.resize(kJudges);
  for (size_t w = 0; (w + 1) * kSize <= take.counts.size(); ++w) {
    const size_t begin = shift + w * kLength;
    take.single.push_back(IsOfOneClass(samples, begin));
    const std::vector<double> values = Physical(WindowOf(take.counts, w));
    for (size_t m = 0; m < kJudges; ++m) {
      take.answers[m].push_back(TopOf(scene->judges[m].Scores(values)));
      if (!take.single.back()) continue;
      scene->asked += 1;
      scene->right += take.answers[m].back() == samples.labels[begin] ? 1 : 0;
    }
    take.beliefs.push_back(BeliefOf(*scene, values));
  }
  return take;
}

// Of the choosers' margins, by values in units.
void LearnEnergy(Scene* scene) {
  WindowEnergy energy(kHarChannels, kLength);
  for (const Counts& counts : scene->learned) {
    for (size_t at = 0; at + kSize <= counts.size();
         at += kEnergyHop * kHarChannels) {
      const auto values = Physical(std::span(counts).subspan(at, kSize));
      for (const WindowClassifier& model : scene->choosers) {
        std::vector<double> gradient = model.MarginGradient(values);
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

// As `fovea learn classifier --turn` does.
WindowClassifier Learn(std::span<const WindowLesson> lessons, uint64_t seed) {
  WindowTraining training;
  training.channels = kHarChannels;
  training.window = kLength;
  training.classes = kHarClasses;
  training.seed = seed;
  training.noise = kNoise;
  training.turned = {0, 3};
  return Value(WindowClassifier::Train(lessons, training));
}

}  // namespace

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
  return std::span(counts).subspan(window * kSize, kSize);
}

double MarginOf(const std::vector<double>& scores, size_t answer) {
  double other = -INFINITY;
  for (size_t i = 0; i < scores.size(); ++i) {
    if (i != answer) other = std::max(other, scores[i]);
  }
  return scores[answer] - other;
}

size_t TopOf(const std::vector<double>& scores) {
  return static_cast<size_t>(std::ranges::max_element(scores) - scores.begin());
}

void ToFrequencies(std::vector<double>* values) {
  for (size_t c = 0; c < kHarChannels; ++c) {
    ForwardDct(std::span(*values).subspan(c * kLength, kLength));
  }
}

Scene MakeScene(const std::string& data, const std::string& device,
                const std::string& judged, size_t choosers,
                size_t first_recording) {
  const std::string folder = data + "/imu/har_sp_sw";
  Scene scene;
  scene.name = judged;
  std::vector<WindowLesson> lessons;
  for (const std::string subject : kSubjects) {
    if (subject == judged) continue;
    const HarSubject teacher = ReadHarSubject(folder, subject, device);
    for (const LabelledSamples& samples : teacher.executions) {
      scene.learned.push_back(ToCounts(samples, 0));
      for (size_t at = 0; at + kLength <= samples.size(); at += kLessonHop) {
        if (!IsOfOneClass(samples, at)) continue;
        lessons.push_back(
            {WindowValues(samples, at, kLength), samples.labels[at]});
      }
    }
  }
  for (uint64_t seed = 1; seed <= choosers + kJudges; ++seed) {
    auto& models = seed <= choosers ? scene.choosers : scene.judges;
    models.push_back(Learn(lessons, seed));
  }
  LearnEnergy(&scene);
  for (const auto& samples :
       ReadHarSubject(folder, judged, device).executions) {
    const size_t recording = first_recording + scene.recordings.size();
    for (size_t shift = 0; shift < kShifts; ++shift) {
      scene.takes.push_back(
          MakeTake(samples, recording, shift * kLength / kShifts, &scene));
    }
    scene.recordings.push_back(recording);
  }
  return scene;
}

}  // namespace fovea::bench
