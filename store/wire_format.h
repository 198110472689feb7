// SPDX-License-Identifier: GPL-2.0-or-later
//
// Messages between a process that writes a store and those that read through
// it. Each is four bytes of length and a body; store/FORMAT.md draws the
// bodies. One request is answered by replies of kind progress, perhaps, and
// one final reply, before the next request is looked at.

#ifndef FOVEA_STORE_WIRE_FORMAT_H_
#define FOVEA_STORE_WIRE_FORMAT_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "store/chunk_id.h"
#include "store/family.h"
#include "store/reports.h"
#include "store/store_reader.h"

namespace fovea {

inline constexpr uint8_t kWireVersion = 1;

// Values are sent; never renumber.
enum class WireCall : uint8_t {
  kHello = 1,  // replied: pid, sequence
  kGet = 2,
  kScan = 3,
  kSeekBackward = 4,
  kReadChunk = 5,
  kUsage = 6,
  kTakeSnapshot = 7,
  kEndSnapshot = 8,
  kBackup = 9,
};
inline constexpr uint8_t kLastWireCall = 9;

inline constexpr uint64_t kWholeChunk = UINT64_MAX;

// All fields are always sent; a call reads those it needs.
struct WireRequest {
  WireCall call = WireCall::kHello;
  uint64_t snapshot = 0;  // 0: the store as it is
  Family family = Family::kMeta;
  std::string key;    // also: begin of a scan, folder of a backup
  std::string other;  // end of a scan, prefix
  ChunkId chunk;
  uint64_t offset = 0;  // also: flags of a backup
  uint64_t length = kWholeChunk;
  int64_t lease_ns = 0;
  friend bool operator==(const WireRequest&, const WireRequest&) = default;
};

struct WireReply {
  bool progress = false;  // of `done` out of `total`; another reply follows
  absl::Status status;    // of the call
  uint64_t snapshot = 0;  // taken, or in which a scan goes on
  uint64_t sequence = 0;
  uint64_t pid = 0;
  uint64_t done = 0;
  uint64_t total = 0;
  std::vector<StoreReader::KeyValue> rows;
  std::string payload;  // a value, a chunk, a report
};

std::string EncodeRequest(const WireRequest& request);
std::string EncodeReply(const WireReply& reply);

// kInvalidArgument naming the byte at which a body stops making sense,
// kFailedPrecondition for another version.
absl::StatusOr<WireRequest> DecodeRequest(std::string_view body);
absl::StatusOr<WireReply> DecodeReply(std::string_view body);

// Payloads of replies.
std::string EncodeUsage(const DiskUsage& usage);
absl::StatusOr<DiskUsage> DecodeUsage(std::string_view payload);
std::string EncodeBackupReport(const BackupReport& report);
absl::StatusOr<BackupReport> DecodeBackupReport(std::string_view payload);

}  // namespace fovea

#endif  // FOVEA_STORE_WIRE_FORMAT_H_
