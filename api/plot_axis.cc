// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/plot_axis.h"

#include <cstdio>
#include <iterator>

namespace fovea {
namespace {

constexpr const char* kColors[] = {"#1f5fa8", "#d1432b", "#2c8a4b", "#8a4fb0",
                                   "#d88a00", "#0f9aa8", "#b0457e", "#6b6b6b",
                                   "#7a5230", "#3d3d9e"};
constexpr const char* kDashes[] = {"", "7 3", "2 3", "8 3 2 3"};

}  // namespace

std::vector<double> LinearTicks(const PlotRange& range, int count) {
  const double raw = (range.high - range.low) / count;
  const double decade = std::pow(10, std::floor(std::log10(raw)));
  const double share = raw / decade;
  const double step = decade * (share <= 1   ? 1
                                : share <= 2 ? 2
                                : share <= 5 ? 5
                                             : 10);
  std::vector<double> ticks;
  const double first = std::ceil(range.low / step);
  for (int i = 0; i <= count; ++i) {
    const double tick = (first + i) * step;
    if (tick <= range.high + step * 1e-9) ticks.push_back(tick);
  }
  return ticks;
}

std::vector<double> LogTicks(const PlotRange& range) {
  std::vector<double> ticks;
  for (double decade = std::pow(10, std::floor(std::log10(range.low)));
       decade <= range.high; decade *= 10) {
    for (const double digit : {1.0, 2.0, 5.0}) {
      const double tick = decade * digit;
      if (tick >= range.low && tick <= range.high) ticks.push_back(tick);
    }
  }
  return ticks;
}

std::string PlotNumber(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.4g", value);
  return text;
}

SvgStroke PlotStroke(size_t number) {
  const size_t colors = std::size(kColors);
  return {kColors[number % colors], 1.6,
          kDashes[number / colors % std::size(kDashes)]};
}

}  // namespace fovea
