// SPDX-License-Identifier: GPL-2.0-or-later

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "codec/imu/core/residual_tables.h"
#include "codec/imu/window_body.h"
#include "codec/imu/window_symbols.h"
#include "codec/imu/window_walk.h"

namespace fovea::imu {
namespace {

// What a bit is worth in squared steps, when a coefficient is rounded.
constexpr double kBitWorth = 0.11;
constexpr double kRoundUp = 0.42;  // part from which a level goes up

// Levels from the coefficients of one window.
class Quantiser {
 public:
  explicit Quantiser(const WindowPlan& plan) : plan_(plan) {}

  // Leaves `contexts` behind the window. `coefficients`: channels x window.
  // The sum of squared errors in steps at strength 0.
  double Run(std::span<const int32_t> coefficients, WindowContexts* contexts,
             WindowNumbers* numbers) const {
    double error = 0;
    contexts->BeginWindow(numbers->coarser);
    for (size_t c = 0; c < plan_.channels; ++c) {
      contexts->BeginChannel(c);
      const auto line = coefficients.subspan(c * plan_.window, plan_.window);
      int32_t* const levels = &numbers->levels[c * plan_.window];
      int32_t end = 0;
      for (size_t k = 0; k < plan_.window; ++k) {
        const int64_t value =
            line[k] - (k == 0 ? int64_t{contexts->first()} : 0);
        const uint32_t step = contexts->step(k);
        levels[k] = LevelOf(value, step, contexts->MeanOf(k));
        contexts->Take(k, levels[k]);
        if (k > 0 && levels[k] != 0) {
          end = static_cast<int32_t>(plan_.BandOf(k)) + 1;
        }
        const double off =
            static_cast<double>(value - int64_t{levels[k]} * step) /
            StepOf(plan_.step[c * plan_.bands + plan_.BandOf(k)]);
        error += off * off;
      }
      numbers->ends[c] = end;
      contexts->SetEnd(end);
      contexts->SetFirst(
          WrappedSum(contexts->first(),
                     static_cast<uint32_t>(levels[0]) * contexts->step(0)));
      contexts->EndChannel();
    }
    return error;
  }

 private:
  // Rounded down more readily the dearer the level above 0 is.
  static int32_t LevelOf(int64_t value, uint32_t step, uint64_t mean) {
    const auto magnitude = static_cast<double>(std::abs(value)) / step;
    double part = kRoundUp;
    if (step == 1) {
      part = 0.5;
    } else if (magnitude < 1) {
      part = 0.5 - std::min(0.4, kBitWorth / 2 * BitsAboveNone(mean));
    }
    const auto level = static_cast<int32_t>(magnitude + part);
    return value < 0 ? -level : level;
  }

  static double BitsAboveNone(uint64_t mean) {
    const int scale_class = Scale::ClassOf(mean);
    if (scale_class >= kLowClasses) return 0;
    const TokenTable& table =
        kTokenTables.table[LowTable(scale_class, 0).number];
    return std::log2(static_cast<double>(table.start[1] - table.start[0]) /
                     (table.start[2] - table.start[1]));
  }

  const WindowPlan& plan_;
};

class WindowEncoder {
 public:
  WindowEncoder(const WindowPlan& plan, std::span<const int32_t> values,
                const ImuWindowOptions& options)
      : plan_(plan),
        values_(values),
        options_(options),
        quantiser_(plan),
        contexts_(plan, options.strength),
        symbols_(SymbolsOf(plan, values.size() / plan.channels)),
        walk_(plan, options.judge != nullptr, options.bounds, &symbols_),
        trial_(plan, options.judge != nullptr, options.bounds, &skipper_),
        original_(plan.channels * plan.window),
        coefficients_(original_.size()) {}

  std::vector<uint8_t> Run() {
    const size_t rows = values_.size() / plan_.channels;
    const size_t windows = (rows - 1) / plan_.window + 1;
    for (size_t w = 0; w < windows; ++w) {
      Load(w * plan_.window, rows);
      Attempt attempt = Choose(w);
      error_ += attempt.error;
      agreeing_ += attempt.opinion.same ? 1 : 0;
      WindowNumbers& numbers = attempt.numbers;
      walk_.CodeLevels(&contexts_, &numbers, attempt.rows);
      walk_.CodeCorrections(&contexts_, &numbers, attempt.rows);
    }
    std::vector<uint8_t> body = Head(windows);
    const std::vector<uint8_t> coded = symbols_.Finish();
    body.insert(body.end(), coded.begin(), coded.end());
    return body;
  }

 private:
  struct Attempt {
    WindowNumbers numbers;
    std::vector<int32_t> rows;
    double error = 0;
    WindowOpinion opinion;
  };

