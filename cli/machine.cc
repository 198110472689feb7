// SPDX-License-Identifier: GPL-2.0-or-later

#include "cli/machine.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>
#include <thread>

namespace fovea::cli {
namespace {

// "MemAvailable:    6054321 kB" of /proc/meminfo.
std::optional<uint64_t> MemoryLine(const std::string& label) {
  std::ifstream file("/proc/meminfo");
  std::string name, unit;
  uint64_t kibibytes = 0;
  while (file >> name >> kibibytes) {
    std::getline(file, unit);
    if (name == label + ":") return kibibytes * 1024;
  }
  return std::nullopt;
}

}  // namespace

std::string VectorInstructions() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512bw")) return "AVX-512";
  if (__builtin_cpu_supports("avx2")) return "AVX2";
  if (__builtin_cpu_supports("sse4.2")) return "SSE4.2";
  return "baseline";
#elif defined(__aarch64__) || defined(__ARM_NEON)
  return "NEON";
#else
  return "baseline";
#endif
}

unsigned Cores() { return std::thread::hardware_concurrency(); }

std::optional<uint64_t> AvailableMemory() { return MemoryLine("MemAvailable"); }

std::optional<uint64_t> TotalMemory() { return MemoryLine("MemTotal"); }

std::optional<DiskSpace> SpaceAt(const std::string& path) {
  std::error_code error;
  std::filesystem::path at = std::filesystem::absolute(path, error);
  while (!error && !std::filesystem::exists(at, error) &&
         at.has_relative_path()) {
    at = at.parent_path();
    error.clear();
  }
  const auto space = std::filesystem::space(at, error);
  if (error) return std::nullopt;
  return DiskSpace{space.available, space.capacity};
}

}  // namespace fovea::cli
