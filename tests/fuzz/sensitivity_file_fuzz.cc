// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any bytes as a sensitivity file. Checksums would stop most of them, so
// they are also put right, and what was read is written and read again.

#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "codec/byte_stream.h"
#include "codec/internal/crc32.h"
#include "codec/internal/model_list.h"
#include "codec/sensitivity_file.h"

namespace {

using Bytes = std::vector<uint8_t>;

void SetCrc(size_t from, size_t at, Bytes* bytes) {
  const uint32_t crc = fovea::internal::Crc32(
      std::span<const uint8_t>(*bytes).subspan(from, at - from));
  for (size_t i = 0; i < 4; ++i) {
    (*bytes)[at + i] = static_cast<uint8_t>(crc >> (8 * i));
  }
}

// `bytes` with the checksums that a writer would have put there.
Bytes WithChecksums(Bytes bytes) {
  if (bytes.size() < 16) return bytes;
  fovea::ByteReader in(bytes);
  in.Take(12);
  in.Varint();
  in.Varint();
  std::vector<fovea::ModelId> models;
  fovea::internal::TakeModels(fovea::CodecLimits(), &in, &models);
  size_t begin = 0;
  while (in.remaining() >= 4) {
    const size_t at = bytes.size() - in.remaining();
    SetCrc(begin, at, &bytes);
    in.Take(4);
    begin = at + 4;
    const bool end = in.Varint() == 0;
    const uint64_t size = in.Varint();
    in.Take(end ? 0 : static_cast<size_t>(size));
  }
  return bytes;
}

struct File {
  bool good = false;
  fovea::SensitivityInfo info;
  std::vector<fovea::SensitivityFrame> frames;
};

File Read(const Bytes& bytes) {
  File file;
  fovea::CodecLimits limits;
  limits.max_side = 2048;  // keeps the fuzzer fast
  const auto reader = fovea::SensitivityReader::Open("fuzz", bytes, limits);
  if (!reader.ok()) return file;
  file.info = (*reader)->info();
  while (true) {
    auto frame = (*reader)->Next();
    if (!frame.ok()) return file;
    if (!frame->has_value()) break;
    file.frames.push_back(**std::move(frame));
  }
  file.good = true;
  return file;
}

void CheckRewrite(const File& file) {
  Bytes out;
  const auto writer = fovea::SensitivityWriter::Create(file.info, &out);
  if (!writer.ok()) std::abort();
  for (const auto& frame : file.frames) {
    if (!(*writer)->Add(frame, &out).ok()) std::abort();
  }
  (*writer)->Finish(&out);
  const File again = Read(out);
  if (!again.good || again.frames.size() != file.frames.size()) std::abort();
  for (size_t i = 0; i < file.frames.size(); ++i) {
    if (again.frames[i].plane != file.frames[i].plane) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes bytes(data, data + size);
  Read(bytes);
  const File file = Read(WithChecksums(bytes));
  if (file.good) CheckRewrite(file);
  return 0;
}