  static size_t SymbolsOf(const WindowPlan& plan, size_t rows) {
    const size_t windows = (rows - 1) / plan.window + 1;
    return windows * (1 + plan.channels * (2 + 2 * plan.window));
  }

  // Past the end the last row repeats.
  void Load(size_t from, size_t rows) {
    for (size_t t = 0; t < plan_.window; ++t) {
      const size_t row = std::min(from + t, rows - 1);
      for (size_t c = 0; c < plan_.channels; ++c) {
        const int32_t value = values_[row * plan_.channels + c];
        original_[t * plan_.channels + c] = value;
        coefficients_[c * plan_.window + t] = value;
      }
    }
    for (size_t c = 0; c < plan_.channels; ++c) {
      ForwardIntegerDct(
          std::span(coefficients_).subspan(c * plan_.window, plan_.window));
    }
  }

  // As coarse as all up to it were good: one that is good beyond a bad one
  // has been lucky.
  Attempt Choose(size_t window) {
    Attempt chosen = Try(0);
    if (options_.judge == nullptr) return chosen;
    chosen.opinion = options_.judge(window, chosen.rows);
    for (int coarser = 1; coarser <= options_.most_coarser; ++coarser) {
      if (!chosen.opinion.same || !chosen.opinion.safe) break;
      Attempt next = Try(coarser);
      next.opinion = options_.judge(window, next.rows);
      if (!next.opinion.same || !next.opinion.safe) break;
      chosen = std::move(next);
    }
    return chosen;
  }

  Attempt Try(int coarser) {
    Attempt attempt{
        WindowNumbers(plan_), std::vector<int32_t>(original_.size()), 0, {}};
    attempt.numbers.coarser = coarser;
    WindowContexts contexts = contexts_;
    attempt.error = quantiser_.Run(coefficients_, &contexts, &attempt.numbers);
    contexts = contexts_;
    trial_.CodeLevels(&contexts, &attempt.numbers, attempt.rows);
    Correct(attempt.rows, &attempt.numbers);
    trial_.CodeCorrections(&contexts, &attempt.numbers, attempt.rows);
    return attempt;
  }

  void Correct(std::span<const int32_t> rows, WindowNumbers* numbers) const {
    for (size_t c = 0; c < options_.bounds.size(); ++c) {
      const int64_t bound = options_.bounds[c];
      if (bound < 0) continue;
      for (size_t t = 0; t < plan_.window; ++t) {
        const size_t at = t * plan_.channels + c;
        const int64_t off = int64_t{original_[at]} - rows[at];
        const int64_t part = off < 0 ? -bound : bound;
        const auto correction =
            static_cast<int32_t>((off + part) / (2 * bound + 1));
        numbers->corrections[c * plan_.window + t] = correction;
        if (correction != 0) numbers->corrected[c] = 1;
      }
    }
  }

  std::vector<uint8_t> Head(size_t windows) const {
    std::vector<uint8_t> head;
    const bool judged = options_.judge != nullptr;
    const bool bounded = !options_.bounds.empty();
    head.push_back(static_cast<uint8_t>((judged ? kJudged : 0) |
                                        (bounded ? kBounded : 0)));
    head.push_back(static_cast<uint8_t>(options_.strength));
    head.push_back(StoredChange(
        plan_.loss * std::sqrt(error_ / static_cast<double>(windows))));
    if (judged) PutVarint(windows - agreeing_, &head);
    for (const int32_t bound : options_.bounds) {
      PutVarint(static_cast<uint32_t>(std::max(bound, -1) + 1), &head);
    }
    return head;
  }

  static void PutVarint(uint64_t value, std::vector<uint8_t>* bytes) {
    for (; value >= 0x80; value >>= 7) {
      bytes->push_back(static_cast<uint8_t>(value | 0x80));
    }
    bytes->push_back(static_cast<uint8_t>(value));
  }

  const WindowPlan& plan_;
  const std::span<const int32_t> values_;
  const ImuWindowOptions& options_;
  const Quantiser quantiser_;
  WindowContexts contexts_;
  SymbolWriter symbols_;
  SymbolSkipper skipper_;
  WindowWalk<SymbolWriter> walk_;
  WindowWalk<SymbolSkipper> trial_;
  std::vector<int32_t> original_;      // rows of the window at hand
  std::vector<int32_t> coefficients_;  // channel by channel
  double error_ = 0;
  size_t agreeing_ = 0;
};

}  // namespace

std::vector<uint8_t> EncodeWindowBody(const WindowPlan& plan,
                                      std::span<const int32_t> values,
                                      const ImuWindowOptions& options) {
  return WindowEncoder(plan, values, options).Run();
}

}  // namespace fovea::imu
