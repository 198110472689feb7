// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/internal/image_list.h"

#include <glob.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "codec/formats/image_source.h"
#include "codec/formats/internal/stop_wish.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

// Where a JPEG's frame header nearly always is; longer profiles are read
// whole.
constexpr size_t kHeaderBytes = 64 << 10;
constexpr size_t kMinTimeDigits = 12;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::string NameOf(const std::string& path) {
  return fs::path(path).filename().string();
}

absl::StatusOr<std::vector<std::string>> ExpandGlob(
    const std::string& pattern) {
  glob_t matches = {};
  const int result = glob(pattern.c_str(), 0, nullptr, &matches);
  std::vector<std::string> paths(matches.gl_pathv,
                                 matches.gl_pathv + matches.gl_pathc);
  globfree(&matches);
  if (result == GLOB_NOMATCH) {
    return absl::NotFoundError(absl::StrCat(pattern, ": matches no file"));
  }
  if (result != 0) {
    return absl::UnavailableError(
        absl::StrCat(pattern, ": cannot be searched: ", std::strerror(errno)));
  }
  return paths;
}

absl::StatusOr<std::vector<std::string>> ListFolder(
    const std::string& folder, const FormatLimits& limits) {
  std::vector<std::string> paths;
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  for (; !error && entries != fs::directory_iterator();
       entries.increment(error)) {
    paths.push_back(entries->path().string());
    if (paths.size() > limits.max_images) {
      return absl::ResourceExhaustedError(
          absl::StrCat(folder, ": holds more than the limit of ",
                       limits.max_images, " files; split it"));
    }
  }
  if (error) {
    const std::string text = absl::StrCat(folder, ": ", error.message());
    return error == std::errc::permission_denied
               ? absl::PermissionDeniedError(text)
               : absl::UnavailableError(text);
  }
  return paths;
}

absl::StatusOr<std::vector<std::string>> ListPaths(const std::string& location,
                                                   const FormatLimits& limits) {
  std::error_code error;
  const fs::file_status status = fs::status(location, error);
  if (fs::is_directory(status)) return ListFolder(location, limits);
  if (fs::exists(status)) return std::vector<std::string>{location};
  if (IsGlob(location)) return ExpandGlob(location);
  return absl::NotFoundError(
      absl::StrCat(location, ": no such file or folder"));
}

std::vector<uint8_t> ReadUpTo(const std::string& path, size_t bytes) {
  std::ifstream in(path, std::ios::binary);
  std::vector<uint8_t> data(bytes);
  in.read(reinterpret_cast<char*>(data.data()),
          static_cast<std::streamsize>(bytes));
  data.resize(static_cast<size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  return data;
}

absl::StatusOr<ImageFile> Inspect(const std::string& path,
                                  const FormatLimits& limits) {
  std::error_code error;
  if (fs::is_directory(path, error)) {
    return absl::InvalidArgumentError("is a folder, not searched");
  }
  ImageFile file;
  file.path = path;
  file.bytes = static_cast<int64_t>(fs::file_size(path, error));
  if (error) return absl::UnavailableError(error.message());
  if (file.bytes > limits.max_image_file_bytes) {
    return absl::ResourceExhaustedError(absl::StrCat(
        file.bytes, " bytes, the limit is ", limits.max_image_file_bytes));
  }
  std::ifstream readable(path, std::ios::binary);
  if (!readable) return absl::PermissionDeniedError("cannot be read");
  auto header = ReadImageHeader(ReadUpTo(path, kHeaderBytes), limits);
  if (header.status().code() == absl::StatusCode::kDataLoss &&
      file.bytes > static_cast<int64_t>(kHeaderBytes)) {
    header = ReadImageHeader(ReadUpTo(path, static_cast<size_t>(file.bytes)),
                             limits);
  }
  if (!header.ok()) return header.status();
  file.header = *std::move(header);
  return file;
}

// The digits of `text` from `at` on, without leading zeros.
std::string_view DigitsAt(std::string_view text, size_t at, size_t* end) {
  *end = at;
  while (*end < text.size() && IsDigit(text[*end])) ++*end;
  while (at + 1 < *end && text[at] == '0') ++at;
  return text.substr(at, *end - at);
}

}  // namespace

bool NaturalLess(std::string_view a, std::string_view b) {
  size_t i = 0;
  size_t j = 0;
  while (i < a.size() && j < b.size()) {
    if (IsDigit(a[i]) && IsDigit(b[j])) {
      const std::string_view x = DigitsAt(a, i, &i);
      const std::string_view y = DigitsAt(b, j, &j);
      if (x.size() != y.size()) return x.size() < y.size();
      if (x != y) return x < y;
    } else {
      if (a[i] != b[j]) {
        return static_cast<unsigned char>(a[i]) <
               static_cast<unsigned char>(b[j]);
      }
      ++i;
      ++j;
    }
  }
  if (a.size() - i != b.size() - j) return a.size() - i < b.size() - j;
  return a < b;  // "f1" and "f01": any fixed order
}

int64_t NanosecondsInName(const std::string& path) {
  const std::string stem = fs::path(path).stem().string();
  int64_t value = 0;
  const bool digits = std::all_of(stem.begin(), stem.end(), IsDigit);
  if (!digits || stem.size() < kMinTimeDigits || stem[0] == '0') return -1;
  return absl::SimpleAtoi(stem, &value) ? value : -1;
}

absl::StatusOr<ImageList> ListImages(const std::string& location,
                                     const SourceOptions& options) {
  auto paths = ListPaths(location, options.limits);
  if (!paths.ok()) return paths.status();
  std::sort(paths->begin(), paths->end(),
            [](const std::string& a, const std::string& b) {
              return NaturalLess(a, b);
            });
  const StopWish stop(options.stop);
  ImageList list;
  for (const std::string& path : *paths) {
    if (stop.IsSet()) return absl::CancelledError("interrupted");
    if (paths->size() > 1 && NameOf(path)[0] == '.') continue;
    auto file = Inspect(path, options.limits);
    if (file.ok()) {
      list.files.push_back(*std::move(file));
    } else {
      list.rejected.push_back(
          {1, absl::StrCat(NameOf(path), ": ",
                           std::string(file.status().message()))});
    }
  }
  return list;
}

absl::StatusOr<std::vector<uint8_t>> ReadImageBytes(
    const std::string& path, const FormatLimits& limits) {
  std::error_code error;
  const auto size = static_cast<int64_t>(fs::file_size(path, error));
  if (error) {
    return absl::UnavailableError(
        absl::StrCat(NameOf(path), ": ", error.message()));
  }
  if (size > limits.max_image_file_bytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat(NameOf(path), ": ", size, " bytes, the limit is ",
                     limits.max_image_file_bytes));
  }
  std::vector<uint8_t> bytes = ReadUpTo(path, static_cast<size_t>(size));
  if (static_cast<int64_t>(bytes.size()) == size) return bytes;
  return absl::DataLossError(absl::StrCat(NameOf(path), ": only ", bytes.size(),
                                          " of ", size,
                                          " bytes could be read"));
}

}  // namespace fovea
