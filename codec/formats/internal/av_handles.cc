// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/internal/av_handles.h"

#include <cerrno>
#include <string>

#include "absl/strings/str_cat.h"

extern "C" {
#include <libavutil/error.h>
#include <libavutil/log.h>
}

namespace fovea::av {
namespace {

absl::StatusCode CodeOf(int error) {
  switch (error) {
    case AVERROR(ENOENT):
      return absl::StatusCode::kNotFound;
    case AVERROR(EACCES):
    case AVERROR(EPERM):
      return absl::StatusCode::kPermissionDenied;
    case AVERROR(ENOMEM):
      return absl::StatusCode::kResourceExhausted;
    case AVERROR(ETIMEDOUT):
    case AVERROR_EXIT:
      return absl::StatusCode::kDeadlineExceeded;
    case AVERROR(ECONNREFUSED):
    case AVERROR(ECONNRESET):
    case AVERROR(EHOSTUNREACH):
    case AVERROR(ENETUNREACH):
    case AVERROR(EIO):
      return absl::StatusCode::kUnavailable;
    default:
      return absl::StatusCode::kInvalidArgument;
  }
}

}  // namespace

std::string ErrorText(int error) {
  if (error == AVERROR_EXIT) return "timed out";
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(error, text, sizeof(text));
  return text;
}

absl::Status ErrorStatus(int error, const std::string& what) {
  return {CodeOf(error), absl::StrCat(what, ": ", ErrorText(error))};
}

void SilenceLog() { av_log_set_level(AV_LOG_QUIET); }

}  // namespace fovea::av
