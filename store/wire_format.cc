// SPDX-License-Identifier: GPL-2.0-or-later
//
// Messages are read by processes that need not trust each other's memory:
// every length is compared with what is there before anything is taken.
//
//   request := 1 version  1 call  8 snapshot  1 family  text key  text other
//              32 chunk  8 offset  8 length  8 lease
//   reply   := 1 version  1 kind (0 final, 1 progress)  1 status
//              text message  8 snapshot  8 sequence  8 pid  8 done  8 total
//              4 count, count x (text key, text value)  text payload
//   text    := 4 length, bytes

#include "store/wire_format.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "store/internal/byte_coding.h"
#include "store/internal/status_macros.h"
#include "store/limits.h"

namespace fovea {
namespace {

constexpr uint8_t kLastStatusCode = 16;
constexpr size_t kRowOverhead = 2 * sizeof(uint32_t);

void PutText(std::string* out, std::string_view text) {
  PutLittle(out, static_cast<uint32_t>(text.size()));
  out->append(text);
}

std::string TakeText(ByteReader* in, uint64_t limit) {
  const uint32_t length = in->Little<uint32_t>();
  if (length > limit) in->Bytes(UINT64_MAX);  // fails it
  return std::string(TextOf(in->Bytes(length)));
}

absl::Status Senseless(const char* what, std::string_view body,
                       const ByteReader& in) {
  return absl::InvalidArgumentError(
      absl::StrCat(what, " of ", body.size(), " bytes makes no sense before ",
                   in.remaining(), " bytes from its end"));
}

absl::Status CheckVersion(const char* what, ByteReader* in) {
  const uint8_t version = in->Little<uint8_t>();
  if (!in->ok() || version == kWireVersion) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(what, " of version ", version, ", this program speaks ",
                   kWireVersion, "; use the same fovea on both sides"));
}

absl::Status StatusFrom(uint8_t code, const std::string& message) {
  return absl::Status(static_cast<absl::StatusCode>(code), message);
}

template <size_t N>
std::string EncodeNumbers(const std::array<uint64_t, N>& numbers) {
  std::string out;
  for (const uint64_t number : numbers) PutLittle(&out, number);
  return out;
}

template <size_t N>
absl::StatusOr<std::array<uint64_t, N>> DecodeNumbers(
    std::string_view payload) {
  ByteReader in(payload);
  std::array<uint64_t, N> numbers;
  for (uint64_t& number : numbers) number = in.Little<uint64_t>();
  if (in.ok() && in.at_end()) return numbers;
  return Senseless("report", payload, in);
}

}  // namespace

std::string EncodeRequest(const WireRequest& request) {
  std::string out;
  PutLittle(&out, kWireVersion);
  PutLittle(&out, static_cast<uint8_t>(request.call));
  PutLittle(&out, request.snapshot);
  PutLittle(&out, static_cast<uint8_t>(request.family));
  PutText(&out, request.key);
  PutText(&out, request.other);
  PutBytes(&out, request.chunk.bytes);
  PutLittle(&out, request.offset);
  PutLittle(&out, request.length);
  PutLittle(&out, static_cast<uint64_t>(request.lease_ns));
  return out;
}

absl::StatusOr<WireRequest> DecodeRequest(std::string_view body) {
  ByteReader in(body);
  FOVEA_RETURN_IF_ERROR(CheckVersion("request", &in));
  WireRequest request;
  const uint8_t call = in.Little<uint8_t>();
  request.snapshot = in.Little<uint64_t>();
  const uint8_t family = in.Little<uint8_t>();
  request.key = TakeText(&in, kStoreLimits.key_bytes);
  request.other = TakeText(&in, kStoreLimits.key_bytes);
  const std::span<const uint8_t> chunk = in.Bytes(request.chunk.bytes.size());
  request.offset = in.Little<uint64_t>();
  request.length = in.Little<uint64_t>();
  request.lease_ns = static_cast<int64_t>(in.Little<uint64_t>());
  if (!in.ok() || !in.at_end() || call == 0 || call > kLastWireCall ||
      family >= kFamilyCount) {
    return Senseless("request", body, in);
  }
  request.call = static_cast<WireCall>(call);
  request.family = static_cast<Family>(family);
  std::copy(chunk.begin(), chunk.end(), request.chunk.bytes.begin());
  return request;
}

