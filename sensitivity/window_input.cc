// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/window_input.h"

#include <algorithm>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "codec/nearest_name.h"

namespace fovea {
namespace {

absl::Status NoWindows(const ModelCard& card) {
  return absl::InvalidArgumentError(
      absl::StrCat("model ", card.name, ": takes pictures (decoder ",
                   DecoderName(card.decoder), "), not windows of a series"));
}

std::string Folded(const std::string& name) {
  std::string folded = name;
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '.' || c == '-' || c == ' ') c = '_';
  }
  return folded;
}

}  // namespace

absl::StatusOr<std::vector<size_t>> FindChannels(const ModelCard& card,
                                                 const SeriesInfo& series) {
  if (card.window < 1) return NoWindows(card);
  std::vector<std::string> names, folded;
  for (const Channel& channel : series.channels) {
    names.push_back(channel.name);
    folded.push_back(Folded(channel.name));
  }
  std::vector<size_t> found;
  for (const std::string& wanted : card.channels) {
    auto at = std::find(names.begin(), names.end(), wanted) - names.begin();
    if (at == std::ssize(names)) {
      at = std::find(folded.begin(), folded.end(), Folded(wanted)) -
           folded.begin();
    }
    if (at == std::ssize(names)) {
      const std::string nearest = NearestName(wanted, names);
      return absl::InvalidArgumentError(absl::StrCat(
          "model ", card.name, ": takes channel '", wanted,
          "', which is missing; ",
          nearest.empty() ? "there"
                          : absl::StrCat("did you mean '", nearest, "'? There"),
          " are ", absl::StrJoin(names, ", ")));
    }
    found.push_back(static_cast<size_t>(at));
  }
  return found;
}

absl::StatusOr<WindowInput> WindowInput::Create(const ModelCard& card) {
  if (card.window < 1) return NoWindows(card);
  WindowInput input;
  input.window_ = static_cast<size_t>(card.window);
  for (size_t c = 0; c < card.channels.size(); ++c) {
    input.scale_.push_back({card.channel_mean[c], card.channel_deviation[c]});
  }
  const size_t channels = input.channels();
  input.shape_ = {1, static_cast<int64_t>(channels), card.window};
  if (card.channels_last) std::swap(input.shape_[1], input.shape_[2]);
  input.channel_step_ = card.channels_last ? 1 : input.window_;
  input.sample_step_ = card.channels_last ? channels : 1;
  return input;
}

Tensor WindowInput::Prepare(std::span<const double> values) const {
  Tensor tensor{shape_, std::vector<float>(values.size())};
  for (size_t c = 0; c < channels(); ++c) {
    for (size_t i = 0; i < window_; ++i) {
      const double value = values[c * window_ + i];
      tensor.values[At(c, i)] =
          static_cast<float>((value - scale_[c].mean) / scale_[c].deviation);
    }
  }
  return tensor;
}

std::vector<double> WindowInput::Adjoint(const Tensor& gradient) const {
  std::vector<double> by_value(gradient.values.size());
  for (size_t c = 0; c < channels(); ++c) {
    for (size_t i = 0; i < window_; ++i) {
      by_value[c * window_ + i] =
          static_cast<double>(gradient.values[At(c, i)]) / scale_[c].deviation;
    }
  }
  return by_value;
}

}  // namespace fovea
