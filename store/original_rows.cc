// SPDX-License-Identifier: GPL-2.0-or-later
//
// key    that of a result of kind 128, region 0
// body   share f64 | seed u64 | given u8 (0 nothing, 1 what follows)
//        kind u8 | cause u8 | 1 ran, 2 coded, 4 judged u8 | wrong u8
//        answer text

#include "store/original_rows.h"

#include <bit>
#include <cassert>
#include <utility>

#include "absl/strings/str_cat.h"
#include "store/internal/row_parts.h"
#include "store/row_codec.h"

namespace fovea {
namespace {

// The first of `res` in which there are such rows.
constexpr uint8_t kVersion = 2;

constexpr uint8_t kRan = 1, kCoded = 2, kJudged = 4;

bool IsShare(double v) { return v > 0 && v <= 1; }

void PutGiven(const GivenLater& given, RowWriter* out) {
  out->U8(given.kind);
  out->U8(given.cause);
  out->U8(static_cast<uint8_t>((given.ran ? kRan : 0) |
                               (given.coded ? kCoded : 0) |
                               (given.judged ? kJudged : 0)));
  out->U8(given.wrong);
}

GivenLater TakeGiven(RowReader& in) {
  GivenLater given;
  given.kind = in.U8();
  given.cause = in.U8();
  const uint8_t flags = in.U8();
  if (flags > (kRan | kCoded | kJudged)) {
    in.Fail(absl::StrCat("flags ", int{flags}, " of what was given"));
  }
  given.ran = (flags & kRan) != 0;
  given.coded = (flags & kCoded) != 0;
  given.judged = (flags & kJudged) != 0;
  given.wrong = in.U8();
  return given;
}

}  // namespace

std::string OriginalKey(const ModelKey& model, StreamId stream,
                        uint64_t index) {
  return ResultKey({model, stream, index, kOriginalKind, 0});
}

absl::Status CheckOriginalRow(const OriginalRow& row) {
  if (!IsShare(row.share)) {
    return absl::InvalidArgumentError(
        absl::StrCat("original answer: chosen by a coin of ", row.share,
                     "; a share above 0 and up to 1 was expected"));
  }
  if (row.answer.size() > kRowLimits.max_answer_bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("original answer of ", row.answer.size(),
                     " bytes; the most is ", kRowLimits.max_answer_bytes));
  }
  return absl::OkStatus();
}

std::string EncodeOriginalRow(const OriginalRow& row) {
  assert(CheckOriginalRow(row).ok());
  RowWriter out;
  out.U64(std::bit_cast<uint64_t>(row.share));
  out.U64(row.seed);
  out.U8(row.given.has_value() ? 1 : 0);
  if (row.given) PutGiven(*row.given, &out);
  out.Text(row.answer);
  return EncodeDerivedRow(Family::kRes, {row.epoch, out.Take(), kVersion});
}

absl::StatusOr<OriginalRow> DecodeOriginalRow(std::string_view value) {
  const auto derived = DecodeDerivedRow(Family::kRes, value);
  if (!derived.ok()) return derived.status();
  RowReader in(derived->body, "original answer");
  if (derived->version != kVersion) {
    in.Fail(absl::StrCat("of version ", int{derived->version}));
  }
  OriginalRow row;
  row.epoch = derived->epoch;
  row.share = std::bit_cast<double>(in.U64());
  if (!IsShare(row.share)) in.Fail("share of the coin out of range");
  row.seed = in.U64();
  const uint8_t given = in.U8();
  if (given > 1) in.Fail(absl::StrCat("given ", int{given}, " times"));
  if (given == 1) row.given = TakeGiven(in);
  row.answer = in.Text(kRowLimits.max_answer_bytes, "answer length");
  return Finished(in, std::move(row));
}

}  // namespace fovea
