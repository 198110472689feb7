// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/result_cache.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "filter/internal/homogenised_vote.h"
#include "filter/internal/result_shelf.h"

namespace fovea {
namespace {

using internal::ResultShelf;

const char* KindName(InputKind kind) {
  switch (kind) {
    case InputKind::kFrame:
      return "frames";
    case InputKind::kRegion:
      return "regions";
    case InputKind::kWindow:
      break;
  }
  return "windows";
}

std::string OwnerText(const ModelDigest& model, InputKind kind) {
  const std::string_view bytes(reinterpret_cast<const char*>(model.data()),
                               model.size());
  return absl::StrCat("model ", absl::BytesToHexString({bytes.data(), 32}),
                      " about ", KindName(kind));
}

using StreamNames = std::function<std::string(uint64_t)>;

std::string KeyText(const Result& result, const StreamNames& name_of) {
  std::string text =
      name_of ? name_of(result.stream) : absl::StrCat(result.stream);
  absl::StrAppend(&text, "@", result.index);
  if (result.region != 0) absl::StrAppend(&text, " region ", result.region);
  return text;
}

// Whether `then` is more than `age` before `now`, whatever the two are.
bool IsOlder(int64_t then, int64_t now, int64_t age) {
  if (age < 0 || then >= now) return false;
  const uint64_t apart =
      static_cast<uint64_t>(now) - static_cast<uint64_t>(then);
  return apart > static_cast<uint64_t>(age);
}

struct Near {
  float distance;
  const Result* result;
};

// The nearer first; of those equally near the later one, then by input.
bool IsBefore(const Near& a, const Near& b) {
  return std::make_tuple(a.distance, b.result->time_ns, InputKeyOf(*a.result)) <
         std::make_tuple(b.distance, a.result->time_ns, InputKeyOf(*b.result));
}

LookupOutcome OutcomeOf(const Lookup& lookup, const LookupLimits& limits) {
  const bool near_enough =
      lookup.distance == 0 || lookup.distance <= limits.tight_distance;
  if (!near_enough && lookup.survivors < limits.least_survivors) {
    return LookupOutcome::kTooFew;
  }
  return lookup.theta > limits.theta ? LookupOutcome::kFound
                                     : LookupOutcome::kOfTwoMinds;
}

// What the nearest say, nearest first.
Lookup Decide(std::span<const Near> near, const LookupLimits& limits) {
  std::vector<internal::Voter> voters;
  voters.reserve(near.size());
  for (const Near& one : near) {
    voters.push_back({one.distance, one.result->vote});
  }
  const internal::VoteCount count = internal::CountVotes(voters);
  Lookup lookup;
  lookup.result = near[count.winner].result;
  lookup.distance = near[count.winner].distance;
  lookup.theta = count.theta;
  lookup.neighbours = near.size();
  lookup.survivors = count.survivors;
  lookup.votes = count.votes;
  lookup.outcome = OutcomeOf(lookup, limits);
  return lookup;
}

}  // namespace

InputKey InputKeyOf(const Result& result) {
  return {result.stream, result.index, result.region};
}

class ResultCache::State {
 public:
  State(const ModelDigest& model, InputKind kind,
        const ResultCacheOptions& options, ResultStore* store)
      : model_(model), kind_(kind), options_(options), store_(store) {}

  const ResultShelf& shelf() const { return shelf_; }

  absl::Status Load(uint64_t stream);
  absl::StatusOr<Admission> Put(Result result);
  Lookup Find(const Fingerprint& fingerprint, const Features& features,
              int64_t time_ns, const LookupLimits& limits) const;
  std::string Explain(const Lookup& lookup, const Lookup& nearest,
                      const LookupLimits& limits,
                      const StreamNames& name_of) const;
  void CountUse(const InputKey& key);
  absl::Status Remove(const InputKey& key);
  absl::Status RemoveAll();
  absl::Status WriteUses();

 private:
  absl::Status CheckOwner(const Result& result) const;
  bool IsFull() const {
    return shelf_.size() > options_.most_entries ||
           shelf_.bytes() > options_.most_bytes;
  }
  bool HasRoomFor(const Result& result) const {
    return shelf_.size() < options_.most_entries &&
           shelf_.bytes() + ResultShelf::BytesOf(result) <= options_.most_bytes;
  }
  // Takes out what `result` stands for from now on, and inherits from it;
  // whether there was any.
  bool Replace(Result& result, absl::Status& status);
  Admission Admit(Result result, absl::Status& status);
  void DropOld(int64_t now_ns, absl::Status& status);

