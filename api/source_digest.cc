// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/source_digest.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "store/chunk_id.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

constexpr size_t kHeadBytes = 1 << 20;

std::string Digest(const std::string& bytes) {
  return ChunkId::Of(
             {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()})
      .ToHex();
}

std::string DigestFile(const fs::path& path, std::error_code& error) {
  const uintmax_t size = fs::file_size(path, error);
  if (error) return "";
  std::string head(kHeadBytes, '\0');
  std::ifstream in(path, std::ios::binary);
  in.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<size_t>(in.gcount()));
  return Digest(absl::StrCat(size, "\n", head));
}

std::string DigestFolder(const fs::path& path, std::error_code& error) {
  std::vector<std::string> lines;
  for (fs::recursive_directory_iterator it(path, error), end;
       !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (!it->is_regular_file(ignored)) continue;
    lines.push_back(absl::StrCat(it->path().lexically_relative(path).string(),
                                 " ", it->file_size(ignored), "\n"));
  }
  if (error) return "";
  std::sort(lines.begin(), lines.end());
  std::string all;
  for (const std::string& line : lines) all += line;
  return Digest(all);
}

}  // namespace

std::string SourceDigest(const std::string& location) {
  std::error_code error;
  const fs::path path(location);
  if (fs::is_regular_file(path, error)) return DigestFile(path, error);
  if (fs::is_directory(path, error)) return DigestFolder(path, error);
  return "";
}

}  // namespace fovea
