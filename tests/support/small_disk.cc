// SPDX-License-Identifier: GPL-2.0-or-later

#include "tests/support/small_disk.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace fovea::testing {
namespace {

constexpr size_t kPiece = 64 << 10;

uint64_t FreeBytes(const std::string& path) {
  struct statvfs space = {};
  if (statvfs(path.c_str(), &space) != 0) return 0;
  return static_cast<uint64_t>(space.f_bavail) * space.f_frsize;
}

}  // namespace

SmallDisk::SmallDisk(const std::string& path, int mebibytes)
    : path_(path), mebibytes_(mebibytes) {
  const std::string size = "size=" + std::to_string(mebibytes) + "m";
  if (mount("tmpfs", path.c_str(), "tmpfs", 0, size.c_str()) != 0) {
    fault_ = std::string("mount: ") + std::strerror(errno);
  }
}

SmallDisk::~SmallDisk() {
  if (fault_.empty()) umount2(path_.c_str(), MNT_DETACH);
}

void SmallDisk::Fill(uint64_t left) {
  const int file =
      open(Filler().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const std::vector<char> zeros(kPiece);
  while (FreeBytes(path_) >= left + kPiece) {
    if (write(file, zeros.data(), zeros.size()) <= 0) break;
  }
  close(file);
}

void SmallDisk::Free() { unlink(Filler().c_str()); }

bool SmallDisk::MakeReadOnly() {
  return mount("tmpfs", path_.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY,
               nullptr) == 0;
}

bool SmallDisk::MakeWritable() {
  const std::string size = "size=" + std::to_string(mebibytes_) + "m";
  return mount("tmpfs", path_.c_str(), "tmpfs", MS_REMOUNT, size.c_str()) == 0;
}

}  // namespace fovea::testing
