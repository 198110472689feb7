// SPDX-License-Identifier: GPL-2.0-or-later
//
// A frame table's bytes:
//
//   version 1 | fingerprint version 1 | frames varint | trim length varint |
//   body length varint | method 1 (0 plain, 1 zstd) | body
//
//   body: slope numerator, slope denominator (signed varints);
//         integer columns dts, pts - dts, time - line(pts),
//           duration - time to next, size, offset - where the last one ended;
//         byte columns type, flags, qp, means of luma, texture, difference,
//           residual;
//         from version 2 on: byte column moving, integer column moving cells;
//         fingerprint column; trim record
//
// Columns as store/internal/table_columns.h draws them. What one column can
// tell about another is taken out first, so on footage of constant rate all
// of pts, dts, time, duration and offset are a dozen bytes per GOP.

#include "store/frame_table.h"

#include <cassert>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "store/internal/table_columns.h"
#include "store/internal/zstd.h"
#include "store/row_limits.h"
#include "store/row_version.h"
#include "store/time_line.h"

namespace fovea {
namespace {

constexpr uint8_t kTableVersion = 2;
constexpr uint8_t kTableVersionWithoutMotion = 1;
constexpr uint8_t kPlain = 0;
constexpr uint8_t kZstd = 1;
constexpr uint8_t kFlagLeading = 1;
constexpr uint8_t kFlagHasGrid = 2;
constexpr uint8_t kFlagHasMotion = 4;
constexpr uint8_t kFlagCameraMoves = 8;
constexpr uint8_t kFlagsWithoutMotion = kFlagLeading | kFlagHasGrid;
constexpr uint8_t kFlags =
    kFlagsWithoutMotion | kFlagHasMotion | kFlagCameraMoves;

// Seven integer columns of ten bytes, eight byte columns, 320 bits, and what
// each column needs before its first value.
constexpr uint64_t kMostFrameBytes = 7 * 10 + 8 + 40;
constexpr uint64_t kMostFixedBytes = 1024;

constexpr uint8_t FrameEntry::*kByteColumns[] = {
    &FrameEntry::qp, &FrameEntry::mean_luma, &FrameEntry::mean_texture,
    &FrameEntry::mean_difference, &FrameEntry::mean_residual};

using Frames = std::vector<FrameEntry>;

template <typename Get>
auto Column(const Frames& frames, Get get) {
  std::vector<decltype(get(frames[0]))> column;
  column.reserve(frames.size());
  for (const FrameEntry& frame : frames) column.push_back(get(frame));
  return column;
}

int64_t Plus(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) +
                              static_cast<uint64_t>(b));
}

int64_t Minus(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) -
                              static_cast<uint64_t>(b));
}

void WriteLessThan(std::vector<int64_t> values,
                   const std::vector<int64_t>& predicted, RowWriter& out) {
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = Minus(values[i], predicted[i]);
  }
  WriteIntegers(values, out);
}

void ReadOnTopOf(RowReader& in, std::vector<int64_t>& values) {
  const std::vector<int64_t> rest = ReadIntegers(in, values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = Plus(values[i], rest[i]);
  }
}

std::vector<int64_t> OnLine(const TimeLine& line,
                            const std::vector<int64_t>& pts) {
  std::vector<int64_t> times;
  times.reserve(pts.size());
  for (const int64_t p : pts) times.push_back(line.At(p));
  return times;
}

void WriteClocks(const Frames& frames, RowWriter& out) {
  const auto pts = Column(frames, [](const auto& f) { return f.pts; });
  const auto dts = Column(frames, [](const auto& f) { return f.dts; });
  const auto times = Column(frames, [](const auto& f) { return f.time_ns; });
  const TimeLine line = FitTimeLine(pts, times);
  out.SignedVarint(line.numerator);
  out.SignedVarint(line.denominator);
  WriteIntegers(dts, out);
  WriteLessThan(pts, dts, out);
  WriteLessThan(times, OnLine(line, pts), out);
  WriteLessThan(Column(frames, [](const auto& f) { return f.duration_ns; }),
                TimesToNext(pts, times), out);
}

