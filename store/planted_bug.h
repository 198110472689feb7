// SPDX-License-Identifier: GPL-2.0-or-later
//
// Bugs to be planted, so that the tests can be tested: each is one that
// stores have had, and tests/campaigns/planted_bugs.sh expects each to be
// caught. In a build without FOVEA_PLANTED_BUGS there are none.

#ifndef FOVEA_STORE_PLANTED_BUG_H_
#define FOVEA_STORE_PLANTED_BUG_H_

#include "absl/synchronization/mutex.h"

namespace fovea {

enum class PlantedBug {
  kNone,
  kSkipSync,               // of a segment
  kSkipFolderSync,         // of the folder of a new one
  kAcknowledgeUnwritten,   // a commit whose records could not be written
  kIgnoreShortWrite,       // the rest is taken for written
  kSkipChecksum,           // of headers and payloads
  kChecksumWithoutOffset,  // a record is believed wherever it stands
  kPruneBeforeCopy,        // the old file goes first
  kRetrySync,              // and the second one is believed
  kTrustCount,             // of a journal's rows, before it is compared
  kDropLock,               // of the cache of open segments
};

#ifdef FOVEA_PLANTED_BUGS
// True for the bug whose number is in environment variable
// FOVEA_PLANTED_BUG.
bool IsPlanted(PlantedBug bug);

class ABSL_SCOPED_LOCKABLE DroppableLock {
 public:
  explicit DroppableLock(absl::Mutex* mutex)
      ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex);
  ~DroppableLock() ABSL_UNLOCK_FUNCTION();

 private:
  absl::Mutex* const mutex_;
};
#else
constexpr bool IsPlanted(PlantedBug) { return false; }
using DroppableLock = absl::MutexLock;
#endif

}  // namespace fovea

#endif  // FOVEA_STORE_PLANTED_BUG_H_
