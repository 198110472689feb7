// SPDX-License-Identifier: GPL-2.0-or-later
//
// The entries of a result cache: by input, by nearness and by who goes first.

#ifndef FOVEA_FILTER_INTERNAL_RESULT_SHELF_H_
#define FOVEA_FILTER_INTERNAL_RESULT_SHELF_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "filter/internal/hash_list.h"
#include "filter/result_cache.h"

namespace fovea::internal {

// Not thread-safe, nor are its const methods.
class ResultShelf {
 public:
  struct Entry {
    Result result;
    size_t bytes;
    // Who goes first: the least value, then the least turn.
    double value;
    uint64_t turn;
    size_t place;       // in hashes and entries
    bool used = false;  // since it was last written
  };

  size_t size() const { return entries_.size(); }
  size_t bytes() const { return bytes_; }
  const Entry& at(size_t place) const { return *entries_[place]; }
  // The least time there may be.
  int64_t oldest_ns() const { return oldest_ns_; }

  // What a result takes, once nothing it owns has room to grow.
  static size_t BytesOf(const Result& result);

  const Entry* Find(const InputKey& key) const;
  // With the same features and vote, of the least place; null if none.
  const Entry* FindSame(const Result& result) const;
  // Of no order.
  std::vector<uint32_t> Nearest(const Fingerprint& to, size_t most) const {
    return hashes_.Nearest(to, most);
  }

  // There is none of its key.
  void Add(Result result);
  void CountUse(const Entry& entry);
  void ForgetUse(const Entry& entry) { entries_[entry.place]->used = false; }
  Result Take(const Entry& entry);
  // The same, of the one that goes first; those that come later count from
  // its value.
  Result TakeFirst();
  // Whose time is before this.
  std::vector<Result> TakeOlder(int64_t time_ns);

 private:
  using Turn = std::pair<double, uint64_t>;

  void Enqueue(Entry* entry);

  std::vector<std::unique_ptr<Entry>> entries_;
  HashList hashes_;
  std::map<InputKey, Entry*> by_key_;
  std::map<Turn, Entry*> queue_;
  double floor_ = 0;  // the value of the last one that went first
  uint64_t turns_ = 0;
  size_t bytes_ = 0;
  int64_t oldest_ns_ = 0;
};

}  // namespace fovea::internal

#endif  // FOVEA_FILTER_INTERNAL_RESULT_SHELF_H_
