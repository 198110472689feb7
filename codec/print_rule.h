// SPDX-License-Identifier: GPL-2.0-or-later
//
// How a program wrote its numbers as text. A table of decimals that was read
// into doubles can be given back letter for letter from the doubles, the rule
// of each column and the few fields that no rule explains.

#ifndef FOVEA_CODEC_PRINT_RULE_H_
#define FOVEA_CODEC_PRINT_RULE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace fovea {

class ByteReader;  // codec/byte_stream.h

// Which digits are written. Stored; never renumber.
enum class PrintDigits : uint8_t {
  kShortest = 0,       // fewest that read back to the same double
  kShortestFloat = 1,  // fewest that read back to the same float
  kSignificant = 2,    // so many from the first that is not zero
  kDecimals = 3,       // so many behind the point
};

// Where the exponent begins and what it looks like. Stored; never renumber.
enum class PrintNotation : uint8_t {
  kPlain = 0,       // never one: 0.0000001
  kPrintf = 1,      // %g: below 10^-4 and from as many digits as asked, 1e-05
  kPython = 2,      // below 10^-4 and from 10^16, 1e-05
  kJavaScript = 3,  // below 10^-6 and from 10^21, 1e-7
  kJava = 4,        // below 10^-3 and from 10^7, 1.0E-4
  kDotNet = 5,      // below 10^-4 and from 10^15, 1E-05
  kScientific = 6,  // always: 1.5e+00
};

struct PrintRule {
  PrintDigits digits = PrintDigits::kShortest;
  uint8_t count = 0;  // kSignificant: 1 to 20; kDecimals: 0 to 20; else 0
  PrintNotation notation = PrintNotation::kPlain;
  bool zeros = false;  // at the end are kept: 1.500
  bool point = false;  // whole numbers have one: 2.0
  friend bool operator==(const PrintRule&, const PrintRule&) = default;
};

// Of each channel of a series; nullopt: none.
using PrintRules = std::vector<std::optional<PrintRule>>;

inline constexpr uint8_t kMaxPrintDigits = 20;

// Appends `value` as the rule writes it; "nan", "inf", "-inf" for those.
// Total and the same on every machine.
void AppendPrinted(const PrintRule& rule, double value, std::string* text);

// Whether that is `text`, in less time.
bool IsWrittenBy(const PrintRule& rule, std::string_view text, double value);

// The rule in a few words: "%.17g", "shortest", "shortest float, Java".
std::string PrintRuleText(const PrintRule& rule);

// Those of a series, each once: "%.17g", "%.6f; shortest; unknown"; "" where
// there are none.
std::string PrintRulesText(const PrintRules& rules);

// The rule under which the fewest of `texts` differ; `values` are what they
// read back to, one each. Deterministic.
PrintRule FitPrintRule(std::span<const std::string_view> texts,
                       std::span<const double> values);

// Fields that their rule does not give.
struct TextExceptions {
  std::vector<std::string> texts;                 // different ones
  std::vector<std::pair<size_t, size_t>> fields;  // which field, which text;
                                                  // fields ascend
  friend bool operator==(const TextExceptions&,
                         const TextExceptions&) = default;
};

// Every one of `texts` that `rule` does not give from its value.
TextExceptions FindTextExceptions(const PrintRule& rule,
                                  std::span<const std::string_view> texts,
                                  std::span<const double> values);

// Bytes of a rule, and back; codec/FORMAT.md draws them. kDataLoss for what
// no encoder writes.
void PutPrintRule(const PrintRule& rule, std::vector<uint8_t>* out);
absl::StatusOr<PrintRule> ReadPrintRule(ByteReader* in);

// The same of exceptions among `fields` fields. kDataLoss on damage; memory
// is some 40 times that of the bytes read at most.
void PutTextExceptions(const TextExceptions& exceptions,
                       std::vector<uint8_t>* out);
absl::StatusOr<TextExceptions> ReadTextExceptions(ByteReader* in,
                                                  size_t fields);

}  // namespace fovea

#endif  // FOVEA_CODEC_PRINT_RULE_H_