  // The first failure stays in `status`.
  void Write(const Result& result, absl::Status& status) {
    if (store_ != nullptr) status.Update(store_->Put(result));
  }
  void Erase(const Result& result, absl::Status& status) {
    if (store_ != nullptr) status.Update(store_->Erase(result));
  }

  const ModelDigest model_;
  const InputKind kind_;
  const ResultCacheOptions options_;
  ResultStore* const store_;
  ResultShelf shelf_;
};

absl::Status ResultCache::State::CheckOwner(const Result& result) const {
  if (result.model == model_ && result.kind == kind_) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("result ", KeyText(result, nullptr), " is of ",
                   OwnerText(result.model, result.kind), ", this cache of ",
                   OwnerText(model_, kind_), ": each has a cache of its own"));
}

absl::Status ResultCache::State::Load(uint64_t stream) {
  if (store_ == nullptr) return absl::OkStatus();
  absl::Status status;
  const auto visit = [&](Result result) {
    status = CheckOwner(result);
    if (!status.ok()) return false;
    if (shelf_.Find(InputKeyOf(result)) != nullptr) return true;
    // Others come last: they are no reason for any to go.
    if (result.stream != stream && !HasRoomFor(result)) return false;
    shelf_.Add(std::move(result));
    while (IsFull()) shelf_.TakeFirst();
    return true;
  };
  const absl::Status loaded = store_->Load(model_, kind_, stream, visit);
  return status.ok() ? loaded : status;
}

absl::StatusOr<Admission> ResultCache::State::Put(Result result) {
  if (absl::Status status = CheckOwner(result); !status.ok()) return status;
  absl::Status status;
  DropOld(result.time_ns, status);
  const bool replaces = Replace(result, status);
  const Admission admission = Admit(std::move(result), status);
  if (!status.ok()) return status;
  return replaces && admission == Admission::kAdded ? Admission::kReplaced
                                                    : admission;
}

bool ResultCache::State::Replace(Result& result, absl::Status& status) {
  const auto inherit = [&](const Result& from) {
    constexpr uint32_t kMost = std::numeric_limits<uint32_t>::max();
    result.uses += std::min(from.uses, kMost - result.uses);
  };
  const auto* of_input = shelf_.Find(InputKeyOf(result));
  const bool found = of_input != nullptr;
  if (found) {
    const Result old = shelf_.Take(*of_input);
    if (old.vote == result.vote) inherit(old);
  }
  const auto* same = shelf_.FindSame(result);
  if (same == nullptr) return found;
  const Result old = shelf_.Take(*same);
  inherit(old);
  Erase(old, status);
  return true;
}

Admission ResultCache::State::Admit(Result result, absl::Status& status) {
  const InputKey key = InputKeyOf(result);
  // Written first, so that what goes again at once is erased after.
  Write(result, status);
  if (ResultShelf::BytesOf(result) > options_.most_bytes) {
    Erase(result, status);
    return Admission::kRefused;
  }
  shelf_.Add(std::move(result));
  Admission admission = Admission::kAdded;
  while (IsFull()) {
    const Result gone = shelf_.TakeFirst();
    if (InputKeyOf(gone) == key) admission = Admission::kRefused;
    Erase(gone, status);
  }
  return admission;
}

void ResultCache::State::DropOld(int64_t now_ns, absl::Status& status) {
  const int64_t age = options_.most_age_ns;
  if (age < 0 || shelf_.size() == 0) return;
  // Some at a time: each look costs a pass over all.
  const int64_t late =
      age + std::min(age / 16, std::numeric_limits<int64_t>::max() - age);
  if (!IsOlder(shelf_.oldest_ns(), now_ns, late)) return;
  for (const Result& old : shelf_.TakeOlder(now_ns - age)) {
    Erase(old, status);
  }
}

Lookup ResultCache::State::Find(const Fingerprint& fingerprint,
                                const Features& features, int64_t time_ns,
                                const LookupLimits& limits) const {
  if (shelf_.size() == 0) return {};
  std::vector<Near> near;
  near.reserve(kLookupCandidates);
  for (const uint32_t place : shelf_.Nearest(fingerprint, kLookupCandidates)) {
    const Result& result = shelf_.at(place).result;
    if (IsOlder(result.time_ns, time_ns, options_.most_age_ns)) continue;
    const float distance =
        FeatureDistanceWithin(features, result.features, limits.most_distance);
    if (distance <= limits.most_distance) near.push_back({distance, &result});
  }
  if (near.empty()) return {.outcome = LookupOutcome::kNoneNear};
  const size_t most =
      std::clamp<size_t>(limits.most_neighbours, 1, kLookupCandidates);
  std::sort(near.begin(), near.end(), IsBefore);
  return Decide(std::span(near).first(std::min(most, near.size())), limits);
}

