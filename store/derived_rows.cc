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

constexpr uint8_t kPriorRowVersion = 1;
constexpr uint8_t kObservationRowVersion = 1;
constexpr uint8_t kPresenceRowVersion = 1;
// Ends a label. Lower than any byte of one, so a label sorts before those it
// begins, and no key of one begins a key of another.
constexpr char kLabelEnd = '\0';

std::string EncodeDerived(uint8_t version, const DerivedRow& row) {
  RowWriter out;
  out.U8(version);
  out.U64(row.epoch);
  out.Bytes(row.body);
  return out.Take();
}

absl::StatusOr<DerivedRow> DecodeDerived(std::string_view value,
                                         uint8_t version, size_t longest,
                                         const char* object) {
  RowReader in(value, object);
  if (auto s = ReadVersion(in, version, object); !s.ok()) return s;
  DerivedRow row;
  row.epoch = in.U64();
  if (in.remaining() > longest) {
    in.Fail(absl::StrCat("body must be at most ", longest, " bytes, found ",
                         in.remaining()));
  }
  row.body = in.Bytes(in.remaining());
  if (absl::Status status = in.Finish(); !status.ok()) return status;
  return row;
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

absl::StatusOr<DerivedRow> DecodeDerivedRow(Family family,
                                            std::string_view value) {
  assert(family == Family::kPrior || family == Family::kSem ||
         family == Family::kSemx);
  if (family == Family::kPrior) return DecodePriorRow(value);
  return family == Family::kSem ? DecodeObservationRow(value)
                                : DecodePresenceRow(value);
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
  assert(row.body.size() <= kRowLimits.max_prior_bytes);
  return EncodeDerived(kPriorRowVersion, row);
}

absl::StatusOr<DerivedRow> DecodePriorRow(std::string_view value) {
  return DecodeDerived(value, kPriorRowVersion, kRowLimits.max_prior_bytes,
                       "prior row");
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
  assert(row.body.size() <= kRowLimits.max_observation_bytes);
  return EncodeDerived(kObservationRowVersion, row);
}

absl::StatusOr<DerivedRow> DecodeObservationRow(std::string_view value) {
  return DecodeDerived(value, kObservationRowVersion,
                       kRowLimits.max_observation_bytes, "observation row");
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
  assert(row.body.size() <= kRowLimits.max_presence_bytes);
  return EncodeDerived(kPresenceRowVersion, row);
}

absl::StatusOr<DerivedRow> DecodePresenceRow(std::string_view value) {
  return DecodeDerived(value, kPresenceRowVersion,
                       kRowLimits.max_presence_bytes, "presence row");
}

}  // namespace fovea
