// SPDX-License-Identifier: GPL-2.0-or-later
//
// A disk of its own for a test: small enough to fill, and able to become
// read-only.

#ifndef FOVEA_TESTS_SUPPORT_SMALL_DISK_H_
#define FOVEA_TESTS_SUPPORT_SMALL_DISK_H_

#include <cstdint>
#include <string>

namespace fovea::testing {

// A tmpfs mounted on a folder; only root may have one. It goes away with
// the object.
class SmallDisk {
 public:
  // Mounts `mebibytes` on the existing folder `path`.
  SmallDisk(const std::string& path, int mebibytes);
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  // Empty once mounted, else why it could not be.
  const std::string& fault() const { return fault_; }
  const std::string& path() const { return path_; }

  // Takes all space but `left` bytes, in one file; gives it back.
  void Fill(uint64_t left);
  void Free();

  // False when the kernel refuses.
  bool MakeReadOnly();
  bool MakeWritable();

 private:
  std::string Filler() const { return path_ + "/filler"; }

  const std::string path_;
  const int mebibytes_;
  std::string fault_;
};

#define FOVEA_NEED_SMALL_DISK(disk)                                   \
  if (!(disk).fault().empty()) {                                      \
    GTEST_SKIP() << "no disk of its own to fill: " << (disk).fault(); \
  }                                                                   \
  static_assert(true)

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_SUPPORT_SMALL_DISK_H_
