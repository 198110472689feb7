// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/window_program.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "api/class_line.h"

namespace fovea {

WindowProgram::WindowProgram(ModelDescription description,
                             const ExternalModelOptions& options)
    : description_(std::move(description)), options_(options) {}

absl::StatusOr<std::unique_ptr<WindowProgram>> WindowProgram::Start(
    ModelDescription description, const ExternalModelOptions& options) {
  if (options.command.empty() || options.command[0].empty()) {
    return absl::InvalidArgumentError("window program: no command");
  }
  if (description.card.window < 1 || description.card.channels.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("model ", description.id.name,
                     ": its card tells no window of a series"));
  }
  std::unique_ptr<WindowProgram> model(
      new WindowProgram(std::move(description), options));
  if (absl::Status s = model->Restart(); !s.ok()) return s;
  return model;
}

absl::Status WindowProgram::Restart() {
  if (program_ != nullptr) return absl::OkStatus();
  auto program = LineProgram::Start(options_.command);
  status_ = Named(program.status());
  if (status_.ok()) program_ = *std::move(program);
  return status_;
}

absl::StatusOr<Answer> WindowProgram::Ask(std::span<const double> values,
                                          int64_t longest_ns) {
  const ModelCard& card = description_.card;
  const size_t expected =
      static_cast<size_t>(card.window) * card.channels.size();
  if (values.size() != expected) {
    return absl::InvalidArgumentError(
        absl::StrCat("model ", description_.id.name, ": expected a window of ",
                     expected, " values, found ", values.size()));
  }
  if (!status_.ok()) return status_;
  auto answer = AskOnce(Question(values), longest_ns);
  if (answer.ok()) return answer;
  status_ = Named(answer.status());
  program_.reset();
  return status_;
}

absl::Status WindowProgram::Named(const absl::Status& status) const {
  if (status.ok()) return status;
  return absl::Status(
      status.code(),
      absl::StrCat("model ", description_.id.name, ": program ",
                   options_.command[0], ": ", std::string(status.message())));
}

// Numbers as short as they read back the same.
std::string WindowProgram::Question(std::span<const double> values) const {
  const size_t channels = description_.card.channels.size();
  const size_t samples = values.size() / channels;
  std::string text;
  for (size_t i = 0; i < samples; ++i) {
    for (size_t c = 0; c < channels; ++c) {
      char number[32];
      const auto end = std::to_chars(number, number + sizeof(number),
                                     values[c * samples + i]);
      text.append(number, end.ptr);
      text.push_back(c + 1 < channels ? ',' : '\n');
    }
  }
  text.push_back('\n');
  return text;
}

absl::StatusOr<Answer> WindowProgram::AskOnce(const std::string& question,
                                              int64_t longest_ns) {
  if (absl::Status s = program_->CheckQuiet(); !s.ok()) return s;
  const auto deadline =
      LineProgram::After(std::min(options_.timeout_ns, longest_ns));
  if (absl::Status s = program_->Send(question, deadline); !s.ok()) return s;
  Answer answer;
  std::set<size_t> told;
  while (true) {
    const auto line = program_->ReadLine(deadline);
    if (!line.ok()) return line.status();
    if (line->empty()) return answer;
    const auto said = ParseClassLine(*line);
    if (!said.ok()) return said.status();
    if (told.size() == kMostToldClasses) {
      return absl::DataLossError(
          absl::StrCat("told more than ", kMostToldClasses, " classes"));
    }
    if (!told.insert(said->label).second) {
      return absl::DataLossError(
          absl::StrCat("told class ", said->label, " twice"));
    }
    if (said->label >= answer.scores.size()) {
      answer.scores.resize(said->label + 1, 0);
    }
    answer.scores[said->label] = said->score;
  }
}

}  // namespace fovea
