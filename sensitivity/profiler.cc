// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/profiler.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/quality_map.h"

namespace fovea {
namespace {

constexpr int kMaxProbes = 64;

bool AtOriginal(ProfileMethod method) {
  return method == ProfileMethod::kGrace || method == ProfileMethod::kStac;
}

Norm NormOf(ProfileMethod method) {
  return method == ProfileMethod::kEnergy ? Norm::kSquare : Norm::kAbsolute;
}

// gradient *= a - b, sample by sample.
void WeighByDifference(const Plane& a, const Plane& b, int width, int height,
                       std::vector<float>* gradient) {
  float* value = gradient->data();
  for (ptrdiff_t y = 0; y < height; ++y) {
    const uint8_t* of_a = a.data + y * a.stride;
    const uint8_t* of_b = b.data + y * b.stride;
    for (ptrdiff_t x = 0; x < width; ++x) {
      *value++ *= static_cast<float>(of_a[x] - of_b[x]);
    }
  }
}

void WeighByDifference(const Frame& a, const Frame& b,
                       PlaneGradient* gradient) {
  WeighByDifference(a.y, b.y, a.width, a.height, &gradient->plane[0]);
  WeighByDifference(a.u, b.u, a.chroma_width(), a.chroma_height(),
                    &gradient->plane[1]);
  WeighByDifference(a.v, b.v, a.chroma_width(), a.chroma_height(),
                    &gradient->plane[2]);
}

// To 0..1, as AccMPEG's labels are; all equal: all 0.
void ScaleToUnit(std::vector<double>* values) {
  const auto [least, most] =
      std::minmax_element(values->begin(), values->end());
  const double low = *least, range = *most - *least;
  for (double& value : *values) {
    value = range > 0 ? (value - low) / range : 0;
  }
}

// One plane: the sum over the macroblock of all three, to 0..1.
void SumPlanes(SensitivityFrame* frame) {
  for (size_t i = 0; i < frame->plane[0].size(); ++i) {
    frame->plane[0][i] += (frame->plane[1][i] + frame->plane[2][i]) / 4;
  }
  frame->plane[1].clear();
  frame->plane[2].clear();
  ScaleToUnit(&frame->plane[0]);
}

absl::Status WrongSize(const Frame& frame, const CameraInfo& camera) {
  return absl::InvalidArgumentError(
      absl::StrCat("profiler: frame of ", frame.width, "x", frame.height,
                   ", expected ", camera.width, "x", camera.height));
}

}  // namespace

const char* ProfileMethodName(ProfileMethod method) {
  switch (method) {
    case ProfileMethod::kGrace:
      return "grace";
    case ProfileMethod::kAccMpeg:
      return "accmpeg";
    case ProfileMethod::kStac:
      return "stac";
    case ProfileMethod::kEnergy:
      break;
  }
  return "energy";
}

std::vector<double> Spread3x3(const std::vector<double>& values, int columns,
                              int rows) {
  std::vector<double> spread(values.size());
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < columns; ++column) {
      double sum = 0;
      int count = 0;
      for (int y = std::max(0, row - 1); y <= std::min(rows - 1, row + 1);
           ++y) {
        for (int x = std::max(0, column - 1);
             x <= std::min(columns - 1, column + 1); ++x) {
          sum += values[static_cast<size_t>(y * columns + x)];
          ++count;
        }
      }
      spread[static_cast<size_t>(row * columns + column)] = sum / count;
    }
  }
  return spread;
}

Profiler::Profiler(Model* model, const CameraInfo& camera,
                   const ProfileOptions& options)
    : model_(model),
      camera_(camera),
      options_(options),
      energy_(camera.width, camera.height, options.full_chroma,
              NormOf(options.method)) {}

absl::StatusOr<std::unique_ptr<Profiler>> Profiler::Create(
    Model* model, const CameraInfo& camera, const ProfileOptions& options) {
  if (options.random_probes < 0 || options.random_probes > kMaxProbes) {
    return absl::InvalidArgumentError(
        absl::StrCat("profiler: expected 0 to ", kMaxProbes,
                     " random probes, found ", options.random_probes));
  }
  if (options.full_chroma && options.method == ProfileMethod::kAccMpeg) {
    return absl::InvalidArgumentError(
        "profiler: accmpeg compares decoded samples, which are 4:2:0");
  }
  const auto input = model->InputFor(camera.width, camera.height, camera.color);
  if (!input.ok()) return input.status();
  return std::unique_ptr<Profiler>(new Profiler(model, camera, options));
}

