// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/source.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "codec/formats/csv_source.h"
#include "codec/formats/euroc_source.h"
#include "codec/formats/file_source.h"
#include "codec/formats/image_source.h"
#include "codec/formats/live_source.h"
#include "codec/formats/mcap_source.h"
#include "codec/formats/opaque_source.h"
#include "codec/formats/series_file_source.h"
#include "codec/formats/ulog_source.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxListedNames = 10'000;  // looked at for a suggestion
constexpr std::string_view kDevicePrefix = "/dev/video";

// Letters to insert, remove or exchange to get from a to b.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t substituted = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substituted, row[j] + 1, diagonal + 1});
    }
  }
  return row[b.size()];
}

// The name in the same folder that is nearest, or "".
std::string NearestName(const std::string& path) {
  const fs::path wanted(path);
  const std::string name = wanted.filename().string();
  const fs::path folder = wanted.has_parent_path() ? wanted.parent_path() : ".";
  std::string nearest;
  size_t best = std::max<size_t>(name.size() / 3, 1) + 1;
  std::error_code error;
  size_t looked_at = 0;
  for (fs::directory_iterator entry(folder, error), end;
       !error && entry != end && looked_at < kMaxListedNames;
       entry.increment(error), ++looked_at) {
    const std::string other = entry->path().filename().string();
    const size_t distance = EditDistance(name, other);
    if (distance >= best) continue;
    best = distance;
    nearest = other;
  }
  return nearest;
}

absl::Status Missing(const std::string& path) {
  const std::string nearest = NearestName(path);
  return absl::NotFoundError(absl::StrCat(
      path, ": no such file or folder",
      nearest.empty() ? "" : absl::StrCat("; did you mean '", nearest, "'?")));
}

std::string LowerSuffix(const std::string& path) {
  std::string suffix = fs::path(path).extension().string();
  std::transform(suffix.begin(), suffix.end(), suffix.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return suffix;
}

bool HasTableSuffix(const std::string& path) {
  const std::string suffix = LowerSuffix(path);
  return suffix == ".csv" || suffix == ".tsv" || suffix == ".txt";
}

// A file's first bytes; none of what is no regular file.
std::vector<uint8_t> HeadOf(const std::string& path) {
  constexpr size_t kHeadBytes = 16;
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return {};
  std::ifstream in(path, std::ios::binary);
  std::vector<uint8_t> head(kHeadBytes);
  in.read(reinterpret_cast<char*>(head.data()), kHeadBytes);
  head.resize(static_cast<size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  return head;
}

bool IsNumberByte(char c) {
  return std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '.' ||
         c == '-' || c == '+' || c == 'e' || c == 'E';
}

// Whether a line is numbers between separators, with at least two columns.
bool IsNumericLine(std::string_view line) {
  size_t columns = 0;
  bool inside = false;
  for (const char c : line) {
    const bool separator =
        c == ',' || c == ';' || c == '\t' || c == ' ' || c == '\r';
    if (!separator && !IsNumberByte(c)) return false;
    if (!separator && !inside) ++columns;
    inside = !separator;
  }
  return columns >= 2;
}

// Text whose second whole line, after any header, is numeric columns.
bool LooksLikeTable(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::array<char, 8192> head = {};
  in.read(head.data(), head.size());
  std::string_view text(
      head.data(),
      static_cast<size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  if (text.find('\0') != std::string_view::npos) return false;
  for (int line = 0; line < 3 && !text.empty(); ++line) {
    const size_t end = std::min(text.find('\n'), text.size());
    if (IsNumericLine(text.substr(0, end))) return true;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return false;
}

absl::StatusOr<std::unique_ptr<Source>> OpenExistingFile(
    const std::string& path, const SourceOptions& options) {
  if (IsImageFile(path)) return OpenImageSource(path, options);
  // A name that says what a head does not gets that reader's error.
  const std::vector<uint8_t> head = HeadOf(path);
  if (IsUlogHead(head) || LowerSuffix(path) == ".ulg") {
    return OpenUlogSource(path, options);
  }
  if (IsMcapHead(head) || LowerSuffix(path) == ".mcap") {
    return OpenMcapSource(path, options);
  }
  if (IsSeriesFileHead(head) || LowerSuffix(path) == ".fser") {
    return OpenSeriesFile(path, options);
  }
  if (HasTableSuffix(path) || LooksLikeTable(path)) {
    return OpenCsvSource(path, options);
  }
  return OpenFileSource(path, options);
}

absl::StatusOr<std::unique_ptr<Source>> OpenByKind(
    const std::string& location, const SourceOptions& options) {
  if (location.empty()) {
    return absl::InvalidArgumentError(
        "empty source name; expected a file, folder, URL or '-'");
  }
  if (location == "-") {
    return OpenPipeSource("standard input", STDIN_FILENO, options);
  }
  if (absl::StartsWith(location, "file://")) {
    return OpenByKind(location.substr(7), options);
  }
  if (location.find("://") != std::string::npos ||
      absl::StartsWith(location, std::string(kDevicePrefix))) {
    return OpenLiveSource(location, options);
  }
  if (options.opaque) return OpenOpaqueSource(location, options);
  std::error_code error;
  const fs::file_status status = fs::status(location, error);
  if (fs::is_directory(status)) {
    return IsEurocTree(location) ? OpenEurocSource(location, options)
                                 : OpenImageSource(location, options);
  }
  if (fs::exists(status)) return OpenExistingFile(location, options);
  if (error == std::errc::permission_denied) {
    return absl::PermissionDeniedError(
        absl::StrCat(location, ": ", error.message()));
  }
  if (IsGlob(location)) return OpenImageSource(location, options);
  return Missing(location);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Source>> OpenSource(
    const std::string& location, const SourceOptions& options) {
  auto source = OpenByKind(location, options);
  // An interrupted opening may fail in any way, or half succeed.
  if (options.stop == nullptr || !options.stop->load()) return source;
  return absl::CancelledError("interrupted while the source was being opened");
}

}  // namespace fovea
