// SPDX-License-Identifier: GPL-2.0-or-later

#include "filter/internal/result_shelf.h"

#include <algorithm>
#include <limits>
#include <string>

namespace fovea::internal {
namespace {

// A node of a red-black tree: colour and three links before its value.
template <class Map>
constexpr size_t kNodeBytes = 4 * sizeof(void*) +
                              sizeof(typename Map::value_type);

// Short texts lie inside the string.
size_t OwnedBytes(const std::string& text) {
  return text.size() > std::string().capacity() ? text.size() + 1 : 0;
}

}  // namespace

size_t ResultShelf::BytesOf(const Result& result) {
  constexpr size_t kRow = sizeof(Entry) + sizeof(std::unique_ptr<Entry>) +
                          HashList::kBytesEach + kNodeBytes<decltype(by_key_)> +
                          kNodeBytes<decltype(queue_)>;
  return kRow + result.features.cells.size() + OwnedBytes(result.answer);
}

const ResultShelf::Entry* ResultShelf::Find(const InputKey& key) const {
  const auto found = by_key_.find(key);
  return found == by_key_.end() ? nullptr : found->second;
}

const ResultShelf::Entry* ResultShelf::FindSame(const Result& result) const {
  for (const uint32_t place : hashes_.Equal(result.fingerprint.coarse)) {
    const Result& other = at(place).result;
    if (other.vote == result.vote && other.features == result.features) {
      return &at(place);
    }
  }
  return nullptr;
}

void ResultShelf::Add(Result result) {
  result.features.cells.shrink_to_fit();
  result.answer.shrink_to_fit();
  const size_t bytes = BytesOf(result);
  oldest_ns_ =
      size() == 0 ? result.time_ns : std::min(oldest_ns_, result.time_ns);
  hashes_.Append(result.fingerprint);
  entries_.push_back(std::make_unique<Entry>(
      Entry{std::move(result), bytes, 0, 0, entries_.size()}));
  Entry* const entry = entries_.back().get();
  by_key_.emplace(InputKeyOf(entry->result), entry);
  bytes_ += bytes;
  Enqueue(entry);
}

void ResultShelf::Enqueue(Entry* entry) {
  const double saves =
      static_cast<double>(std::max<int64_t>(entry->result.cost_ns, 0)) *
      (static_cast<double>(entry->result.uses) + 1);
  entry->value = floor_ + saves / static_cast<double>(entry->bytes);
  entry->turn = turns_++;
  queue_.emplace(Turn(entry->value, entry->turn), entry);
}

void ResultShelf::CountUse(const Entry& entry) {
  Entry* const mine = entries_[entry.place].get();
  queue_.erase(Turn(mine->value, mine->turn));
  if (mine->result.uses < std::numeric_limits<uint32_t>::max()) {
    ++mine->result.uses;
  }
  mine->used = true;
  Enqueue(mine);
}

Result ResultShelf::Take(const Entry& entry) {
  const size_t place = entry.place;
  Result result = std::move(entries_[place]->result);
  queue_.erase(Turn(entry.value, entry.turn));
  by_key_.erase(InputKeyOf(result));
  bytes_ -= entry.bytes;
  hashes_.Remove(place);
  entries_[place] = std::move(entries_.back());
  entries_[place]->place = place;
  entries_.pop_back();
  return result;
}

Result ResultShelf::TakeFirst() {
  const Entry& first = *queue_.begin()->second;
  floor_ = std::max(floor_, first.value);
  return Take(first);
}

std::vector<Result> ResultShelf::TakeOlder(int64_t time_ns) {
  std::vector<Result> older;
  for (size_t place = size(); place-- > 0;) {
    if (at(place).result.time_ns < time_ns) older.push_back(Take(at(place)));
  }
  oldest_ns_ = std::numeric_limits<int64_t>::max();
  for (const auto& entry : entries_) {
    oldest_ns_ = std::min(oldest_ns_, entry->result.time_ns);
  }
  return older;
}

}  // namespace fovea::internal
