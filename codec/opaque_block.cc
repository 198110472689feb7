// SPDX-License-Identifier: GPL-2.0-or-later
//
// An opaque block, version 1, or 2 where all packets have ADTS headers:
//
//   u8        version
//   varint    packets
//   times     of the packets (codec/timestamp_coder.h)
//   times     their pts, in the same form
//   integers  durations (codec/rice_coder.h)
//   integers  sizes in bytes, headers aside
//   varint    headers: 1, or one per packet    } version 2
//   7 bytes   of each, the length field zeros  }
//   u8        1: LZ4, 0: as they are
//   rest      the packets' bytes, headers aside, one after another

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/adts.h"
#include "codec/byte_stream.h"
#include "codec/internal/lz4.h"
#include "codec/rice_coder.h"
#include "codec/series_block.h"
#include "codec/timestamp_coder.h"

namespace fovea {
namespace {

constexpr uint8_t kPlain = 1;  // versions
constexpr uint8_t kAdts = 2;

absl::Status CheckPackets(std::span<const OpaquePacket> packets) {
  if (packets.empty() || packets.size() > kMaxBlockSamples) {
    return absl::InvalidArgumentError(
        absl::StrCat("opaque block: ", packets.size(),
                     " packets, expected 1 to ", kMaxBlockSamples));
  }
  size_t bytes = 0;
  for (const OpaquePacket& packet : packets) {
    if (packet.data.size() > kMaxOpaqueBlockBytes - bytes) {
      return absl::InvalidArgumentError(absl::StrCat("opaque block: more than ",
                                                     kMaxOpaqueBlockBytes,
                                                     " bytes of packets"));
    }
    bytes += packet.data.size();
  }
  return absl::OkStatus();
}

// One field of every packet.
template <typename Field>
std::vector<int64_t> Gather(std::span<const OpaquePacket> packets,
                            Field field) {
  std::vector<int64_t> values;
  values.reserve(packets.size());
  for (const OpaquePacket& packet : packets) values.push_back(field(packet));
  return values;
}

// What the packets hold behind the first `header_bytes` of each.
std::vector<uint8_t> Join(std::span<const OpaquePacket> packets,
                          size_t header_bytes) {
  std::vector<uint8_t> bytes;
  for (const OpaquePacket& packet : packets) {
    const auto body = std::span(packet.data).subspan(header_bytes);
    bytes.insert(bytes.end(), body.begin(), body.end());
  }
  return bytes;
}

bool AllHaveAdts(std::span<const OpaquePacket> packets) {
  return std::ranges::all_of(packets, [](const OpaquePacket& packet) {
    return AdtsHeaderBytesOf(packet.data) > 0;
  });
}

void EncodeHeaders(std::span<const OpaquePacket> packets,
                   std::vector<uint8_t>* out) {
  std::vector<AdtsHeader> headers;
  for (const OpaquePacket& packet : packets) {
    headers.push_back(AdtsHeaderWithoutLength(packet.data));
  }
  const bool equal = std::ranges::all_of(
      headers, [&](const AdtsHeader& header) { return header == headers[0]; });
  if (equal) headers.resize(1);
  PutVarint(headers.size(), out);
  for (const AdtsHeader& header : headers) {
    out->insert(out->end(), header.begin(), header.end());
  }
}

// One per packet.
absl::StatusOr<std::vector<AdtsHeader>> DecodeHeaders(ByteReader* in,
                                                      size_t packets) {
  const uint64_t count = in->Varint();
  if (!in->ok() || (count != 1 && count != packets)) {
    return absl::DataLossError(absl::StrCat(
        "opaque block: ", count, " headers, expected 1 or ", packets));
  }
  std::vector<AdtsHeader> headers;
  for (uint64_t i = 0; i < count; ++i) {
    const auto bytes = in->Take(kAdtsHeaderBytes);
    if (!in->ok()) return absl::DataLossError("opaque block: headers cut off");
    headers.push_back(AdtsHeaderWithoutLength(bytes));
  }
  headers.resize(packets, headers[0]);
  return headers;
}

// Puts back what EncodeHeaders() took.
absl::Status RestoreHeaders(const std::vector<AdtsHeader>& headers,
                            std::vector<OpaquePacket>* packets) {
  for (size_t i = 0; i < packets->size(); ++i) {
    std::vector<uint8_t>& data = (*packets)[i].data;
    const size_t frame_bytes = kAdtsHeaderBytes + data.size();
    if (frame_bytes > kMaxAdtsFrameBytes) {
      return absl::DataLossError(
          absl::StrCat("opaque block: an ADTS frame of ", frame_bytes,
                       " bytes, expected at most ", kMaxAdtsFrameBytes));
    }
    const AdtsHeader header = WithAdtsLength(headers[i], frame_bytes);
    data.insert(data.begin(), header.begin(), header.end());
  }
  return absl::OkStatus();
}

// Sum of `sizes`, each checked.
absl::StatusOr<size_t> TotalSize(std::span<const int64_t> sizes) {
  size_t total = 0;
  for (const int64_t size : sizes) {
    if (size < 0 || static_cast<uint64_t>(size) > kMaxOpaqueBlockBytes ||
        static_cast<size_t>(size) > kMaxOpaqueBlockBytes - total) {
      return absl::DataLossError(
          absl::StrCat("opaque block: packet size ", size, " out of range"));
    }
    total += static_cast<size_t>(size);
  }
  return total;
}

absl::StatusOr<std::vector<uint8_t>> DecodeBytes(ByteReader* in, size_t size) {
  const uint8_t packed = in->U8();
  if (!in->ok() || packed > 1) {
    return absl::DataLossError("opaque block: unknown packing");
  }
  if (packed == 1) return codec_internal::Lz4Decompress(in->rest(), size);
  if (in->remaining() != size) {
    return absl::DataLossError(absl::StrCat("opaque block: ", in->remaining(),
                                            " bytes, expected ", size));
  }
  const auto rest = in->rest();
  return std::vector<uint8_t>(rest.begin(), rest.end());
}

// Everything but the bytes.
absl::StatusOr<std::vector<OpaquePacket>> DecodeTable(
    ByteReader* in, size_t count, std::vector<int64_t>* sizes) {
  const auto times = DecodeTimes(in, count);
  if (!times.ok()) return times.status();
  const auto pts = DecodeTimes(in, count);
  if (!pts.ok()) return pts.status();
  const auto durations = DecodeIntegers(in, count);
  if (!durations.ok()) return durations.status();
  auto decoded_sizes = DecodeIntegers(in, count);
  if (!decoded_sizes.ok()) return decoded_sizes.status();
  *sizes = *std::move(decoded_sizes);
  std::vector<OpaquePacket> packets(count);
  for (size_t i = 0; i < count; ++i) {
    packets[i].time_ns = (*times)[i];
    packets[i].pts = (*pts)[i];
    packets[i].duration_ns = (*durations)[i];
  }
  return packets;
}

}  // namespace

absl::StatusOr<OpaqueBlock> EncodeOpaqueBlock(
    std::span<const OpaquePacket> packets) {
  const absl::Status status = CheckPackets(packets);
  if (!status.ok()) return status;
  const bool adts = AllHaveAdts(packets);
  const size_t header_bytes = adts ? kAdtsHeaderBytes : 0;
  OpaqueBlock block;
  std::vector<uint8_t>& out = block.bytes;
  out.push_back(adts ? kAdts : kPlain);
  PutVarint(packets.size(), &out);
  EncodeTimes(Gather(packets, [](const auto& p) { return p.time_ns; }), &out);
  EncodeTimes(Gather(packets, [](const auto& p) { return p.pts; }), &out);
  EncodeIntegers(Gather(packets, [](const auto& p) { return p.duration_ns; }),
                 kMaxPredictionOrder, &out);
  EncodeIntegers(
      Gather(packets,
             [header_bytes](const auto& p) {
               return static_cast<int64_t>(p.data.size() - header_bytes);
             }),
      kMaxPredictionOrder, &out);
  if (adts) EncodeHeaders(packets, &out);
  const std::vector<uint8_t> bytes = Join(packets, header_bytes);
  const std::vector<uint8_t> packed = codec_internal::Lz4Compress(bytes);
  const std::vector<uint8_t>& kept = packed.empty() ? bytes : packed;
  out.push_back(packed.empty() ? 0 : 1);
  block.head_bytes = out.size();
  out.insert(out.end(), kept.begin(), kept.end());
  return block;
}

absl::StatusOr<std::vector<OpaquePacket>> DecodeOpaqueBlock(
    std::span<const uint8_t> block) {
  ByteReader in(block);
  const uint8_t version = in.U8();
  const uint64_t count = in.Varint();
  if (!in.ok() || (version != kPlain && version != kAdts) || count < 1 ||
      count > kMaxBlockSamples) {
    return absl::DataLossError(absl::StrCat(
        "opaque block: version ", static_cast<int>(version), ", ", count,
        " packets, expected version 1 or 2 and 1 to ", kMaxBlockSamples));
  }
  std::vector<int64_t> sizes;
  auto packets = DecodeTable(&in, count, &sizes);
  if (!packets.ok()) return packets.status();
  absl::StatusOr<std::vector<AdtsHeader>> headers;
  if (version == kAdts) headers = DecodeHeaders(&in, count);
  if (version == kAdts && !headers.ok()) return headers.status();
  const auto total = TotalSize(sizes);
  if (!total.ok()) return total.status();
  const auto bytes = DecodeBytes(&in, *total);
  if (!bytes.ok()) return bytes.status();
  auto at = bytes->begin();
  for (size_t i = 0; i < packets->size(); ++i) {
    const auto end = at + static_cast<std::ptrdiff_t>(sizes[i]);
    (*packets)[i].data.assign(at, end);
    at = end;
  }
  if (version == kAdts) {
    const absl::Status restored = RestoreHeaders(*headers, &*packets);
    if (!restored.ok()) return restored;
  }
  return packets;
}

}  // namespace fovea
