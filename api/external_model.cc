// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/external_model.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "api/line_program.h"
#include "api/whole_file.h"
#include "codec/formats/image_writer.h"

namespace fovea {
namespace {

constexpr size_t kMaxBoxes = 4096;

absl::StatusOr<Detection> ParseBox(const std::string& line) {
  const std::vector<std::string> fields = absl::StrSplit(line, ',');
  std::array<float, 5> numbers{};
  Detection box;
  bool good = fields.size() == 6;
  for (size_t i = 0; good && i < numbers.size(); ++i) {
    good =
        absl::SimpleAtof(fields[i], &numbers[i]) && std::isfinite(numbers[i]);
  }
  good = good && absl::SimpleAtoi(fields[5], &box.label) && box.label >= 0 &&
         numbers[0] <= numbers[2] && numbers[1] <= numbers[3] &&
         numbers[4] >= 0 && numbers[4] <= 1;
  if (!good) {
    return absl::DataLossError(absl::StrCat(
        "wrote ", LineProgram::Quoted(line),
        "; expected 'left,top,right,bottom,score,", "label' or an empty line"));
  }
  box.left = numbers[0];
  box.top = numbers[1];
  box.right = numbers[2];
  box.bottom = numbers[3];
  box.score = numbers[4];
  return box;
}

}  // namespace

ExternalModel::ExternalModel(ModelDescription description,
                             const ExternalModelOptions& options,
                             std::string folder)
    : description_(std::move(description)),
      options_(options),
      folder_(std::move(folder)) {}

ExternalModel::~ExternalModel() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

absl::StatusOr<std::unique_ptr<ExternalModel>> ExternalModel::Start(
    ModelDescription description, const ExternalModelOptions& options) {
  if (options.command.empty() || options.command[0].empty()) {
    return absl::InvalidArgumentError("external model: no command");
  }
  std::error_code error;
  std::string folder =
      (std::filesystem::temp_directory_path(error) / "fovea-XXXXXX").string();
  if (error || mkdtemp(folder.data()) == nullptr) {
    return absl::PermissionDeniedError(absl::StrCat(
        "external model: no folder for pictures can be made at ", folder));
  }
  std::unique_ptr<ExternalModel> model(
      new ExternalModel(std::move(description), options, std::move(folder)));
  if (absl::Status s = model->Restart(); !s.ok()) return s;
  return model;
}

absl::Status ExternalModel::Restart() {
  if (program_ != nullptr) return absl::OkStatus();
  auto program = LineProgram::Start(options_.command);
  status_ = Named(program.status());
  if (status_.ok()) program_ = *std::move(program);
  return status_;
}

absl::StatusOr<Answer> ExternalModel::Ask(const Frame& frame,
                                          const ColorInfo& color,
                                          int64_t longest_ns) {
  if (!status_.ok()) return status_;
  auto answer = AskOnce(frame, color, longest_ns);
  if (answer.ok()) return answer;
  status_ = Named(answer.status());
  program_.reset();
  return status_;
}

absl::Status ExternalModel::Named(const absl::Status& status) const {
  if (status.ok()) return status;
  return absl::Status(
      status.code(),
      absl::StrCat("model ", description_.id.name, ": program ",
                   options_.command[0], ": ", std::string(status.message())));
}

absl::StatusOr<Answer> ExternalModel::AskOnce(const Frame& frame,
                                              const ColorInfo& color,
                                              int64_t longest_ns) {
  if (absl::Status s = program_->CheckQuiet(); !s.ok()) return s;
  const auto png = EncodePng(frame, color);
  if (!png.ok()) return png.status();
  const std::string path = folder_ + "/picture.png";
  if (absl::Status s = WriteWholeFile(path, *png); !s.ok()) return s;
  const auto deadline =
      LineProgram::After(std::min(options_.timeout_ns, longest_ns));
  if (absl::Status s = program_->Send(path + "\n", deadline); !s.ok()) {
    return s;
  }
  Answer answer;
  while (true) {
    const auto line = program_->ReadLine(deadline);
    if (!line.ok()) return line.status();
    if (line->empty()) break;
    const auto box = ParseBox(*line);
    if (!box.ok()) return box.status();
    if (answer.detections.size() == kMaxBoxes) {
      return absl::DataLossError(
          absl::StrCat("told more than ", kMaxBoxes, " boxes"));
    }
    answer.detections.push_back(*box);
  }
  std::stable_sort(
      answer.detections.begin(), answer.detections.end(),
      [](const Detection& a, const Detection& b) { return a.score > b.score; });
  return answer;
}

}  // namespace fovea
