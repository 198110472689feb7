// SPDX-License-Identifier: GPL-2.0-or-later
//
// Writes the FOVEA file beside its name and renames it there, so that it is
// either absent or whole.

#include "store/format_file.h"

#include <charconv>
#include <random>
#include <vector>

#include "absl/strings/str_cat.h"
#include "store/crc32c.h"
#include "store/internal/byte_coding.h"
#include "store/internal/status_macros.h"
#include "store/limits.h"

namespace fovea {
namespace {

constexpr std::string_view kFirstLine = "FOVEA store\n";

std::string Hex(const StoreId& id) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const uint8_t byte : id) {
    hex.push_back(kDigits[byte >> 4]);
    hex.push_back(kDigits[byte & 15]);
  }
  return hex;
}

// Takes "<name> <value>\n" off `text`; false when it is not there.
bool TakeLine(std::string_view* text, std::string_view name,
              std::string_view* value) {
  const size_t stop = text->find('\n');
  if (stop == text->npos || text->substr(0, name.size()) != name ||
      stop <= name.size() || (*text)[name.size()] != ' ') {
    return false;
  }
  *value = text->substr(name.size() + 1, stop - name.size() - 1);
  text->remove_prefix(stop + 1);
  return true;
}

template <typename T>
bool ParseWhole(std::string_view text, T* value, int base = 10) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, *value, base);
  return error == std::errc() && stop == end;
}

bool ParseId(std::string_view hex, StoreId* id) {
  if (hex.size() != 2 * id->size()) return false;
  for (size_t i = 0; i < id->size(); ++i) {
    if (!ParseWhole(hex.substr(2 * i, 2), &(*id)[i], 16)) return false;
  }
  return true;
}

absl::Status Damaged(const char* what) {
  return absl::DataLossError(
      absl::StrCat(kFormatFileName, " file: ", what,
                   "; restore it from a backup of this folder"));
}

StoreId RandomId() {
  std::random_device entropy;
  StoreId id;
  for (uint8_t& byte : id) byte = static_cast<uint8_t>(entropy());
  return id;
}

}  // namespace

std::string EncodeFormatFile(const FormatFile& file) {
  std::string text =
      absl::StrCat(std::string(kFirstLine), "format ", file.format, "\nid ",
                   Hex(file.id), "\ncreated_ns ", file.created_ns, "\n");
  const Crc32c crc = ComputeCrc32c(BytesOf(text));
  absl::StrAppend(&text, "crc32c ", ToString(crc), "\n");
  return text;
}

absl::StatusOr<FormatFile> DecodeFormatFile(std::string_view text) {
  const std::string_view whole = text;
  if (text.substr(0, kFirstLine.size()) != kFirstLine) {
    return Damaged("first line is not 'FOVEA store'");
  }
  text.remove_prefix(kFirstLine.size());
  std::string_view value;
  uint32_t format = 0;
  if (!TakeLine(&text, "format", &value) || !ParseWhole(value, &format)) {
    return Damaged("no format line");
  }
  if (format > kStoreFormat) {
    return absl::FailedPreconditionError(
        absl::StrCat("has store format ", format, ", this program reads up to ",
                     kStoreFormat, "; use a newer fovea"));
  }
  if (format < kOldestStoreFormat) return Damaged("there is no such format");
  FormatFile file;
  file.format = format;
  if (!TakeLine(&text, "id", &value) || !ParseId(value, &file.id) ||
      !TakeLine(&text, "created_ns", &value) ||
      !ParseWhole(value, &file.created_ns)) {
    return Damaged("id or creation time cannot be read");
  }
  const Crc32c crc =
      ComputeCrc32c(BytesOf(whole.substr(0, whole.size() - text.size())));
  if (!TakeLine(&text, "crc32c", &value) || value != ToString(crc) ||
      !text.empty()) {
    return Damaged("checksum is wrong");
  }
  return file;
}

absl::StatusOr<FormatFile> ReadFormatFile(FileSystem* file_system,
                                          const std::string& folder) {
  FOVEA_ASSIGN_OR_RETURN(
      const std::unique_ptr<RandomFile> file,
      file_system->OpenRandom(absl::StrCat(folder, "/", kFormatFileName)));
  std::vector<uint8_t> bytes(kStoreLimits.format_file_bytes);
  FOVEA_ASSIGN_OR_RETURN(const size_t got, file->Read(0, bytes));
  bytes.resize(got);
  return DecodeFormatFile(TextOf(bytes));
}

FormatFile NewFormatFile(int64_t now_ns) {
  FormatFile file;
  file.id = RandomId();
  file.created_ns = now_ns;
  return file;
}

absl::Status WriteFormatFile(FileSystem* file_system, const std::string& folder,
                             const FormatFile& format) {
  const std::string draft = absl::StrCat(folder, "/", kFormatFileDraft);
  FOVEA_ASSIGN_OR_RETURN(const bool left_over, file_system->Exists(draft));
  if (left_over) FOVEA_RETURN_IF_ERROR(file_system->Remove(draft));
  FOVEA_ASSIGN_OR_RETURN(const std::unique_ptr<AppendFile> file,
                         file_system->CreateAppend(draft));
  FOVEA_RETURN_IF_ERROR(file->Append(BytesOf(EncodeFormatFile(format))));
  FOVEA_RETURN_IF_ERROR(file->Sync());
  FOVEA_RETURN_IF_ERROR(
      file_system->Rename(draft, absl::StrCat(folder, "/", kFormatFileName)));
  return file_system->SyncDirectory(folder);
}

}  // namespace fovea
