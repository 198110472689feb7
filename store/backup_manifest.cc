// SPDX-License-Identifier: GPL-2.0-or-later
//
// The manifest is believed as a whole or not at all: its checksum first, and
// then every line.

#include "store/backup_manifest.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "store/format_file.h"
#include "store/internal/byte_coding.h"
#include "store/internal/status_macros.h"
#include "store/limits.h"

namespace fovea {
namespace {

constexpr std::string_view kFirstLine = "FOVEA backup";
constexpr std::string_view kSegments = "segments/";
constexpr std::string_view kCatalogue = "catalogue/";
constexpr std::string_view kManifest = "MANIFEST-";
constexpr std::string_view kTable = ".sst";
constexpr size_t kFileWords = 5;

absl::Status Damaged(const std::string& what) {
  return absl::DataLossError(
      absl::StrCat(kBackupName, " file: ", what, "; take another backup"));
}

bool StartsWith(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

bool IsNumber(std::string_view text) {
  return !text.empty() && text.size() <= 20 &&
         text.find_first_not_of("0123456789") == text.npos;
}

bool IsCatalogueName(std::string_view name) {
  if (name == "CURRENT") return true;
  if (StartsWith(name, kManifest)) {
    return IsNumber(name.substr(kManifest.size()));
  }
  return name.size() > kTable.size() &&
         name.substr(name.size() - kTable.size()) == kTable &&
         IsNumber(name.substr(0, name.size() - kTable.size()));
}

template <typename T>
bool ParseWhole(std::string_view text, T* value, int base = 10) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, *value, base);
  return error == std::errc() && stop == end;
}

bool ParseCrc(std::string_view text, Crc32c* crc) {
  uint32_t value = 0;
  if (text.size() != 10 || !StartsWith(text, "0x") ||
      !ParseWhole(text.substr(2), &value, 16)) {
    return false;
  }
  *crc = Crc32c{value};
  return ToString(*crc) == text;
}

bool ParseStoreId(std::string_view hex, StoreId* id) {
  if (hex.size() != 2 * id->size()) return false;
  for (size_t i = 0; i < id->size(); ++i) {
    if (!ParseWhole(hex.substr(2 * i, 2), &(*id)[i], 16)) return false;
  }
  return true;
}

// Takes a line off `text`.
std::string_view TakeLine(std::string_view* text) {
  const size_t stop = std::min(text->find('\n'), text->size());
  const std::string_view line = text->substr(0, stop);
  text->remove_prefix(std::min(stop + 1, text->size()));
  return line;
}

// Takes "<name> <value>\n" off `text`.
template <typename Parse>
bool TakeField(std::string_view* text, std::string_view name,
               const Parse& parse) {
  const std::string_view line = TakeLine(text);
  return line.size() > name.size() && StartsWith(line, name) &&
         line[name.size()] == ' ' && parse(line.substr(name.size() + 1));
}

template <typename T>
auto Into(T* value) {
  return [value](std::string_view text) { return ParseWhole(text, value); };
}

std::optional<BackupFile> ParseFileLine(std::string_view line) {
  std::string_view words[kFileWords];
  for (size_t i = 0; i < kFileWords; ++i) {
    const size_t stop = i + 1 == kFileWords
                            ? line.size()
                            : std::min(line.find(' '), line.size());
    words[i] = line.substr(0, stop);
    line.remove_prefix(std::min(stop + 1, line.size()));
  }
  BackupFile file;
  file.name = words[4];
  file.linked = words[3] == "linked";
  if (words[0] != "file" || !ParseWhole(words[1], &file.size) ||
      !ParseCrc(words[2], &file.crc) ||
      (!file.linked && words[3] != "copied") || !IsBackupName(file.name)) {
    return std::nullopt;
  }
  return file;
}

absl::Status ParseFiles(std::string_view text, BackupManifest* manifest) {
  while (!text.empty()) {
    const std::string_view line = TakeLine(&text);
    const std::optional<BackupFile> file = ParseFileLine(line);
    if (!file.has_value() ||
        manifest->files.size() >= kStoreLimits.backup_files ||
        (!manifest->files.empty() &&
         manifest->files.back().name >= file->name)) {
      return Damaged(
          absl::StrCat("line ", manifest->files.size() + 6, " makes no sense"));
    }
    manifest->files.push_back(*file);
  }
  return absl::OkStatus();
}

// Checks the last line, which must be whole, and takes it off.
absl::Status TakeChecksum(std::string_view* text) {
  const size_t start =
      text->empty() ? text->npos : text->rfind('\n', text->size() - 2);
  if (start == text->npos || text->back() != '\n') {
    return Damaged("it ends too early");
  }
  std::string_view last = text->substr(start + 1);
  const std::string_view body = text->substr(0, start + 1);
  Crc32c crc{};
  const auto parse = [&](std::string_view word) {
    return ParseCrc(word, &crc);
  };
  if (!TakeField(&last, "crc32c", parse) ||
      crc != ComputeCrc32c(BytesOf(body))) {
    return Damaged("checksum is wrong");
  }
  *text = body;
  return absl::OkStatus();
}

}  // namespace

