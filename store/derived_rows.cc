// SPDX-License-Identifier: GPL-2.0-or-later
//
// All values are a version byte, the epoch and the body.

#include "store/derived_rows.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "absl/strings/str_cat.h"
#include "store/row_codec.h"
#include "store/row_version.h"

namespace fovea {
namespace {

// Ends a label. Lower than any byte of one, so a label sorts before those it
// begins, and no key of one begins a key of another.
constexpr char kLabelEnd = '\0';

struct Shape {
  size_t longest;  // body
  const char* object;
  uint8_t newest = DerivedRow::kFirstVersion;
};

// Of `res`: 2 has what version 1 has not (store/result_rows.h).
constexpr uint8_t kNewestResultVersion = 2;

Shape ShapeOf(Family family) {
  switch (family) {
    case Family::kPrior:
      return {kRowLimits.max_prior_bytes, "prior row"};
    case Family::kSem:
      return {kRowLimits.max_observation_bytes, "observation row"};
    case Family::kSemx:
      return {kRowLimits.max_presence_bytes, "presence row"};
    case Family::kRes:
      return {kRowLimits.max_result_bytes, "result row", kNewestResultVersion};
    case Family::kDec:
      return {kRowLimits.max_decision_bytes, "decision row"};
    default:
      assert(false);
      return {0, "row"};
  }
}

void PutLabel(std::string_view label, RowWriter* out) {
  assert(IsLabel(label));
  out->Bytes(label);
  out->U8(static_cast<uint8_t>(kLabelEnd));
}

std::string TakeLabel(RowReader& in, std::string_view key) {
  const std::string_view rest = key.substr(in.offset());
  const size_t size = std::min(rest.find(kLabelEnd), rest.size());
  if (in.ok() && !IsLabel(rest.substr(0, size))) {
    in.Fail(absl::StrCat("label must be 1 to ", kRowLimits.max_label_bytes,
                         " bytes, found ", size));
  }
  std::string label(in.Bytes(size));
  in.U8();
  return label;
}

}  // namespace

std::string EncodeDerivedRow(Family family, const DerivedRow& row) {
  assert(row.body.size() <= ShapeOf(family).longest);
  assert(row.version <= ShapeOf(family).newest);
  RowWriter out;
  out.U8(row.version);
  out.U64(row.epoch);
  out.Bytes(row.body);
  return out.Take();
}

absl::StatusOr<DerivedRow> DecodeDerivedRow(Family family,
                                            std::string_view value) {
  const auto [longest, object, newest] = ShapeOf(family);
  RowReader in(value, object);
  DerivedRow row;
  row.version = newest;
  if (!value.empty() && value[0] == DerivedRow::kFirstVersion) {
    row.version = DerivedRow::kFirstVersion;
  }
  if (auto s = ReadVersion(in, row.version, object); !s.ok()) return s;
  row.epoch = in.U64();
  if (in.remaining() > longest) {
    in.Fail(absl::StrCat("body must be at most ", longest, " bytes, found ",
                         in.remaining()));
  }
  row.body = in.Bytes(in.remaining());
  if (absl::Status status = in.Finish(); !status.ok()) return status;
  return row;
}

std::string PriorKey(StreamId camera, const ModelKey& model) {
  RowWriter out;
  out.U64(camera);
  out.Bytes(model);
  return out.Take();
}

absl::StatusOr<PriorKeyParts> ParsePriorKey(std::string_view key) {
  RowReader in(key, "prior key");
  PriorKeyParts parts;
  parts.camera = in.U64();
  const std::string_view model = in.Bytes(parts.model.size());
  std::copy(model.begin(), model.end(), parts.model.begin());
  if (absl::Status status = in.Finish(); !status.ok()) return status;
  return parts;
}

std::string EncodePriorRow(const DerivedRow& row) {
  return EncodeDerivedRow(Family::kPrior, row);
}

absl::StatusOr<DerivedRow> DecodePriorRow(std::string_view value) {
  return DecodeDerivedRow(Family::kPrior, value);
}

bool IsLabel(std::string_view label) {
  return !label.empty() && label.size() <= kRowLimits.max_label_bytes &&
         label.find(kLabelEnd) == std::string_view::npos;
}

std::string ObservationKey(StreamId stream, std::string_view label,
                           int64_t start_ns, uint64_t track) {
  RowWriter out;
  out.U64(stream);
  PutLabel(label, &out);
  out.SortableI64(start_ns);
  out.U64(track);
  return out.Take();
}

absl::StatusOr<ObservationKeyParts> ParseObservationKey(std::string_view key) {
  RowReader in(key, "observation key");
  ObservationKeyParts parts;
  parts.stream = in.U64();
  parts.label = TakeLabel(in, key);
  parts.start_ns = in.SortableI64();
  parts.track = in.U64();
  if (absl::Status status = in.Finish(); !status.ok()) return status;
  return parts;
}

std::string ObservationPrefix(StreamId stream, std::string_view label) {
  RowWriter out;
  out.U64(stream);
  PutLabel(label, &out);
  return out.Take();
}

std::string ObservationPrefix(StreamId stream, std::string_view label,
                              int64_t start_ns) {
  RowWriter out;
  out.U64(stream);
  PutLabel(label, &out);
  out.SortableI64(start_ns);
  return out.Take();
}

std::string ObservationPrefixEnd(StreamId stream, std::string_view label) {
  std::string end = ObservationPrefix(stream, label);
  end.back() = kLabelEnd + 1;
  return end;
}

std::string EncodeObservationRow(const DerivedRow& row) {
  return EncodeDerivedRow(Family::kSem, row);
}

absl::StatusOr<DerivedRow> DecodeObservationRow(std::string_view value) {
  return DecodeDerivedRow(Family::kSem, value);
}

std::string PresenceKey(std::string_view label, int64_t start_ns,
                        StreamId stream, uint64_t track) {
  RowWriter out;
  PutLabel(label, &out);
  out.SortableI64(start_ns);
  out.U64(stream);
  out.U64(track);
  return out.Take();
}

absl::StatusOr<ObservationKeyParts> ParsePresenceKey(std::string_view key) {
  RowReader in(key, "presence key");
  ObservationKeyParts parts;
  parts.label = TakeLabel(in, key);
  parts.start_ns = in.SortableI64();
  parts.stream = in.U64();
  parts.track = in.U64();
  if (absl::Status status = in.Finish(); !status.ok()) return status;
  return parts;
}

std::string PresencePrefix(std::string_view label, int64_t start_ns) {
  RowWriter out;
  PutLabel(label, &out);
  out.SortableI64(start_ns);
  return out.Take();
}

std::string PresencePrefixEnd(std::string_view label) {
  RowWriter out;
  PutLabel(label, &out);
  std::string end = out.Take();
  end.back() = kLabelEnd + 1;
  return end;
}

std::string EncodePresenceRow(const DerivedRow& row) {
  return EncodeDerivedRow(Family::kSemx, row);
}

absl::StatusOr<DerivedRow> DecodePresenceRow(std::string_view value) {
  return DecodeDerivedRow(Family::kSemx, value);
}

}  // namespace fovea
