// SPDX-License-Identifier: GPL-2.0-or-later
//
// A bar of ten cells in eighths; the line is cut, never wrapped, since a
// wrapped line cannot be redrawn.

#include "cli/progress.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "api/time_text.h"
#include "cli/table.h"

namespace fovea::cli {
namespace {

constexpr int64_t kBarPeriodNs = 100'000'000;
constexpr int64_t kPlainPeriodNs = 5'000'000'000;
constexpr int kBarCells = 16;
constexpr const char* kClearLine = "\r\x1b[K";

std::string Number(double value, int decimals) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.*f", decimals, value);
  return text;
}

std::string Bar(double share) {
  constexpr std::array<const char*, 8> kEighths = {" ", "▏", "▎", "▍",
                                                   "▌", "▋", "▊", "▉"};
  const int eighths = static_cast<int>(share * kBarCells * 8);
  std::string bar;
  for (int cell = 0; cell < kBarCells; ++cell) {
    const int fill = std::clamp(eighths - cell * 8, 0, 8);
    bar += fill == 8 ? "█" : kEighths[static_cast<size_t>(fill)];
  }
  return bar;
}

std::string Amount(const ProgressState& state, double value) {
  return state.bytes_as_unit ? FormatBytes(static_cast<uint64_t>(value))
                             : FormatCount(static_cast<int64_t>(value));
}

std::string DoneText(const ProgressState& state) {
  std::string text = Amount(state, state.done);
  if (state.total > 0) text += "/" + Amount(state, state.total);
  if (!state.unit.empty()) text += " " + state.unit;
  return text;
}

std::string RateText(const ProgressState& state) {
  std::string text;
  if (state.rate > 0 && !state.bytes_as_unit) {
    text += "  " + Number(state.rate, state.rate < 10 ? 1 : 0) + "/s";
  }
  if (state.speed > 0) text += "  " + Number(state.speed, 1) + "x";
  if (state.remaining_ns) {
    text += "  eta " + FormatDuration(*state.remaining_ns);
  }
  return text;
}

std::string BytesText(const ProgressState& state) {
  if (state.bytes_out == 0) return "";
  const std::string out = FormatBytes(state.bytes_out);
  if (state.bytes_in == 0) return "  -> " + out;
  return "  " + FormatBytes(state.bytes_in) + " -> " + out;
}

std::string CutTo(const std::string& line, size_t columns) {
  std::string cut;
  size_t width = 0;
  for (const char c : line) {
    if ((static_cast<unsigned char>(c) & 0xC0) != 0x80 && ++width > columns) {
      break;
    }
    cut += c;
  }
  return cut;
}

}  // namespace

void RateEstimate::Update(int64_t now_ns, double done) {
  if (!started_) {
    started_ = true;
    last_ns_ = now_ns;
    done_ = done;
    return;
  }
  if (now_ns <= last_ns_) return;
  const double elapsed_s = static_cast<double>(now_ns - last_ns_) * 1e-9;
  const double keep = std::exp2(-elapsed_s / half_life_s_);
  weighted_ = weighted_ * keep + (1 - keep) * (done - done_) / elapsed_s;
  weight_ = weight_ * keep + (1 - keep);
  last_ns_ = now_ns;
  done_ = done;
}

double RateEstimate::per_second() const {
  return weight_ > 0 ? weighted_ / weight_ : 0;
}

std::optional<int64_t> RateEstimate::RemainingNs(double total) const {
  const double rate = per_second();
  if (rate <= 0 || total <= 0) return std::nullopt;
  const double seconds = std::max(0.0, total - done_) / rate;
  if (seconds > 1e8) return std::nullopt;  // three years: no estimate
  return static_cast<int64_t>(std::round(seconds)) * 1'000'000'000;
}

std::string ProgressLine(const ProgressState& state, int columns, bool bar) {
  std::string line = Printable(state.label);
  if (state.total > 0) {
    const double share = std::clamp(state.done / state.total, 0.0, 1.0);
    if (bar) line += "  " + Bar(share);
    line += "  " + Number(std::floor(share * 100), 0) + " %";
  }
  line += "  " + DoneText(state) + RateText(state) + BytesText(state);
  if (state.gaps > 0) line += "  gaps " + FormatCount(state.gaps);
  // The last column stays free: writing it makes some terminals wrap.
  return CutTo(line, static_cast<size_t>(std::max(columns - 1, 1)));
}

ProgressPrinter::ProgressPrinter(ProgressMode mode, int columns,
                                 std::function<void(const std::string&)> write)
    : mode_(mode), columns_(columns), write_(std::move(write)) {}

bool ProgressPrinter::Due(int64_t now_ns) {
  const bool bar = mode_ == ProgressMode::kBar;
  if (!last_ns_ && !bar) {
    last_ns_ = now_ns;
    return false;
  }
  const int64_t period = bar ? kBarPeriodNs : kPlainPeriodNs;
  if (last_ns_ && now_ns - *last_ns_ < period) return false;
  last_ns_ = now_ns;
  return true;
}

void ProgressPrinter::Update(int64_t now_ns, const ProgressState& state) {
  if (mode_ == ProgressMode::kNone || !Due(now_ns)) return;
  if (mode_ == ProgressMode::kPlain) {
    write_(ProgressLine(state, 240, false) + "\n");
    return;
  }
  write_(kClearLine + ProgressLine(state, columns_, true));
  drawn_ = true;
}

void ProgressPrinter::Message(const std::string& line) {
  Clear();
  write_(Printable(line) + "\n");
}

void ProgressPrinter::Clear() {
  if (!drawn_) return;
  write_(kClearLine);
  drawn_ = false;
}

}  // namespace fovea::cli
