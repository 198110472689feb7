// SPDX-License-Identifier: GPL-2.0-or-later
//
// Disk space set aside, so that what makes room can still write when others
// have filled the disk.

#ifndef FOVEA_STORE_BALLAST_H_
#define FOVEA_STORE_BALLAST_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "store/file_system.h"

namespace fovea {

inline constexpr char kBallastName[] = "BALLAST";

// A file below a store's folder; what is in it never matters. Not
// thread-safe.
class Ballast {
 public:
  // `bytes` 0: none is set aside.
  Ballast(FileSystem* file_system, const std::string& store, uint64_t bytes);

  // Sets the space aside where the disk has thrice as much. A failure does
  // no harm: the next call tries again.
  absl::Status Fill();

  // Gives it back to the disk.
  absl::Status Release();

  // Release() where the disk has less than `least` bytes.
  absl::Status ReleaseBelow(uint64_t least);

  // Bytes that are yet to be set aside.
  uint64_t missing() const { return held_ ? 0 : bytes_; }

  // As it is on the disk.
  absl::StatusOr<uint64_t> Size() const;

 private:
  FileSystem* file_system_;
  std::string folder_;
  std::string path_;
  uint64_t bytes_;
  bool held_ = false;  // as far as this object knows
};

}  // namespace fovea

#endif  // FOVEA_STORE_BALLAST_H_