void ReadClocks(RowReader& in, Frames& frames) {
  TimeLine line;
  line.numerator = in.SignedVarint();
  line.denominator = in.SignedVarint();
  if (line.denominator <= 0) in.Fail("slope denominator must be positive");
  if (!in.ok()) return;
  const std::vector<int64_t> dts = ReadIntegers(in, frames.size());
  std::vector<int64_t> pts = dts;
  ReadOnTopOf(in, pts);
  std::vector<int64_t> times = OnLine(line, pts);
  ReadOnTopOf(in, times);
  std::vector<int64_t> durations = TimesToNext(pts, times);
  ReadOnTopOf(in, durations);
  for (size_t i = 0; i < frames.size(); ++i) {
    frames[i].dts = dts[i];
    frames[i].pts = pts[i];
    frames[i].time_ns = times[i];
    frames[i].duration_ns = durations[i];
  }
}

void WritePlaces(const Frames& frames, RowWriter& out) {
  std::vector<int64_t> sizes, jumps;
  int64_t end = 0;
  for (const FrameEntry& frame : frames) {
    sizes.push_back(frame.size);
    jumps.push_back(frame.offset - end);
    end = int64_t{frame.offset} + frame.size;
  }
  WriteIntegers(sizes, out);
  WriteIntegers(jumps, out);
}

void ReadPlaces(RowReader& in, Frames& frames) {
  const std::vector<int64_t> sizes = ReadIntegers(in, frames.size());
  const std::vector<int64_t> jumps = ReadIntegers(in, frames.size());
  int64_t end = 0;
  for (size_t i = 0; in.ok() && i < frames.size(); ++i) {
    const int64_t offset = Plus(end, jumps[i]);
    if (sizes[i] < 0 || sizes[i] > UINT32_MAX || offset < 0 ||
        offset > UINT32_MAX) {
      in.Fail(absl::StrCat("picture ", i, " of size ", sizes[i], " at offset ",
                           offset, " is beyond 32 bits"));
      return;
    }
    frames[i].size = static_cast<uint32_t>(sizes[i]);
    frames[i].offset = static_cast<uint32_t>(offset);
    end = offset + sizes[i];
  }
}

uint8_t FlagsOf(const FrameEntry& frame) {
  return static_cast<uint8_t>((frame.leading ? kFlagLeading : 0) |
                              (frame.has_grid ? kFlagHasGrid : 0) |
                              (frame.has_motion ? kFlagHasMotion : 0) |
                              (frame.camera_moves ? kFlagCameraMoves : 0));
}

void ReadFlags(RowReader& in, uint8_t known, Frames& frames) {
  const std::vector<uint8_t> flags = ReadBytes(in, frames.size());
  for (size_t i = 0; i < frames.size(); ++i) {
    if ((flags[i] & ~known) != 0) {
      in.Fail(absl::StrCat("picture ", i, " has unknown flags ",
                           static_cast<int>(flags[i])));
      return;
    }
    frames[i].leading = (flags[i] & kFlagLeading) != 0;
    frames[i].has_grid = (flags[i] & kFlagHasGrid) != 0;
    frames[i].has_motion = (flags[i] & kFlagHasMotion) != 0;
    frames[i].camera_moves = (flags[i] & kFlagCameraMoves) != 0;
  }
}

void ReadByteColumn(RowReader& in, uint8_t FrameEntry::*field, Frames& frames) {
  const std::vector<uint8_t> values = ReadBytes(in, frames.size());
  for (size_t i = 0; i < frames.size(); ++i) frames[i].*field = values[i];
}

void WriteMotion(const Frames& frames, RowWriter& out) {
  WriteBytes(Column(frames, [](const auto& f) { return f.moving; }), out);
  WriteIntegers(
      Column(frames, [](const auto& f) { return int64_t{f.moving_cells}; }),
      out);
}

void ReadMotion(RowReader& in, Frames& frames) {
  ReadByteColumn(in, &FrameEntry::moving, frames);
  const std::vector<int64_t> cells = ReadIntegers(in, frames.size());
  for (size_t i = 0; in.ok() && i < frames.size(); ++i) {
    if (cells[i] < 0 || cells[i] > UINT16_MAX) {
      in.Fail(absl::StrCat("picture ", i, " moves in cells ", cells[i],
                           ", of 16 bits"));
      return;
    }
    frames[i].moving_cells = static_cast<uint16_t>(cells[i]);
  }
}

FingerprintWords WordsOf(const FrameEntry& frame) {
  const auto& fine = frame.fingerprint256;
  return {frame.fingerprint64, fine[0], fine[1], fine[2], fine[3]};
}

