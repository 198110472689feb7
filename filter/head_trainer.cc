// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/head_trainer.h"

#include <algorithm>

namespace fovea {
namespace {

constexpr double kTaughtShare = 0.6;
constexpr double kAgreement = 0.95;

// Heads to be taught together.
struct Heads {
  bool reuse = false, thumbnail = false, skip = false;
  bool any() const { return reuse || thumbnail || skip; }
};

Heads With(Heads heads, FilterHead head) {
  if (head == FilterHead::kReuse) heads.reuse = true;
  if (head == FilterHead::kThumbnail) heads.thumbnail = true;
  if (head == FilterHead::kSkip) heads.skip = true;
  return heads;
}

ReusePredictor Taught(std::span<const Lesson> lessons, uint64_t seed,
                      Heads heads, std::optional<uint64_t> usual) {
  ReusePredictor predictor;
  if (!heads.any()) return predictor;
  predictor.CompareThumbnails(heads.thumbnail);
  if (heads.skip) {
    predictor.SetSkip(SkipHead(usual.value_or(UsualVote(lessons))));
  }
  TrainReuse(lessons, seed, &predictor);
  return predictor;
}

}  // namespace

const char* FilterHeadName(FilterHead head) {
  switch (head) {
    case FilterHead::kReuse:
      return "reuse";
    case FilterHead::kThumbnail:
      return "thumbnail";
    case FilterHead::kSkip:
      return "skip";
  }
  return "unknown";
}

double TaughtHeads::avoided_after() const {
  double most = avoided_before();
  for (const HeadTrial& trial : trials) {
    if (trial.kept) most = trial.after;
  }
  return most;
}

bool TaughtHeads::any_kept() const {
  return std::ranges::any_of(trials, &HeadTrial::kept);
}

TaughtHeads TeachHeads(std::span<const Lesson> lessons, uint64_t seed,
                       std::optional<uint64_t> usual) {
  const auto first =
      static_cast<size_t>(kTaughtShare * static_cast<double>(lessons.size()));
  TaughtHeads taught;
  taught.held_out = lessons.size() - first;
  Heads kept;
  double best = AvoidedAt(lessons, first, ReusePredictor(), kAgreement);
  for (const FilterHead head :
       {FilterHead::kReuse, FilterHead::kThumbnail, FilterHead::kSkip}) {
    const Heads tried = With(kept, head);
    const ReusePredictor taught_first =
        Taught(lessons.first(first), seed, tried, usual);
    const double avoided = AvoidedAt(lessons, first, taught_first, kAgreement);
    const bool better = avoided > best;
    taught.trials.push_back({head, better, best, avoided});
    if (!better) continue;
    kept = tried;
    best = avoided;
  }
  taught.predictor = Taught(lessons, seed, kept, usual);
  return taught;
}

}  // namespace fovea
