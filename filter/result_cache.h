// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a model answered about inputs like this one: found by how near they
// are, given only where the near ones agree, kept by what they save.

#ifndef FOVEA_FILTER_RESULT_CACHE_H_
#define FOVEA_FILTER_RESULT_CACHE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "filter/result_store.h"

namespace fovea {

struct ResultCacheOptions {
  size_t most_entries = 10'000;  // fewer than 2^32
  size_t most_bytes = size_t{64} << 20;
  // Between the times of an entry and of what is asked about; an entry of a
  // later time is of no age. The negative never grow too old.
  int64_t most_age_ns = int64_t{24} * 3600 * 1'000'000'000;
};

// When near answers are given. The distances are FeatureDistance's.
struct LookupLimits {
  float most_distance = 0;  // of neighbours
  // An answer this near needs no others; one at 0 never does.
  float tight_distance = 0;
  // Of how much more than one mind they must be: 0 to below 1.
  double theta = 0.8;
  size_t most_neighbours = 10;  // 1 to kLookupCandidates
  size_t least_survivors = 3;
};

// So many of the nearest by hash are compared by their features.
inline constexpr size_t kLookupCandidates = 64;

enum class LookupOutcome : uint8_t {
  kFound = 0,
  kEmpty = 1,       // there are no entries
  kNoneNear = 2,    // none of the candidates within most_distance
  kTooFew = 3,      // survivors, and none of them near enough by itself
  kOfTwoMinds = 4,  // survivors do not agree
};

struct Lookup {
  LookupOutcome outcome = LookupOutcome::kEmpty;
  // Of the survivors' most frequent vote the nearest, its answer given where
  // kFound; null where none is near. Valid until the cache changes.
  const Result* result = nullptr;
  float distance = std::numeric_limits<float>::infinity();  // to it
  double theta = 0;  // votes / sqrt(sum of the squares of all votes' numbers)
  size_t neighbours = 0;  // within most_distance, the nearest
  size_t survivors = 0;   // of those, nearer than their mean
  size_t votes = 0;       // of those, as `result` votes
};

enum class Admission : uint8_t {
  kAdded = 0,
  kReplaced = 1,  // an entry of the same input, or one that says the same
  kRefused = 2,   // it saves less than what it would take the room of
};

// An input among those of one model and kind.
struct InputKey {
  uint64_t stream = 0;
  uint64_t index = 0;
  uint32_t region = 0;
  auto operator<=>(const InputKey&) const = default;
};
InputKey InputKeyOf(const Result& result);

// Results of one model about one kind of input. Takes what a model was run
// on, never an answer that was itself reused: errors do not breed.
//
// What is kept is what saves most: cost_ns * (uses + 1) / bytes is what an
// entry has saved, and would with one more use, for its memory. It counts
// from the value of the last entry that went, so what is not used any more
// sinks below what comes (GreedyDual-Size-Frequency; Cherkasova, HP Labs
// 1998). The least goes first, of equals the one longest unused; a new entry
// that would go at once does not come in.
//
// The same calls give the same answers. With a store, each change is written
// to it; where that fails, the cache has changed and the status says what was
// not written. Not thread-safe, const methods neither: they share a buffer.
class ResultCache {
 public:
  // `store` may be null, else outlives the cache.
  ResultCache(const ModelDigest& model, InputKind kind,
              const ResultCacheOptions& options, ResultStore* store);
  ~ResultCache();

  // Takes in what is stored and writes nothing: of `stream` itself what is
  // worth most, the later of equals, then of others while there is room. What
  // the cache has already stays.
  absl::Status Load(uint64_t stream);

  // Replaces an entry of the same input, and one of the same coarse hash that
  // is 0 away and votes the same; inherits the uses of those that vote the
  // same. kInvalidArgument, naming both, of another model or kind. Drops what
  // is too old at the result's time, at most a 16th of the age late; meanwhile
  // it is not found.
  absl::StatusOr<Admission> Put(Result result);

  // Counts nothing.
  Lookup Find(const Fingerprint& fingerprint, const Features& features,
              int64_t time_ns, const LookupLimits& limits) const;

  // One sentence: what Find() says there and why, with figures; also how far
  // the nearest is where none is near. Streams are told by `name_of`, or (null)
  // by number.
  std::string Explain(
      const Fingerprint& fingerprint, const Features& features, int64_t time_ns,
      const LookupLimits& limits,
      const std::function<std::string(uint64_t)>& name_of = nullptr) const;

  // Its answer was given once more. Reaches the store with WriteUses().
  void CountUse(const InputKey& key);

  // Nothing where there is none.
  absl::Status Remove(const InputKey& key);
  absl::Status RemoveAll();

  // Writes entries used since they were last written.
  absl::Status WriteUses();

  size_t size() const;
  // What entries take, rows in arrays and tables included; not what the
  // allocator adds, nor the room arrays grow into: at most 49 bytes an entry.
  size_t bytes() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace fovea

#endif  // FOVEA_FILTER_RESULT_CACHE_H_