void ReadPrints(RowReader& in, Frames& frames) {
  const auto prints = ReadFingerprints(in, frames.size());
  for (size_t i = 0; i < frames.size(); ++i) {
    frames[i].fingerprint64 = prints[i][0];
    for (size_t k = 0; k < 4; ++k) {
      frames[i].fingerprint256[k] = prints[i][k + 1];
    }
  }
}

std::string EncodeBody(const FrameTable& table) {
  const Frames& frames = table.frames;
  RowWriter out;
  WriteClocks(frames, out);
  WritePlaces(frames, out);
  WriteBytes(Column(frames, [](const auto& f) { return f.type; }), out);
  WriteBytes(Column(frames, FlagsOf), out);
  for (const auto field : kByteColumns) {
    WriteBytes(Column(frames, [field](const auto& f) { return f.*field; }),
               out);
  }
  WriteMotion(frames, out);
  WriteFingerprints(Column(frames, WordsOf), out);
  out.Bytes(std::string_view(table.trim));
  return out.Take();
}

absl::Status DecodeBody(std::string_view body, size_t frames, size_t trim,
                        bool with_motion, FrameTable& table) {
  RowReader in(body, "frame table body");
  table.frames.resize(frames);
  ReadClocks(in, table.frames);
  ReadPlaces(in, table.frames);
  ReadByteColumn(in, &FrameEntry::type, table.frames);
  ReadFlags(in, with_motion ? kFlags : kFlagsWithoutMotion, table.frames);
  for (const auto field : kByteColumns) {
    ReadByteColumn(in, field, table.frames);
  }
  if (with_motion) ReadMotion(in, table.frames);
  ReadPrints(in, table.frames);
  table.trim = in.Bytes(trim);
  return in.Finish();
}

absl::StatusOr<std::string> Unpack(uint8_t method, std::string_view bytes,
                                   size_t plain_size) {
  if (method == kZstd) return ZstdDecompress(bytes, plain_size);
  if (method == kPlain && bytes.size() == plain_size) {
    return std::string(bytes);
  }
  return absl::DataLossError(
      absl::StrCat("frame table: method ", static_cast<int>(method), " with ",
                   bytes.size(), " bytes for a body of ", plain_size));
}

}  // namespace

absl::Status CheckFrameTable(const FrameTable& table) {
  if (table.frames.size() > kRowLimits.max_table_frames) {
    return absl::ResourceExhaustedError(
        absl::StrCat("GOP of ", table.frames.size(), " pictures; the limit is ",
                     kRowLimits.max_table_frames));
  }
  if (table.trim.size() > kRowLimits.max_trim_bytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("GOP with a trim record of ", table.trim.size(),
                     " bytes; the limit is ", kRowLimits.max_trim_bytes));
  }
  return absl::OkStatus();
}

std::string EncodeFrameTable(const FrameTable& table) {
  assert(CheckFrameTable(table).ok());
  const std::string body = EncodeBody(table);
  const std::string packed = ZstdCompress(body);
  const bool pays = !packed.empty() && packed.size() < body.size();
  RowWriter out;
  out.U8(kTableVersion);
  out.U8(table.fingerprint_version);
  out.Varint(table.frames.size());
  out.Varint(table.trim.size());
  out.Varint(body.size());
  out.U8(pays ? kZstd : kPlain);
  out.Bytes(std::string_view(pays ? packed : body));
  return out.Take();
}

absl::StatusOr<FrameTable> DecodeFrameTable(std::string_view value) {
  RowReader in(value, "frame table");
  const bool with_motion =
      !value.starts_with(static_cast<char>(kTableVersionWithoutMotion));
  const uint8_t version =
      with_motion ? kTableVersion : kTableVersionWithoutMotion;
  if (auto s = ReadVersion(in, version, "frame table"); !s.ok()) return s;
  FrameTable table;
  table.fingerprint_version = in.U8();
  const uint64_t frames = in.VarintUpTo(kRowLimits.max_table_frames, "frames");
  const uint64_t trim = in.VarintUpTo(kRowLimits.max_trim_bytes, "trim length");
  const uint64_t body_size = in.VarintUpTo(
      frames * kMostFrameBytes + kMostFixedBytes + trim, "body length");
  const uint8_t method = in.U8();
  if (!in.ok()) return in.status();
  auto body = Unpack(method, in.Bytes(in.remaining()), body_size);
  if (!body.ok()) return body.status();
  if (auto s = DecodeBody(*body, frames, trim, with_motion, table); !s.ok())
    return s;
  return table;
}

}  // namespace fovea
