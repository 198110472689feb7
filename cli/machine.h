// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the machine offers: processor, memory, disk.

#ifndef FOVEA_CLI_MACHINE_H_
#define FOVEA_CLI_MACHINE_H_

#include <cstdint>
#include <optional>
#include <string>

namespace fovea::cli {

// The widest vector instructions of this processor that matter here:
// "AVX-512", "AVX2", "SSE4.2", "NEON", "baseline".
std::string VectorInstructions();

unsigned Cores();

// MemAvailable and MemTotal of the kernel, in bytes; none when not told.
std::optional<uint64_t> AvailableMemory();
std::optional<uint64_t> TotalMemory();

struct DiskSpace {
  uint64_t free = 0;  // for this user
  uint64_t capacity = 0;
};
// Of the file system that holds `path` or, when it does not exist yet, the
// nearest folder above that does.
std::optional<DiskSpace> SpaceAt(const std::string& path);

}  // namespace fovea::cli

#endif  // FOVEA_CLI_MACHINE_H_
