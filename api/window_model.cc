// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/window_model.h"

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "store/chunk_id.h"

namespace fovea {

WindowModel::WindowModel(ModelDescription description)
    : description_(std::move(description)) {}

absl::StatusOr<std::unique_ptr<WindowModel>> WindowModel::Open(
    const ModelFiles& files, const NetworkOptions& options) {
  if (!TakesWindows(files.card.decoder)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "model ", files.card.name,
        ": takes pictures, not windows of a series; its card needs 'input' ",
        "with window, rate and channels"));
  }
  std::unique_ptr<WindowModel> model(new WindowModel(DescriptionOf(files)));
  if (IsProgram(files.card.decoder)) {
    auto program =
        WindowProgram::Start(DescriptionOf(files), ProgramOptionsOf(files));
    if (!program.ok()) return program.status();
    model->program_ = *std::move(program);
    return model;
  }
  auto network = OpenNetwork(files.network_path, options);
  if (!network.ok()) return network.status();
  model->network_ =
      std::make_unique<Model>(DescriptionOf(files), *std::move(network));
  return model;
}

absl::StatusOr<Answer> WindowModel::Ask(std::span<const double> values,
                                        int64_t longest_ns) {
  return program_ != nullptr ? program_->Ask(values, longest_ns)
                             : network_->InferWindow(values);
}

absl::Status WindowModel::Restart() {
  return program_ != nullptr ? program_->Restart() : absl::OkStatus();
}

absl::StatusOr<ModelFiles> WithWindow(ModelFiles files, int samples) {
  if (files.card.decoder != DecoderKind::kWindowProgram) {
    return absl::InvalidArgumentError(absl::StrCat(
        "model ", files.card.name,
        ": is no program of windows, so its window is that of its card"));
  }
  if (samples < 1 || samples > kMaxWindow) {
    return absl::InvalidArgumentError(absl::StrCat(
        "expected a window of 1 to ", kMaxWindow, " samples, found ", samples));
  }
  if (samples == files.card.window) return files;
  files.card.window = samples;
  const std::string mark = absl::StrCat("window ", samples, "\n");
  std::vector<uint8_t> all(mark.begin(), mark.end());
  all.insert(all.end(), files.digest.begin(), files.digest.end());
  files.digest = ChunkId::Of(all).bytes;
  return files;
}

}  // namespace fovea