const BackupFile* BackupManifest::Find(std::string_view name) const {
  const auto file = std::ranges::lower_bound(
      files, name, {}, [](auto& f) { return std::string_view(f.name); });
  return file != files.end() && file->name == name ? &*file : nullptr;
}

bool IsBackupName(std::string_view name) {
  if (StartsWith(name, kSegments)) {
    return ParseSegmentName(name.substr(kSegments.size())).has_value();
  }
  if (StartsWith(name, kCatalogue)) {
    return IsCatalogueName(name.substr(kCatalogue.size()));
  }
  return name == kFormatFileName;
}

std::string StoredName(const BackupFile& file) {
  // Under its own name a backup would pose as a store.
  if (file.name == kFormatFileName) return "STORE";
  if (!StartsWith(file.name, kCatalogue)) return file.name;
  return absl::StrFormat("%s.%08x-%d", file.name,
                         static_cast<uint32_t>(file.crc), file.size);
}

std::string EncodeBackupManifest(const BackupManifest& manifest) {
  std::string text = absl::StrCat(
      std::string(kFirstLine), "\nformat ", kBackupFormat, "\nstore ",
      absl::BytesToHexString(std::string(TextOf(manifest.store))),
      "\nsequence ", manifest.sequence, "\ncreated_ns ", manifest.created_ns,
      "\n");
  for (const BackupFile& file : manifest.files) {
    absl::StrAppend(&text, "file ", file.size, " ", ToString(file.crc),
                    file.linked ? " linked " : " copied ", file.name, "\n");
  }
  const Crc32c crc = ComputeCrc32c(BytesOf(text));
  absl::StrAppend(&text, "crc32c ", ToString(crc), "\n");
  return text;
}

absl::StatusOr<BackupManifest> DecodeBackupManifest(std::string_view text) {
  std::string_view rest = text;
  if (TakeLine(&rest) != kFirstLine) {
    return Damaged("first line is not 'FOVEA backup'");
  }
  uint32_t format = 0;
  if (!TakeField(&rest, "format", Into(&format))) {
    return Damaged("no format line");
  }
  if (format > kBackupFormat) {
    return absl::FailedPreconditionError(absl::StrCat(
        kBackupName, " file: has format ", format,
        ", this program reads up to ", kBackupFormat, "; use a newer fovea"));
  }
  std::string_view body = text;
  FOVEA_RETURN_IF_ERROR(TakeChecksum(&body));
  rest.remove_suffix(text.size() - body.size());
  BackupManifest manifest;
  const auto into_store = [&](std::string_view hex) {
    return ParseStoreId(hex, &manifest.store);
  };
  if (!TakeField(&rest, "store", into_store) ||
      !TakeField(&rest, "sequence", Into(&manifest.sequence)) ||
      !TakeField(&rest, "created_ns", Into(&manifest.created_ns))) {
    return Damaged("store, sequence or time cannot be read");
  }
  FOVEA_RETURN_IF_ERROR(ParseFiles(rest, &manifest));
  return manifest;
}

absl::StatusOr<BackupManifest> ReadBackupManifest(FileSystem* file_system,
                                                  const std::string& folder) {
  FOVEA_ASSIGN_OR_RETURN(
      const std::unique_ptr<RandomFile> file,
      file_system->OpenRandom(absl::StrCat(folder, "/", kBackupName)));
  FOVEA_ASSIGN_OR_RETURN(const uint64_t size, file->Size());
  if (size > kStoreLimits.backup_manifest_bytes) {
    return Damaged(absl::StrCat("has ", size, " bytes, expected at most ",
                                kStoreLimits.backup_manifest_bytes));
  }
  std::vector<uint8_t> bytes(static_cast<size_t>(size));
  FOVEA_ASSIGN_OR_RETURN(const size_t got, file->Read(0, bytes));
  bytes.resize(got);
  return DecodeBackupManifest(TextOf(bytes));
}

}  // namespace fovea
