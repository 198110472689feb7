// SPDX-License-Identifier: GPL-2.0-or-later
//
// How far a long job is: its rate, the time left, and lines that say so. On
// a terminal one line is redrawn, elsewhere a line is added now and then.
// Time comes in as an argument.

#ifndef FOVEA_CLI_PROGRESS_H_
#define FOVEA_CLI_PROGRESS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace fovea::cli {

// Exponentially weighted rate of a growing count, fair from the start: the
// weight of the time before the first update is divided out.
class RateEstimate {
 public:
  explicit RateEstimate(double half_life_s = 3) : half_life_s_(half_life_s) {}

  // `done` at `now_ns`. Time standing still or running backward is ignored.
  void Update(int64_t now_ns, double done);

  double per_second() const;  // 0 until two updates have been seen
  // Until `total`; none when the rate says nothing.
  std::optional<int64_t> RemainingNs(double total) const;

 private:
  double half_life_s_;
  bool started_ = false;
  int64_t last_ns_ = 0;
  double done_ = 0;
  double weighted_ = 0;
  double weight_ = 0;
};

// What a progress line shows. Zero or empty fields are left out.
struct ProgressState {
  std::string label;
  double done = 0;             // in `unit`
  double total = 0;            // 0 unknown
  std::string unit;            // "frames"
  bool bytes_as_unit = false;  // done and total are bytes
  double rate = 0;             // per second
  double speed = 0;            // stream seconds per second
  std::optional<int64_t> remaining_ns;
  uint64_t bytes_in = 0;
  uint64_t bytes_out = 0;
  int64_t gaps = 0;
};

// One line no wider than `columns`; with `bar`, block characters show the
// share done.
std::string ProgressLine(const ProgressState& state, int columns, bool bar);

enum class ProgressMode { kNone, kBar, kPlain };

// Draws through `write`, which gets bytes for standard error.
class ProgressPrinter {
 public:
  ProgressPrinter(ProgressMode mode, int columns,
                  std::function<void(const std::string&)> write);

  // Draws, unless the last drawing was less than 0.1 s (bar) or 5 s (plain
  // lines; the first comes after 5 s) ago.
  void Update(int64_t now_ns, const ProgressState& state);

  // A line that stays, above the bar.
  void Message(const std::string& line);

  // Takes the bar away.
  void Clear();

 private:
  bool Due(int64_t now_ns);

  ProgressMode mode_;
  int columns_;
  std::function<void(const std::string&)> write_;
  std::optional<int64_t> last_ns_;
  bool drawn_ = false;
};

}  // namespace fovea::cli

#endif  // FOVEA_CLI_PROGRESS_H_
