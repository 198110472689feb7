// SPDX-License-Identifier: GPL-2.0-or-later

#include "cli/error_text.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "cli/table.h"

namespace fovea::cli {
namespace {

std::string MessageOf(const absl::Status& status) {
  std::string text(status.message());
  while (!text.empty() && (text.back() == '.' || text.back() == '\n')) {
    text.pop_back();
  }
  return text.empty() ? absl::StatusCodeToString(status.code()) : text;
}

bool BringsNextStep(const std::string& message) {
  return message.find("; ") != std::string::npos;
}

std::string DefaultNextStep(absl::StatusCode code, const std::string& verb) {
  switch (code) {
    case absl::StatusCode::kNotFound:
      return "check the name ('fovea ls' lists what is stored)";
    case absl::StatusCode::kAlreadyExists:
      return "choose another --name, or add to it with --append";
    case absl::StatusCode::kPermissionDenied:
      return "check owner and mode with 'ls -ld'";
    case absl::StatusCode::kUnavailable:
      return "try again when it is free";
    case absl::StatusCode::kResourceExhausted:
      return "'fovea doctor' shows space and memory; limits are in "
             "docs/LIMITS.md";
    case absl::StatusCode::kFailedPrecondition:
      return "'fovea doctor' tells more";
    case absl::StatusCode::kDataLoss:
      return "'fovea verify --deep' tells what is left";
    case absl::StatusCode::kCancelled:
      return "run it again to finish it";
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return absl::StrCat("'fovea ", verb, " --help' tells what is accepted");
    default:
      return "'fovea doctor' checks the surroundings";
  }
}

}  // namespace

std::string ErrorLine(const absl::Status& status, const std::string& verb) {
  std::string message = MessageOf(status);
  if (!BringsNextStep(message)) {
    message += "; " + DefaultNextStep(status.code(), verb);
  }
  return Printable("fovea: " + message);
}

absl::Status WithNextStep(const absl::Status& status,
                          const std::string& next_step) {
  const std::string message = MessageOf(status);
  if (BringsNextStep(message)) return status;
  return absl::Status(status.code(), absl::StrCat(message, "; ", next_step));
}

}  // namespace fovea::cli
