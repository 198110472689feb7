// SPDX-License-Identifier: GPL-2.0-or-later
//
//   "FOVEASEN", u8 version 1, u8 planes, u8 unit, u8 flags (1: frequencies,
//   2: chroma at full size),
//   varint width, varint height, model list, u32 CRC-32 of all before it
//   records:
//     varint  index - last index, > 0 (last index: -1 at first); 0: the end
//     varint  size of the body; at the end: how many frames there were
//     body    planes, then, where there are any, frequencies as one plane of
//             8 columns and 24 rows; each plane:
//               zigzag varint base, varint size, coded plane of log codes
//     u32     CRC-32 of the record so far

#include "codec/sensitivity_file.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/byte_stream.h"
#include "codec/internal/crc32.h"
#include "codec/internal/energies.h"
#include "codec/internal/model_list.h"
#include "codec/internal/sensitivity_check.h"
#include "codec/quality_map.h"

namespace fovea {
namespace {

using internal::CrcHolds;
using internal::kCrcBytes;
using internal::PutCrc;

constexpr char kMagic[8] = {'F', 'O', 'V', 'E', 'A', 'S', 'E', 'N'};
constexpr uint8_t kVersion = 1;
constexpr uint8_t kFrequencyFlag = 1;
constexpr uint8_t kChromaFlag = 2;
constexpr int kFrequencyColumns = 8;
constexpr int kFrequencyRows = 24;
constexpr size_t kFrequencies = 64;

std::vector<double> Flat(const SensitivityFrame::Frequencies& frequency) {
  std::vector<double> flat;
  for (const auto& plane : frequency) {
    flat.insert(flat.end(), plane.begin(), plane.end());
  }
  return flat;
}

std::vector<uint8_t> BodyOf(const SensitivityInfo& info,
                            const SensitivityFrame& frame) {
  std::vector<uint8_t> body;
  for (size_t i = 0; i < static_cast<size_t>(info.planes); ++i) {
    internal::PutEnergies(frame.plane[i], info.columns(), info.rows(), &body);
  }
  if (info.frequencies) {
    internal::PutEnergies(Flat(*frame.frequency), kFrequencyColumns,
                          kFrequencyRows, &body);
  }
  return body;
}

absl::StatusOr<SensitivityFrame> ParseBody(const SensitivityInfo& info,
                                           std::span<const uint8_t> body) {
  SensitivityFrame frame;
  ByteReader in(body);
  for (size_t i = 0; i < static_cast<size_t>(info.planes); ++i) {
    auto plane = internal::TakeEnergies(info.columns(), info.rows(), &in);
    if (!plane.ok()) return plane.status();
    frame.plane[i] = *std::move(plane);
  }
  if (info.frequencies) {
    const auto flat =
        internal::TakeEnergies(kFrequencyColumns, kFrequencyRows, &in);
    if (!flat.ok()) return flat.status();
    frame.frequency.emplace();
    auto from = flat->begin();
    for (auto& plane : *frame.frequency) {
      std::copy(from, from + kFrequencies, plane.begin());
      from += kFrequencies;
    }
  }
  if (in.remaining() > 0) {
    return absl::DataLossError(
        absl::StrCat(in.remaining(), " bytes left over in the frame"));
  }
  return frame;
}

// What is wrong with `info`; empty when nothing is.
std::string InfoFault(const SensitivityInfo& info, const CodecLimits& limits) {
  if (info.width < 1 || info.height < 1 || info.width > limits.max_side ||
      info.height > limits.max_side) {
    return absl::StrCat("expected sides of 1 to ", limits.max_side,
                        " pixels, found ", info.width, "x", info.height);
  }
  if (info.planes != 1 && info.planes != 3) {
    return absl::StrCat("expected 1 or 3 planes, found ", info.planes);
  }
  if (info.full_chroma && info.planes != 3) {
    return "expected 3 planes where chroma is at full size, found 1";
  }
  if (info.unit != SensitivityUnit::kLossSquaredPerGreySquared &&
      info.unit != SensitivityUnit::kRelative) {
    return absl::StrCat("expected unit 1 or 2, found ",
                        static_cast<int>(info.unit));
  }
  return "";
}

absl::Status CheckFrame(const SensitivityInfo& info,
                        const SensitivityFrame& frame) {
  for (size_t i = 0; i < frame.plane.size(); ++i) {
    if (i < static_cast<size_t>(info.planes)) {
      if (absl::Status s = internal::CheckSensitivity(
              frame.plane[i], info.columns(), info.rows());
          !s.ok()) {
        return s;
      }
    } else if (!frame.plane[i].empty()) {
      return absl::InvalidArgumentError(
          "sensitivities of more planes than the file has");
    }
  }
  if (frame.frequency.has_value() != info.frequencies) {
    return absl::InvalidArgumentError(
        info.frequencies ? "sensitivities lack the frequency energies of their "
                           "file"
                         : "frequency energies in a file without them");
  }
  if (!info.frequencies) return absl::OkStatus();
  return internal::CheckSensitivity(Flat(*frame.frequency), kFrequencyColumns,
                                    kFrequencyRows);
}

}  // namespace

int SensitivityInfo::columns() const { return MacroblockCount(width); }
int SensitivityInfo::rows() const { return MacroblockCount(height); }

std::vector<double> PerMacroblock(const SensitivityInfo& info,
                                  const SensitivityFrame& frame) {
  std::vector<double> sum = frame.plane[0];
  if (info.planes == 1) return sum;
  const double samples = info.full_chroma ? 1 : 0.25;  // per luma sample
  for (size_t i = 0; i < sum.size(); ++i) {
    sum[i] += samples * (frame.plane[1][i] + frame.plane[2][i]);
  }
  return sum;
}

absl::StatusOr<std::unique_ptr<SensitivityWriter>> SensitivityWriter::Create(
    const SensitivityInfo& info, std::vector<uint8_t>* out) {
  const CodecLimits limits;
  if (const std::string fault = InfoFault(info, limits); !fault.empty()) {
    return absl::InvalidArgumentError("sensitivity file: " + fault);
  }
  if (absl::Status s = internal::CheckModels(info.models, limits); !s.ok()) {
    return s;
  }
  const size_t begin = out->size();
  out->insert(out->end(), std::begin(kMagic), std::end(kMagic));
  out->push_back(kVersion);
  out->push_back(static_cast<uint8_t>(info.planes));
  out->push_back(static_cast<uint8_t>(info.unit));
  out->push_back(static_cast<uint8_t>((info.frequencies ? kFrequencyFlag : 0) |
                                      (info.full_chroma ? kChromaFlag : 0)));
  PutVarint(static_cast<uint64_t>(info.width), out);
  PutVarint(static_cast<uint64_t>(info.height), out);
  internal::PutModels(info.models, out);
  PutCrc(begin, out);
  return std::unique_ptr<SensitivityWriter>(new SensitivityWriter(info));
}

absl::Status SensitivityWriter::Add(const SensitivityFrame& frame,
                                    std::vector<uint8_t>* out) {
  if (frame.index <= last_index_ ||
      frame.index > CodecLimits().max_frame_index) {
    return absl::InvalidArgumentError(
        absl::StrCat("sensitivities of frame ", frame.index,
                     ": expected an index above ", last_index_));
  }
  if (absl::Status s = CheckFrame(info_, frame); !s.ok()) {
    return absl::Status(s.code(), absl::StrCat("frame ", frame.index, ": ",
                                               std::string(s.message())));
  }
  const size_t begin = out->size();
  const std::vector<uint8_t> body = BodyOf(info_, frame);
  PutVarint(static_cast<uint64_t>(frame.index - last_index_), out);
  PutVarint(body.size(), out);
  out->insert(out->end(), body.begin(), body.end());
  PutCrc(begin, out);
  last_index_ = frame.index;
  ++frames_;
  return absl::OkStatus();
}

void SensitivityWriter::Finish(std::vector<uint8_t>* out) const {
  const size_t begin = out->size();
  PutVarint(0, out);
  PutVarint(frames_, out);
  PutCrc(begin, out);
}

absl::StatusOr<std::unique_ptr<SensitivityReader>> SensitivityReader::Open(
    const std::string& name, std::span<const uint8_t> bytes,
    const CodecLimits& limits) {
  std::unique_ptr<SensitivityReader> reader(new SensitivityReader(name, bytes));
  reader->max_index_ = limits.max_frame_index;
  if (absl::Status s = reader->ReadHeader(limits); !s.ok()) return s;
  return reader;
}

absl::Status SensitivityReader::Fail(size_t at, const std::string& what) {
  status_ =
      absl::DataLossError(absl::StrCat(name_, ": offset ", at, ": ", what));
  return status_;
}

absl::Status SensitivityReader::ReadHeader(const CodecLimits& limits) {
  ByteReader in(bytes_);
  const auto magic = in.Take(sizeof(kMagic));
  if (!in.ok() || std::memcmp(magic.data(), kMagic, sizeof(kMagic)) != 0) {
    return Fail(0, "expected a sensitivity file (FOVEASEN), found other bytes");
  }
  const uint8_t version = in.U8();
  if (version != kVersion) {
    return Fail(sizeof(kMagic), absl::StrCat("expected version 1, found ",
                                             static_cast<int>(version)));
  }
  info_.planes = in.U8();
  info_.unit = static_cast<SensitivityUnit>(in.U8());
  const uint8_t flags = in.U8();
  info_.frequencies = (flags & kFrequencyFlag) != 0;
  info_.full_chroma = (flags & kChromaFlag) != 0;
  const uint64_t most = static_cast<uint64_t>(limits.max_side) + 1;
  info_.width = static_cast<int>(std::min(in.Varint(), most));
  info_.height = static_cast<int>(std::min(in.Varint(), most));
  const bool listed = internal::TakeModels(limits, &in, &info_.models);
  const size_t size = bytes_.size() - in.remaining();
  const auto crc = in.Take(kCrcBytes);
  if (!listed || !in.ok()) {
    return Fail(size,
                "expected the rest of the header, found its end or a "
                "model list beyond the limits");
  }
  if (!CrcHolds(bytes_.first(size), crc)) {
    return Fail(size, "checksum of the header does not hold");
  }
  const std::string fault = InfoFault(info_, limits);
  if (!fault.empty() || flags > (kFrequencyFlag | kChromaFlag)) {
    return Fail(sizeof(kMagic),
                fault.empty() ? "expected flags 0 to 3" : fault);
  }
  next_ = size + kCrcBytes;
  return absl::OkStatus();
}

absl::StatusOr<std::optional<SensitivityFrame>> SensitivityReader::Next() {
  if (!status_.ok()) return status_;
  if (ended_) return std::optional<SensitivityFrame>();
  return ReadRecord();
}

absl::StatusOr<std::optional<SensitivityFrame>>
SensitivityReader::ReadRecord() {
  const size_t at = next_;
  const auto record = bytes_.subspan(at);
  ByteReader in(record);
  const uint64_t step = in.Varint();
  const uint64_t size = in.Varint();
  const bool end = in.ok() && step == 0;
  const auto body = in.Take(end ? 0 : static_cast<size_t>(size));
  const auto covered = record.first(record.size() - in.remaining());
  const auto crc = in.Take(kCrcBytes);
  if (!in.ok()) {
    return Fail(at,
                "expected a frame or the end mark, found the file's end; "
                "make the file anew");
  }
  if (!CrcHolds(covered, crc)) {
    return Fail(at, "checksum of the frame does not hold");
  }
  next_ = bytes_.size() - in.remaining();
  if (end) {
    if (size != frames_ || in.remaining() > 0) {
      return Fail(at, absl::StrCat("expected the end after ", size,
                                   " frames, found ", frames_, " frames and ",
                                   in.remaining(), " bytes more"));
    }
    ended_ = true;
    return std::optional<SensitivityFrame>();
  }
  if (step > static_cast<uint64_t>(max_index_ - last_index_)) {
    return Fail(at, absl::StrCat("expected an index up to ", max_index_));
  }
  auto frame = ParseBody(info_, body);
  if (!frame.ok()) return Fail(at, std::string(frame.status().message()));
  last_index_ += static_cast<int64_t>(step);
  frame->index = last_index_;
  ++frames_;
  return std::optional<SensitivityFrame>(*std::move(frame));
}

}  // namespace fovea
