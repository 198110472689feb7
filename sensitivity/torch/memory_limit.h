// SPDX-License-Identifier: GPL-2.0-or-later
//
// Bounds what networks may allocate: a few bytes of a file can ask for any
// number of gigabytes, and the kernel would rather kill than refuse.

#ifndef FOVEA_SENSITIVITY_TORCH_MEMORY_LIMIT_H_
#define FOVEA_SENSITIVITY_TORCH_MEMORY_LIMIT_H_

#include <cstdint>
#include <string>

namespace fovea {

inline constexpr int64_t kMostTensorBytes = 2LL << 30;
inline constexpr int64_t kMostTotalBytes = 16LL << 30;  // all networks

// Makes torch's allocations beyond these throw, from now on and in the whole
// process. May be called again; thread-safe.
void LimitMemory();

// Throws, as an allocation beyond the limits does.
[[noreturn]] void RefuseMemory(const std::string& what);

// Whether anything was refused since the last call.
bool TakeMemoryRefusal();

}  // namespace fovea

#endif  // FOVEA_SENSITIVITY_TORCH_MEMORY_LIMIT_H_
