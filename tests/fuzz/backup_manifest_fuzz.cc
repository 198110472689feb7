// SPDX-License-Identifier: GPL-2.0-or-later
//
// Backup manifests of any bytes: as they are, and with the checksum that
// belongs to them, so that what is behind it is reached. What decodes is
// encoded to the same bytes again, and names nothing outside a backup.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "store/backup_manifest.h"
#include "store/crc32c.h"
#include "store/internal/byte_coding.h"

namespace {

void Check(std::string_view text) {
  const auto manifest = fovea::DecodeBackupManifest(text);
  if (!manifest.ok()) return;
  const auto again =
      fovea::DecodeBackupManifest(fovea::EncodeBackupManifest(*manifest));
  if (!again.ok() || !(*again == *manifest)) std::abort();
  for (const fovea::BackupFile& file : manifest->files) {
    const std::string stored = fovea::StoredName(file);
    if (stored.find("..") != stored.npos || stored.front() == '/') std::abort();
    if (manifest->Find(file.name) == nullptr) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  Check(text);
  Check(text + "crc32c " +
        fovea::ToString(fovea::ComputeCrc32c(fovea::BytesOf(text))) + "\n");
  return 0;
}
