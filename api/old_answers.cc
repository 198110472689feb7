// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/old_answers.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "api/answer_bytes.h"
#include "api/answer_traits.h"
#include "api/model_reuse.h"
#include "api/stop_flag.h"
#include "api/stream_commit.h"
#include "api/system_clock.h"
#include "codec/formats/image_reader.h"
#include "filter/auditor.h"
#include "filter/error_bound.h"
#include "filter/result_store.h"
#include "index/frame_index.h"

namespace fovea {
namespace {

constexpr uint64_t kBytesPerCommit = 32U << 20;

// Keeps this choice apart from the coins of audits under the same seed.
constexpr uint64_t kSalt = 0x726576616C696461ULL;

bool IsIn(const std::vector<FrameSpan>& spans, uint64_t index) {
  const auto span =
      std::ranges::upper_bound(spans, index, {}, &FrameSpan::end_index);
  return span != spans.end() && span->first_index <= index;
}

}  // namespace

OldAnswers::OldAnswers(ChunkStore* store, StreamSummary stream,
                       const RevalidationOptions& options)
    : store_(store), stream_(std::move(stream)), options_(options) {
  report_.id = stream_.id;
  report_.name = stream_.name;
}

absl::Status OldAnswers::AboutFrame(uint64_t index,
                                    const absl::Status& error) const {
  return absl::Status(error.code(),
                      absl::StrCat("answer about ", stream_.name, "@", index,
                                   ": ", error.message()));
}

std::string OldAnswers::KeyOf(const ModelDigest& digest, uint64_t index) const {
  return ResultKey(
      {digest, stream_.id, index, static_cast<uint8_t>(InputKind::kFrame), 0});
}

int64_t OldAnswers::Now() const {
  return options_.monotonic_ns ? options_.monotonic_ns() : MonotonicNowNs();
}

// Of the model over the sample: what an answer of its saves.
int64_t OldAnswers::MeanCost() const {
  return said_.empty() ? 0 : cost_ns_ / static_cast<int64_t>(said_.size());
}

// Rows about whole frames.
absl::Status OldAnswers::Scan(
    const ModelDigest& digest,
    const std::function<void(uint64_t, std::string_view)>& visit) const {
  absl::Status bad;
  const absl::Status scanned = store_->Scan(
      Family::kRes, ResultPrefix(digest, stream_.id),
      ResultPrefix(digest, stream_.id + 1),
      [&](std::string_view key, std::string_view value) {
        const auto parts = ParseResultKey(key);
        bad = parts.status();
        if (!bad.ok()) return false;
        const bool whole =
            parts->kind == static_cast<uint8_t>(InputKind::kFrame) &&
            parts->region == 0;
        if (whole) visit(parts->index, value);
        return true;
      });
  return scanned.ok() ? bad : scanned;
}

absl::StatusOr<std::vector<FrameSpan>> OldAnswers::Stored() const {
  std::vector<FrameSpan> spans;
  const absl::Status read =
      FrameIndex(store_).ForEachGop(stream_.id, [&](const GopRef& gop) {
        const uint64_t end = gop.first_index + gop.row.frames;
        if (!spans.empty() && spans.back().end_index == gop.first_index) {
          spans.back().end_index = end;
        } else {
          spans.push_back({gop.first_index, end});
        }
        return true;
      });
  if (!read.ok()) return read;
  return spans;
}

// Frames about which the model has an answer, its own or carried over.
absl::StatusOr<std::set<uint64_t>> OldAnswers::Known() const {
  std::set<uint64_t> known;
  const absl::Status read =
      Scan(model().id.digest,
           [&](uint64_t index, std::string_view) { known.insert(index); });
  if (!read.ok()) return read;
  return known;
}

absl::Status OldAnswers::Collect() {
  const auto stored = Stored();
  if (!stored.ok()) return stored.status();
  const auto known = Known();
  if (!known.ok()) return known.status();
  return Scan(options_.from, [&](uint64_t index, std::string_view value) {
    const auto row = DecodeResultRow(value);
    absl::Status readable = row.status();
    if (row.ok()) readable = DecodeAnswer(row->answer).status();
    if (!readable.ok()) {
      ++report_.damaged;
      report_.damage.Update(AboutFrame(index, readable));
    } else if (!IsIn(*stored, index)) {
      ++report_.gone;
    } else if (known->contains(index)) {
      ++report_.known;
    } else {
      indexes_.push_back(index);
      ++report_.answers;
    }
  });
}

// Those of the least coins.
std::vector<uint64_t> OldAnswers::Choose() const {
  const uint64_t seed =
      CoinSeed(CoinSeed(options_.seed ^ kSalt, stream_.id, options_.from),
               stream_.id, model().id.digest);
  std::vector<std::pair<double, uint64_t>> coins;
  for (const uint64_t index : indexes_) {
    coins.emplace_back(AuditCoin(seed, index), index);
  }
  const auto end = coins.begin() + to_sample();
  std::partial_sort(coins.begin(), end, coins.end());
  std::vector<uint64_t> chosen;
  for (auto coin = coins.begin(); coin != end; ++coin) {
    chosen.push_back(coin->second);
  }
  std::ranges::sort(chosen);
  return chosen;
}

absl::Status OldAnswers::Sample(const std::function<void()>& asked,
                                const std::atomic<bool>* stop) {
  const GopReader reader(store_, &stream_.description);
  const std::vector<uint64_t> chosen = Choose();
  report_.sampled = static_cast<int64_t>(chosen.size());
  auto next = chosen.begin();
  while (next != chosen.end()) {
    if (Stopped(stop)) return absl::CancelledError("interrupted");
    const auto frame = FrameIndex(store_).AtIndex(stream_.id, *next);
    std::vector<uint64_t> of_gop = {*next++};
    absl::Status read = frame.status();
    if (frame.ok()) {
      const uint64_t end = frame->gop.first_index + frame->gop.row.frames;
      while (next != chosen.end() && *next < end) of_gop.push_back(*next++);
      read = AskAbout(reader, frame->gop, of_gop, asked);
      if (!model_error_.ok()) return model_error_;
    }
    const bool damaged = absl::IsDataLoss(read) || absl::IsNotFound(read);
    if (!read.ok() && !damaged) return read;
    report_.trouble.Update(read);
  }
  for (const uint64_t index : chosen) {
    if (!said_.contains(index)) unread_.insert(index);
  }
  report_.unread = static_cast<int64_t>(unread_.size());
  return Compare();
}

// Errors of reading; those of the model are in model_error_.
absl::Status OldAnswers::AskAbout(const GopReader& reader, const GopRef& gop,
                                  const std::vector<uint64_t>& indexes,
                                  const std::function<void()>& asked) {
  if (stream_.description.stills) {
    const auto still = reader.Still(gop);
    if (!still.ok()) return still.status();
    const auto image = DecodeImage(still->file, FormatLimits());
    if (!image.ok()) return image.status();
    Ask(gop.first_index, image->frame, image->color);
    asked();
    return absl::OkStatus();
  }
  auto next = indexes.begin();
  return reader.Frames(gop, [&](uint32_t rank, const Frame& frame) {
    if (gop.first_index + rank < *next) return true;
    Ask(*next, frame, stream_.description.camera.color);
    asked();
    return model_error_.ok() && ++next != indexes.end();
  });
}

void OldAnswers::Ask(uint64_t index, const Frame& frame,
                     const ColorInfo& color) {
  const int64_t begun = Now();
  const auto answer =
      options_.model.Ask(frame, color, options_.longest_answer_ns);
  const int64_t cost_ns = Now() - begun;
  auto bytes = answer.ok() ? EncodeAnswer(*answer, model().card)
                           : absl::StatusOr<std::string>(answer.status());
  if (bytes.ok()) {
    said_[index] = {*std::move(bytes), cost_ns};
    cost_ns_ += cost_ns;
  } else {
    model_error_ = AboutFrame(index, bytes.status());
  }
}

absl::StatusOr<std::optional<ResultRow>> OldAnswers::Old(uint64_t index) const {
  const auto value = store_->Get(Family::kRes, KeyOf(options_.from, index));
  if (absl::IsNotFound(value.status())) return std::nullopt;
  if (!value.ok()) return value.status();
  auto row = DecodeResultRow(*value);
  if (!row.ok()) return AboutFrame(index, row.status());
  return *std::move(row);
}

// Of what cannot be compared the worst is assumed.
absl::Status OldAnswers::Compare() {
  report_.differ = report_.unread;
  for (const auto& [index, said] : said_) {
    const auto row = Old(index);
    if (!row.ok()) return row.status();
    const auto now = DecodeAnswer(said.answer);
    if (!now.ok()) return AboutFrame(index, now.status());
    absl::StatusOr<Answer> then = absl::NotFoundError("it went meanwhile");
    if (row->has_value()) then = DecodeAnswer((*row)->answer);
    report_.differ +=
        !then.ok() || Differs(*now, *then, model().card, options_.loss);
  }
  return absl::OkStatus();
}

void OldAnswers::Bound(double alpha) {
  report_.most_differ =
      MostAmong(report_.differ, report_.sampled, report_.answers, alpha);
  report_.bound = report_.answers == 0
                      ? 0
                      : static_cast<double>(report_.most_differ) /
                            static_cast<double>(report_.answers);
  report_.passed = report_.bound <= options_.max_error;
}

// None where it could not be looked at though it was to be, where it went with
// its footage meanwhile, or the model has answered meanwhile.
absl::StatusOr<std::optional<ResultRow>> OldAnswers::CopyOf(
    uint64_t index, const CarriedOver& mark) const {
  auto row = Old(index);
  if (!row.ok() || !row->has_value()) return row;
  if (unread_.contains(index)) return std::nullopt;
  const std::string key = KeyOf(model().id.digest, index);
  const auto now = store_->Get(Family::kRes, key);
  if (now.ok()) return std::nullopt;
  if (!absl::IsNotFound(now.status())) return now.status();
  ResultRow copy = **std::move(row);
  copy.cost_ns = MeanCost();
  copy.carried = mark;
  const auto said = said_.find(index);
  if (said != said_.end()) {
    copy.answer = said->second.answer;
    copy.cost_ns = said->second.cost_ns;
    copy.carried.reset();
  }
  const auto answer = DecodeAnswer(copy.answer);
  if (!answer.ok()) return AboutFrame(index, answer.status());
  copy.vote = TraitsOf(*answer, model().card, options_.loss).vote;
  copy.uses = 0;
  const auto epoch = store_->EpochFor(Family::kRes, key);
  if (!epoch.ok()) return epoch.status();
  copy.epoch = *epoch;
  return copy;
}

absl::Status OldAnswers::Carry(double confidence) {
  if (indexes_.empty()) return absl::OkStatus();
  const CarriedOver mark{options_.from, report_.bound, confidence};
  CommitBatch batch;
  int64_t carried = 0;
  int64_t replaced = 0;
  const auto commit = [&]() -> absl::Status {
    absl::Status status =
        CommitForStream(store_, stream_.id, std::exchange(batch, {}));
    if (!status.ok()) return status;
    report_.carried += std::exchange(carried, 0);
    report_.replaced += std::exchange(replaced, 0);
    return absl::OkStatus();
  };
  for (const uint64_t index : indexes_) {
    const auto copy = CopyOf(index, mark);
    if (!copy.ok()) return copy.status();
    if (!copy->has_value()) continue;
    ++((*copy)->carried ? carried : replaced);
    batch.PutRow(Family::kRes, KeyOf(model().id.digest, index),
                 EncodeResultRow(**copy));
    if (batch.payload_bytes() < kBytesPerCommit) continue;
    if (absl::Status s = commit(); !s.ok()) return s;
  }
  return commit();
}

}  // namespace fovea