std::string EncodeReply(const WireReply& reply) {
  std::string out;
  PutLittle(&out, kWireVersion);
  PutLittle(&out, static_cast<uint8_t>(reply.progress));
  PutLittle(&out, static_cast<uint8_t>(reply.status.code()));
  const std::string message(reply.status.message());
  PutText(&out,
          std::string_view(message).substr(0, kStoreLimits.message_bytes));
  for (const uint64_t number :
       {reply.snapshot, reply.sequence, reply.pid, reply.done, reply.total}) {
    PutLittle(&out, number);
  }
  PutLittle(&out, static_cast<uint32_t>(reply.rows.size()));
  for (const StoreReader::KeyValue& row : reply.rows) {
    PutText(&out, row.key);
    PutText(&out, row.value);
  }
  PutText(&out, reply.payload);
  return out;
}

absl::StatusOr<WireReply> DecodeReply(std::string_view body) {
  ByteReader in(body);
  FOVEA_RETURN_IF_ERROR(CheckVersion("reply", &in));
  WireReply reply;
  const uint8_t kind = in.Little<uint8_t>();
  const uint8_t code = in.Little<uint8_t>();
  const std::string message = TakeText(&in, kStoreLimits.message_bytes);
  for (uint64_t* number : {&reply.snapshot, &reply.sequence, &reply.pid,
                           &reply.done, &reply.total}) {
    *number = in.Little<uint64_t>();
  }
  const uint32_t rows = in.Little<uint32_t>();
  if (!in.ok() || kind > 1 || code > kLastStatusCode ||
      rows > kStoreLimits.scan_rows || rows > in.remaining() / kRowOverhead) {
    return Senseless("reply", body, in);
  }
  for (uint32_t i = 0; i < rows && in.ok(); ++i) {
    std::string key = TakeText(&in, kStoreLimits.key_bytes);
    reply.rows.push_back(
        {std::move(key), TakeText(&in, kStoreLimits.value_bytes)});
  }
  reply.payload = TakeText(&in, kStoreLimits.chunk_bytes);
  if (!in.ok() || !in.at_end()) return Senseless("reply", body, in);
  reply.progress = kind == 1;
  reply.status = StatusFrom(code, message);
  return reply;
}

std::string EncodeUsage(const DiskUsage& usage) {
  return EncodeNumbers<10>(
      {usage.segment_bytes, usage.live_chunk_bytes, usage.dead_chunk_bytes,
       usage.journal_bytes, usage.catalogue_bytes, usage.free_bytes,
       usage.disk_bytes, static_cast<uint64_t>(usage.segments),
       static_cast<uint64_t>(usage.chunks), usage.ballast_bytes});
}

absl::StatusOr<DiskUsage> DecodeUsage(std::string_view payload) {
  FOVEA_ASSIGN_OR_RETURN(const auto numbers, DecodeNumbers<10>(payload));
  DiskUsage usage;
  usage.segment_bytes = numbers[0];
  usage.live_chunk_bytes = numbers[1];
  usage.dead_chunk_bytes = numbers[2];
  usage.journal_bytes = numbers[3];
  usage.catalogue_bytes = numbers[4];
  usage.free_bytes = numbers[5];
  usage.disk_bytes = numbers[6];
  usage.segments = static_cast<int64_t>(numbers[7]);
  usage.chunks = static_cast<int64_t>(numbers[8]);
  usage.ballast_bytes = numbers[9];
  return usage;
}

std::string EncodeBackupReport(const BackupReport& report) {
  return EncodeNumbers<8>({report.sequence, report.bytes, report.bytes_written,
                           report.bytes_removed,
                           static_cast<uint64_t>(report.files),
                           static_cast<uint64_t>(report.files_copied),
                           static_cast<uint64_t>(report.files_linked),
                           static_cast<uint64_t>(report.files_removed)});
}

absl::StatusOr<BackupReport> DecodeBackupReport(std::string_view payload) {
  FOVEA_ASSIGN_OR_RETURN(const auto numbers, DecodeNumbers<8>(payload));
  BackupReport report;
  report.sequence = numbers[0];
  report.bytes = numbers[1];
  report.bytes_written = numbers[2];
  report.bytes_removed = numbers[3];
  report.files = static_cast<int64_t>(numbers[4]);
  report.files_copied = static_cast<int64_t>(numbers[5]);
  report.files_linked = static_cast<int64_t>(numbers[6]);
  report.files_removed = static_cast<int64_t>(numbers[7]);
  return report;
}

}  // namespace fovea
