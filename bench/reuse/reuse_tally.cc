// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/reuse/reuse_tally.h"

#include <algorithm>
#include <random>

namespace fovea::bench {
namespace {

constexpr int kDraws = 1000;

// What was answered, and whether by the model.
struct Given {
  uint8_t answer;
  bool ran;
};

double Share(int64_t part, int64_t whole) {
  return whole == 0 ? 1
                    : static_cast<double>(part) / static_cast<double>(whole);
}

class Judge {
 public:
  Judge(const WindowSequence& sequence, const std::vector<Given>& given)
      : sequence_(sequence), given_(given) {}

  ReuseTally Count() {
    for (size_t i = 0; i < sequence_.size(); ++i) CountWindow(i);
    for (size_t i = 1; i < sequence_.size(); ++i) {
      if (sequence_[i].label != sequence_[i - 1].label) CountTransition(i);
      if (sequence_[i].answer != sequence_[i - 1].answer) CountChange(i);
    }
    return tally_;
  }

 private:
  size_t Late(size_t from) const {
    return std::min(from + kMostLateWindows + 1, sequence_.size());
  }

  void CountWindow(size_t i) {
    const bool agrees = given_[i].answer == sequence_[i].answer;
    ++tally_.windows;
    tally_.runs += given_[i].ran;
    tally_.agree += agrees;
    tally_.reused += !given_[i].ran;
    tally_.wrong += !given_[i].ran && !agrees;
  }

  void CountTransition(size_t at) {
    ++tally_.transitions;
    const auto begin = given_.begin() + static_cast<std::ptrdiff_t>(at);
    const auto end = given_.begin() + static_cast<std::ptrdiff_t>(Late(at));
    tally_.looked_at +=
        std::any_of(begin, end, [](const Given& g) { return g.ran; });
    const uint8_t now = sequence_[at].label;
    if (sequence_[at - 1].answer == now) return;
    for (size_t i = at; i < Late(at); ++i) {
      if (sequence_[i].answer == now) return CountShown(i, now);
    }
  }

  void CountShown(size_t from, uint8_t now) {
    ++tally_.shown;
    size_t delay = 0;
    const size_t never = tally_.delays.size() - 1;
    while (from + delay < sequence_.size() &&
           sequence_[from + delay].label == now &&
           given_[from + delay].answer != now) {
      ++delay;
    }
    const bool found =
        from + delay < sequence_.size() && given_[from + delay].answer == now;
    ++tally_.delays[found ? std::min(delay, never) : never];
    tally_.followed += found && delay <= kMostLateWindows;
    tally_.followed_soon += found && delay <= 1;
  }

  void CountChange(size_t at) {
    const uint8_t now = sequence_[at].answer;
    if (at + 3 > sequence_.size()) return;
    if (sequence_[at + 1].answer != now || sequence_[at + 2].answer != now) {
      return;
    }
    ++tally_.changes;
    for (size_t i = at; i < Late(at); ++i) {
      if (given_[i].answer != now) continue;
      ++tally_.changes_followed;
      return;
    }
  }

  const WindowSequence& sequence_;
  const std::vector<Given>& given_;
  ReuseTally tally_;
};

}  // namespace

void ReuseTally::Add(const ReuseTally& other) {
  windows += other.windows;
  runs += other.runs;
  agree += other.agree;
  reused += other.reused;
  wrong += other.wrong;
  shown += other.shown;
  followed += other.followed;
  followed_soon += other.followed_soon;
  transitions += other.transitions;
  looked_at += other.looked_at;
  changes += other.changes;
  changes_followed += other.changes_followed;
  for (size_t i = 0; i < delays.size(); ++i) delays[i] += other.delays[i];
}

double ReuseTally::avoided() const { return 1 - Share(runs, windows); }
double ReuseTally::agreement() const { return Share(agree, windows); }
double ReuseTally::followed_share() const { return Share(followed, shown); }
double ReuseTally::followed_soon_share() const {
  return Share(followed_soon, shown);
}
double ReuseTally::looked_at_share() const {
  return Share(looked_at, transitions);
}
double ReuseTally::changes_share() const {
  return Share(changes_followed, changes);
}
double ReuseTally::false_hold_rate() const {
  return reused == 0 ? 0 : Share(wrong, reused);
}

size_t ReuseTally::DelayQuantile(double share) const {
  const double wanted = share * static_cast<double>(shown);
  int64_t sum = 0;
  for (size_t i = 0; i < delays.size(); ++i) {
    sum += delays[i];
    if (static_cast<double>(sum) >= wanted) return i;
  }
  return delays.size() - 1;
}

ReuseTally Replay(const WindowSequence& sequence, ReusePolicy* policy) {
  std::vector<Given> given;
  for (const TracedWindow& window : sequence) {
    std::optional<uint8_t> answer;
    if (!given.empty()) answer = policy->Answer(window);
    if (!answer) policy->Ran(window);
    given.push_back({answer.value_or(window.answer), !answer.has_value()});
  }
  return Judge(sequence, given).Count();
}

ReuseTally Sum(std::span<const RecordingTallies> recordings) {
  ReuseTally sum;
  for (const RecordingTallies& recording : recordings) {
    for (const ReuseTally& tally : recording) sum.Add(tally);
  }
  return sum;
}

TallyInterval Bootstrap(std::span<const RecordingTallies> recordings,
                        const std::function<double(const ReuseTally&)>& value) {
  std::mt19937_64 dice(7);
  const auto draw = [&](size_t count) {
    return std::uniform_int_distribution<size_t>(0, count - 1)(dice);
  };
  std::vector<double> values;
  for (int i = 0; i < kDraws; ++i) {
    ReuseTally sum;
    for (size_t r = 0; r < recordings.size(); ++r) {
      const RecordingTallies& recording = recordings[draw(recordings.size())];
      for (size_t s = 0; s < recording.size(); ++s) {
        sum.Add(recording[draw(recording.size())]);
      }
    }
    values.push_back(value(sum));
  }
  std::sort(values.begin(), values.end());
  return {values[kDraws / 40], values[kDraws - 1 - kDraws / 40]};
}

}  // namespace fovea::bench
