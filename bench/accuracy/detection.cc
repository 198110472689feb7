// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/accuracy/detection.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace fovea::bench {
namespace {

constexpr size_t kLine = 85;  // box, objectness, 80 classes
constexpr size_t kClasses = 80;

// FastestDet weighs objectness and class so (its own test script).
constexpr float kObjectnessPower = 0.6F;
constexpr float kClassPower = 0.4F;

float Sigmoid(float x) { return 1 / (1 + std::exp(-x)); }

Detection CentredBox(float x, float y, float width, float height) {
  Detection box;
  box.left = x - width / 2;
  box.top = y - height / 2;
  box.right = x + width / 2;
  box.bottom = y + height / 2;
  return box;
}

// Adds one cell: its score always, its box where anyone could ask for it.
void AddCell(Detection box, int label, float score, Answer* answer) {
  answer->cells.push_back(score);
  if (score < kLowestScore) return;
  box.label = label;
  box.score = score;
  answer->detections.push_back(box);
}

}  // namespace

Answer ReadFastestDet(std::span<const float> channels, int columns, int rows,
                      int width, int height) {
  Answer answer;
  const auto plane = static_cast<size_t>(columns) * static_cast<size_t>(rows);
  if (channels.size() != kLine * plane) return answer;
  const auto across = static_cast<float>(width) / static_cast<float>(columns);
  const auto down = static_cast<float>(height) / static_cast<float>(rows);
  for (size_t cell = 0; cell < plane; ++cell) {
    const auto at = [&](size_t k) { return channels[k * plane + cell]; };
    size_t best = 0;
    for (size_t k = 1; k < kClasses; ++k) {
      if (at(5 + k) > at(5 + best)) best = k;
    }
    const float score =
        std::pow(at(0), kObjectnessPower) * std::pow(at(5 + best), kClassPower);
    const auto column = static_cast<float>(cell % static_cast<size_t>(columns));
    const auto row = static_cast<float>(cell / static_cast<size_t>(columns));
    const Detection box = CentredBox(
        (column + std::tanh(at(1))) * across, (row + std::tanh(at(2))) * down,
        Sigmoid(at(3)) * static_cast<float>(width),
        Sigmoid(at(4)) * static_cast<float>(height));
    AddCell(box, static_cast<int>(best), score, &answer);
  }
  return answer;
}

Answer ReadYolox(std::span<const float> lines, int input_width,
                 int input_height, float scale) {
  Answer answer;
  size_t at = 0;
  for (const int stride : {8, 16, 32}) {
    const int columns = input_width / stride;
    const int cells = columns * (input_height / stride);
    const auto step = static_cast<float>(stride);
    for (int cell = 0; cell < cells; ++cell, at += kLine) {
      if (at + kLine > lines.size()) return answer;
      const float* line = &lines[at];
      const float* best = std::max_element(line + 5, line + kLine);
      const auto column = static_cast<float>(cell % columns);
      const auto row = static_cast<float>(cell / columns);
      const Detection box = CentredBox(
          (line[0] + column) * step / scale, (line[1] + row) * step / scale,
          std::exp(line[2]) * step / scale, std::exp(line[3]) * step / scale);
      AddCell(box, static_cast<int>(best - (line + 5)), line[4] * *best,
              &answer);
    }
  }
  return answer;
}

Answer ReadDarknet(std::span<const float> lines, int width, int height) {
  Answer answer;
  const auto across = static_cast<float>(width);
  const auto down = static_cast<float>(height);
  for (size_t at = 0; at + kLine <= lines.size(); at += kLine) {
    const float* line = &lines[at];
    const float* best = std::max_element(line + 5, line + kLine);
    const Detection box = CentredBox(line[0] * across, line[1] * down,
                                     line[2] * across, line[3] * down);
    AddCell(box, static_cast<int>(best - (line + 5)), *best, &answer);
  }
  return answer;
}

Answer ReadFaces(std::span<const float> scores, std::span<const float> corners,
                 int width, int height) {
  Answer answer;
  const auto across = static_cast<float>(width);
  const auto down = static_cast<float>(height);
  for (size_t i = 0; 2 * i + 1 < scores.size() && 4 * i + 3 < corners.size();
       ++i) {
    Detection box;
    box.left = corners[4 * i] * across;
    box.top = corners[4 * i + 1] * down;
    box.right = corners[4 * i + 2] * across;
    box.bottom = corners[4 * i + 3] * down;
    AddCell(box, 0, scores[2 * i + 1], &answer);
  }
  return answer;
}

}  // namespace fovea::bench
