// SPDX-License-Identifier: GPL-2.0-or-later
//
// key    "m" | stream u64 | model's SHA-256, 32
// value  version u8 | number varint | name text | spans varint, each: frames
//        since the end of the one before varint, frames varint, step varint

#include "store/look_rows.h"

#include <algorithm>
#include <utility>

#include "store/internal/row_parts.h"
#include "store/row_codec.h"
#include "store/row_version.h"

namespace fovea {
namespace {

constexpr char kTag = 'm';
constexpr uint8_t kVersion = 1;
constexpr uint64_t kSmallestSpan = 3;  // bytes
constexpr uint64_t kMostFrames = uint64_t{1} << 62;

}  // namespace

std::string ModelLooksPrefix(StreamId stream) {
  return TaggedKey(kTag, stream);
}

std::string ModelLooksKey(StreamId stream, const ModelKey& model) {
  return ModelLooksPrefix(stream) + std::string(model.begin(), model.end());
}

absl::StatusOr<ModelKey> ParseModelLooksKey(std::string_view key) {
  RowReader in(key, "looks key");
  if (in.U8() != kTag) in.Fail("no looks key");
  in.U64();
  ModelKey model;
  const std::string_view bytes = in.Bytes(model.size());
  std::copy(bytes.begin(), bytes.end(), model.begin());
  return Finished(in, model);
}

std::string EncodeModelLooks(const ModelLooks& looks) {
  RowWriter out;
  out.U8(kVersion);
  out.Varint(looks.number);
  out.Text(std::string_view(looks.name).substr(0, kRowLimits.max_name_bytes));
  out.Varint(looks.spans.size());
  uint64_t end = 0;
  for (const LookSpan& span : looks.spans) {
    out.Varint(span.first_index - end);
    out.Varint(span.end_index - span.first_index);
    out.Varint(span.step);
    end = span.end_index;
  }
  return out.Take();
}

absl::StatusOr<ModelLooks> DecodeModelLooks(std::string_view value) {
  RowReader in(value, "looks row");
  if (auto s = ReadVersion(in, kVersion, "looks row"); !s.ok()) return s;
  ModelLooks looks;
  looks.number = in.Varint();
  looks.name = std::string(in.Text(kRowLimits.max_name_bytes, "name length"));
  const uint64_t count =
      in.Count(kRowLimits.max_look_spans, kSmallestSpan, "spans");
  uint64_t end = 0;
  for (uint64_t i = 0; i < count && in.ok(); ++i) {
    LookSpan span;
    span.first_index = end + in.VarintUpTo(kMostFrames - end, "frames between");
    span.end_index =
        span.first_index +
        in.VarintUpTo(kMostFrames - span.first_index, "frames looked at");
    span.step = in.VarintUpTo(kMostFrames, "step");
    if (span.end_index == span.first_index || span.step == 0) {
      in.Fail("span without frames or step");
    }
    end = span.end_index;
    looks.spans.push_back(span);
  }
  return Finished(in, std::move(looks));
}

}  // namespace fovea