SensitivityInfo Profiler::info() const {
  SensitivityInfo info;
  info.width = camera_.width;
  info.height = camera_.height;
  const bool relative = options_.method == ProfileMethod::kAccMpeg;
  info.planes = relative ? 1 : 3;
  info.unit = relative ? SensitivityUnit::kRelative
                       : SensitivityUnit::kLossSquaredPerGreySquared;
  info.frequencies =
      options_.frequencies || options_.method == ProfileMethod::kGrace;
  info.full_chroma = options_.full_chroma;
  info.models = {model_->id()};
  return info;
}

absl::StatusOr<SensitivityFrame> Profiler::Measure(const Frame& original,
                                                   const Frame& degraded) {
  for (const Frame* frame : {&original, &degraded}) {
    if (frame->width != camera_.width || frame->height != camera_.height) {
      return WrongSize(*frame, camera_);
    }
  }
  energy_.Reset();
  const bool at_original = AtOriginal(options_.method);
  std::vector<Tensor> reference;
  // The detectors' scalar has no truth to compare with.
  if (!at_original && model_->decoder().uses_reference()) {
    auto outputs = model_->Run(original, camera_.color);
    if (!outputs.ok()) return outputs.status();
    reference = *std::move(outputs);
  }
  difference_of_ = options_.method == ProfileMethod::kAccMpeg
                       ? std::optional(std::pair(original, degraded))
                       : std::nullopt;
  absl::Status status = AddProbes(at_original ? original : degraded, reference);
  if (!status.ok()) return status;
  return Collect();
}

absl::Status Profiler::AddProbes(const Frame& at,
                                 const std::vector<Tensor>& reference) {
  const auto outputs = model_->Run(at, camera_.color);
  if (!outputs.ok()) return outputs.status();
  const auto input =
      model_->InputFor(camera_.width, camera_.height, camera_.color);
  if (!input.ok()) return input.status();
  const std::vector<Tensor>& truth = reference.empty() ? *outputs : reference;
  absl::Status status = AddProbe(*outputs, truth, Probe::kSum, **input);
  for (int i = 0; status.ok() && i < options_.random_probes; ++i) {
    status = AddProbe(*outputs, truth, Probe::kRandom, **input);
  }
  return status;
}

absl::Status Profiler::AddProbe(const std::vector<Tensor>& outputs,
                                const std::vector<Tensor>& reference,
                                Probe probe, const PictureInput& input) {
  const auto scalar = model_->decoder().Differentiate(
      outputs, reference, probe, options_.seed + probes_++);
  if (!scalar.ok()) return scalar.status();
  const auto by_input = model_->network()->InputGradient(scalar->by_output);
  if (!by_input.ok()) return by_input.status();
  PlaneGradient gradient = options_.full_chroma
                               ? input.FullChromaAdjoint(*by_input)
                               : input.Adjoint(*by_input);
  if (difference_of_) {
    WeighByDifference(difference_of_->first, difference_of_->second, &gradient);
  }
  energy_.Add(gradient, info().frequencies);
  if (!energy_.finite()) {
    return absl::DataLossError(
        absl::StrCat("model ", model_->id().name,
                     ": gradient is not finite; check its weights"));
  }
  return absl::OkStatus();
}

// Values as energies: squares of mean sizes where sizes were averaged.
SensitivityFrame Profiler::Collect() const {
  SensitivityFrame frame;
  frame.plane = energy_.PerMacroblock();
  if (info().frequencies) frame.frequency = energy_.PerFrequency();
  const bool sizes = AtOriginal(options_.method);
  if (sizes && frame.frequency) {
    for (auto& plane : *frame.frequency) {
      for (double& value : plane) value *= value;
    }
  }
  for (auto& plane : frame.plane) {
    if (options_.method == ProfileMethod::kGrace) {
      double sum = 0;
      for (const double value : plane) sum += value;
      plane.assign(plane.size(), sum / static_cast<double>(plane.size()));
    }
    if (sizes) {
      for (double& value : plane) value *= value;
    }
    if (options_.spread) {
      plane = Spread3x3(plane, MacroblockCount(camera_.width),
                        MacroblockCount(camera_.height));
    }
  }
  if (options_.method == ProfileMethod::kAccMpeg) SumPlanes(&frame);
  return frame;
}

}  // namespace fovea
