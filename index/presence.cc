// SPDX-License-Identifier: GPL-2.0-or-later
//
//   body := version 1 | observations - 1, 1 | runs - 1, 1 |
//           column of minutes between runs | column of minutes of runs - 1
//
// with columns of bits (bit_columns.h). The first run begins in the minute of
// the row's start, so the first number of the first column is 0; others are
// minutes between, less one.

#include "index/presence.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "index/internal/bit_columns.h"
#include "index/observation_pack.h"
#include "index/span_mark.h"
#include "store/row_codec.h"
#include "store/row_version.h"

namespace fovea {
namespace {

constexpr uint8_t kBodyVersion = 1;
// Of a row: those of the longest pack, begun and ended.
constexpr uint64_t kMostMinutes =
    (kPackLimits.max_span_ns + kObservationLimits.max_length_ns) /
        kNsPerMinute +
    2;

int64_t MinuteOf(int64_t time_ns) {
  const int64_t minute = time_ns / kNsPerMinute;
  return time_ns % kNsPerMinute < 0 ? minute - 1 : minute;
}

// Adds what begins no earlier than the one before.
void AddMinutes(int64_t start_ns, int64_t end_ns,
                std::vector<MinuteRun>* runs) {
  const MinuteRun run = {MinuteOf(start_ns), MinuteOf(end_ns) + 1};
  if (!runs->empty() && run.first <= runs->back().end) {
    runs->back().end = std::max(runs->back().end, run.end);
  } else {
    runs->push_back(run);
  }
}

std::string EncodeBody(size_t observations,
                       const std::vector<MinuteRun>& runs) {
  std::vector<uint64_t> gaps, lengths;
  int64_t last = runs[0].first - 1;
  for (const MinuteRun& run : runs) {
    gaps.push_back(static_cast<uint64_t>(run.first - last - 1));
    lengths.push_back(static_cast<uint64_t>(run.end - run.first - 1));
    last = run.end;
  }
  RowWriter out;
  out.U8(kBodyVersion);
  out.U8(static_cast<uint8_t>(observations - 1));
  out.U8(static_cast<uint8_t>(runs.size() - 1));
  BitWriter bits;
  WriteColumn(gaps, &bits);
  WriteColumn(lengths, &bits);
  out.Bytes(std::string_view(bits.Take()));
  return out.Take();
}

absl::Status ReadBody(std::string_view body, Presence* presence) {
  RowReader in(body, "presence");
  if (auto s = ReadVersion(in, kBodyVersion, "presence"); !s.ok()) return s;
  presence->observations = size_t{in.U8()} + 1;
  const size_t runs = size_t{in.U8()} + 1;
  BitReader bits(in.Bytes(in.remaining()));
  const std::vector<uint64_t> gaps = ReadColumn(&bits, runs);
  const std::vector<uint64_t> lengths = ReadColumn(&bits, runs);
  if (!bits.AtEnd()) in.Fail("columns end early or late");
  if (runs > presence->observations) in.Fail("more runs than observations");
  const int64_t first = MinuteOf(presence->start_ns);
  uint64_t minutes = 0;  // so far
  for (size_t i = 0; i < runs && in.ok(); ++i) {
    const uint64_t apart = i == 0 ? gaps[0] : gaps[i] + 1;
    if (gaps[i] > kMostMinutes || lengths[i] > kMostMinutes ||
        minutes + apart + lengths[i] + 1 > kMostMinutes) {
      in.Fail("minutes beyond what a row may hold");
      break;
    }
    const int64_t begin = first + static_cast<int64_t>(minutes + apart);
    minutes += apart + lengths[i] + 1;
    presence->minutes.push_back({begin, first + static_cast<int64_t>(minutes)});
  }
  if (gaps[0] != 0) in.Fail("begins in another minute than its row");
  return in.Finish();
}

// Leaves what touches minutes from `first` to `end`.
void Clip(int64_t first, int64_t end, std::vector<MinuteRun>* runs) {
  std::erase_if(*runs, [&](MinuteRun& run) {
    run.first = std::max(run.first, first);
    run.end = std::min(run.end, end);
    return run.first >= run.end;
  });
}

// How far back packs of the label reach, in any stream.
absl::StatusOr<uint64_t> MarkedSpanOf(StoreReader* reader,
                                      std::string_view label) {
  const auto mark = reader->SeekBackward(
      Family::kSemx, PresenceKey(label, kMarkStart, UINT64_MAX, UINT64_MAX),
      PresencePrefix(label, kMarkStart));
  if (absl::IsNotFound(mark.status())) return 0;
  if (!mark.ok()) return mark.status();
  const auto parts = ParsePresenceKey(mark->key);
  if (!parts.ok()) return parts.status();
  return parts->stream;
}

}  // namespace

// A mark has its number before its stream, so that the greatest of a label is
// found at once.
std::string PresenceKeyOf(const ObservationKeyParts& sem) {
  if (sem.start_ns == kMarkStart) {
    return PresenceKey(sem.label, sem.start_ns, sem.track, sem.stream);
  }
  return PresenceKey(sem.label, sem.start_ns, sem.stream, sem.track);
}

std::string ObservationKeyOf(const ObservationKeyParts& presence) {
  const auto& p = presence;
  if (p.start_ns == kMarkStart) {
    return ObservationKey(p.track, p.label, p.start_ns, p.stream);
  }
  return ObservationKey(p.stream, p.label, p.start_ns, p.track);
}

absl::StatusOr<PresenceRow> PresenceOf(std::string_view sem_key,
                                       std::string_view sem_value) {
  const auto parts = ParseObservationKey(sem_key);
  if (!parts.ok()) return parts.status();
  PresenceRow row = {PresenceKeyOf(*parts), PresenceMarkValue()};
  if (parts->start_ns == kMarkStart) return row;
  const auto pack = ObservationPack::Decode(sem_key, sem_value);
  if (!pack.ok()) return pack.status();
  std::vector<MinuteRun> minutes;
  for (size_t i = 0; i < pack->size(); ++i) {
    AddMinutes((*pack)[i].start_ns, (*pack)[i].end_ns, &minutes);
  }
  row.value =
      EncodePresenceRow({pack->epoch(), EncodeBody(pack->size(), minutes)});
  return row;
}

std::string PresenceValue(std::span<const Observation* const> pack,
                          uint64_t epoch) {
  std::vector<MinuteRun> minutes;
  for (const Observation* o : pack) {
    AddMinutes(o->start_ns, o->end_ns, &minutes);
  }
  return EncodePresenceRow({epoch, EncodeBody(pack.size(), minutes)});
}

std::string PresenceMarkValue() { return EncodePresenceRow({0, ""}); }

absl::StatusOr<Presence> DecodePresence(const ObservationKeyParts& parts,
                                        std::string_view value) {
  Presence presence;
  presence.stream = parts.stream;
  presence.start_ns = parts.start_ns;
  presence.track = parts.track;
  const auto row = DecodePresenceRow(value);
  const absl::Status status =
      row.ok() ? ReadBody(row->body, &presence) : row.status();
  if (status.ok()) return presence;
  return absl::Status(status.code(),
                      absl::StrCat("presence of '", parts.label, "' in stream ",
                                   parts.stream, " at ", parts.start_ns,
                                   " ns: ", std::string(status.message())));
}

absl::Status VisitPresence(
    StoreReader* reader, std::string_view label, int64_t from_ns, int64_t to_ns,
    const std::function<bool(const Presence& presence)>& visit) {
  if (!IsLabel(label)) {
    return absl::InvalidArgumentError(
        absl::StrCat("label of ", label.size(), " bytes: expected 1 to ",
                     kRowLimits.max_label_bytes, " without NUL"));
  }
  if (from_ns >= to_ns) return absl::OkStatus();
  const auto span = MarkedSpanOf(reader, label);
  if (!span.ok()) return span.status();
  const int64_t first = MinuteOf(from_ns);
  const int64_t end = MinuteOf(to_ns - 1) + 1;
  absl::Status damage;
  const absl::Status scanned = reader->Scan(
      Family::kSemx, PresencePrefix(label, EarliestStart(from_ns, *span)),
      PresencePrefix(label, to_ns),
      [&](std::string_view key, std::string_view value) {
        const auto parts = ParsePresenceKey(key);
        damage = parts.status();
        if (!parts.ok()) return false;
        auto presence = DecodePresence(*parts, value);
        damage = presence.status();
        if (!presence.ok()) return false;
        Clip(first, end, &presence->minutes);
        return presence->minutes.empty() || visit(*presence);
      });
  return scanned.ok() ? damage : scanned;
}

}  // namespace fovea