std::string ResultCache::State::Explain(const Lookup& lookup,
                                        const Lookup& nearest,
                                        const LookupLimits& limits,
                                        const StreamNames& name_of) const {
  const auto survivors = [&] {
    return absl::StrCat(lookup.survivors, " of ", lookup.neighbours,
                        " neighbours within ", limits.most_distance,
                        " survive");
  };
  const auto agreement = [&] {
    return absl::StrCat(lookup.votes, " say the same, theta ", lookup.theta);
  };
  switch (lookup.outcome) {
    case LookupOutcome::kEmpty:
      break;
    case LookupOutcome::kFound:
      return absl::StrCat("the answer of ", KeyText(*lookup.result, name_of),
                          ", ", lookup.distance, " away: ", survivors(), ", ",
                          agreement());
    case LookupOutcome::kNoneNear:
      if (nearest.result == nullptr) {
        return absl::StrCat("none: of ", shelf_.size(),
                            " entries those with the nearest hashes are too "
                            "old or of another size");
      }
      return absl::StrCat("none: the nearest of ", shelf_.size(), " entries, ",
                          KeyText(*nearest.result, name_of), ", is ",
                          nearest.distance, " away, more than ",
                          limits.most_distance);
    case LookupOutcome::kTooFew:
      return absl::StrCat("none: ", survivors(), ", fewer than ",
                          limits.least_survivors, ", and ",
                          KeyText(*lookup.result, name_of), " is ",
                          lookup.distance, " away, more than the ",
                          limits.tight_distance, " that would do alone");
    case LookupOutcome::kOfTwoMinds:
      return absl::StrCat("none: ", survivors(), " but only ", agreement(),
                          " where more than ", limits.theta, " is asked for");
  }
  return absl::StrCat("none: nothing is cached of ", OwnerText(model_, kind_));
}

void ResultCache::State::CountUse(const InputKey& key) {
  if (const auto* entry = shelf_.Find(key)) shelf_.CountUse(*entry);
}

absl::Status ResultCache::State::Remove(const InputKey& key) {
  const auto* entry = shelf_.Find(key);
  if (entry == nullptr) return absl::OkStatus();
  absl::Status status;
  Erase(shelf_.Take(*entry), status);
  return status;
}

absl::Status ResultCache::State::RemoveAll() {
  absl::Status status;
  for (size_t place = 0; place < shelf_.size(); ++place) {
    Erase(shelf_.at(place).result, status);
  }
  shelf_ = ResultShelf();
  return status;
}

absl::Status ResultCache::State::WriteUses() {
  for (size_t place = 0; place < shelf_.size(); ++place) {
    const ResultShelf::Entry& entry = shelf_.at(place);
    if (!entry.used) continue;
    if (store_ != nullptr) {
      if (absl::Status s = store_->PutUses(entry.result); !s.ok()) return s;
    }
    shelf_.ForgetUse(entry);
  }
  return absl::OkStatus();
}

// --- ResultCache ----------------------------------------------------------

ResultCache::ResultCache(const ModelDigest& model, InputKind kind,
                         const ResultCacheOptions& options, ResultStore* store)
    : state_(std::make_unique<State>(model, kind, options, store)) {}

ResultCache::~ResultCache() = default;

absl::Status ResultCache::Load(uint64_t stream) { return state_->Load(stream); }

absl::StatusOr<Admission> ResultCache::Put(Result result) {
  return state_->Put(std::move(result));
}

Lookup ResultCache::Find(const Fingerprint& fingerprint,
                         const Features& features, int64_t time_ns,
                         const LookupLimits& limits) const {
  return state_->Find(fingerprint, features, time_ns, limits);
}

std::string ResultCache::Explain(const Fingerprint& fingerprint,
                                 const Features& features, int64_t time_ns,
                                 const LookupLimits& limits,
                                 const StreamNames& name_of) const {
  LookupLimits anywhere = limits;
  anywhere.most_distance = std::numeric_limits<float>::max();
  anywhere.most_neighbours = 1;
  return state_->Explain(state_->Find(fingerprint, features, time_ns, limits),
                         state_->Find(fingerprint, features, time_ns, anywhere),
                         limits, name_of);
}

void ResultCache::CountUse(const InputKey& key) { state_->CountUse(key); }

absl::Status ResultCache::Remove(const InputKey& key) {
  return state_->Remove(key);
}

absl::Status ResultCache::RemoveAll() { return state_->RemoveAll(); }

absl::Status ResultCache::WriteUses() { return state_->WriteUses(); }

size_t ResultCache::size() const { return state_->shelf().size(); }

size_t ResultCache::bytes() const { return state_->shelf().bytes(); }

}  // namespace fovea
