// SPDX-License-Identifier: GPL-2.0-or-later
//
//   fovea-series-sensitivity 1
//   model DIGEST NAME             a line per model
//   rate HZ
//   window SAMPLES
//   windows COUNT
//   edges HZ HZ ...               one more than there are bands
//   channel NAME                  three lines per channel
//   unit UNIT
//   energy VALUE VALUE ...        one per band
//   end

#include "codec/series_sensitivity.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <span>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/internal/model_list.h"
#include "codec/text_lines.h"

namespace fovea {
namespace {

constexpr char kFirstLine[] = "fovea-series-sensitivity 1";
constexpr size_t kShownBytes = 40;  // of a bad line

// The shortest text that reads as the same number.
void AppendNumber(double value, std::string* text) {
  char digits[32];
  text->append(digits,
               std::to_chars(digits, digits + sizeof(digits), value).ptr);
}

template <typename Values>
void AppendNumbers(const char* key, const Values& values, std::string* text) {
  text->append(key);
  for (const double value : values) {
    text->push_back(' ');
    AppendNumber(value, text);
  }
  text->push_back('\n');
}

void AppendDigest(const ModelDigest& digest, std::string* text) {
  constexpr char kDigits[] = "0123456789abcdef";
  for (const uint8_t byte : digest) {
    text->push_back(kDigits[byte >> 4]);
    text->push_back(kDigits[byte & 15]);
  }
}

std::optional<ModelDigest> DigestOf(std::string_view hex) {
  ModelDigest digest;
  if (hex.size() != 2 * digest.size()) return std::nullopt;
  for (size_t i = 0; i < digest.size(); ++i) {
    const char* at = hex.data() + 2 * i;
    if (std::from_chars(at, at + 2, digest[i], 16).ptr != at + 2) {
      return std::nullopt;
    }
  }
  return digest;
}

// Bytes from 128 up belong to UTF-8.
bool IsText(const std::string& text, const CodecLimits& limits) {
  return text.size() <= limits.max_channel_name_bytes &&
         std::none_of(text.begin(), text.end(), [](char c) {
           return static_cast<uint8_t>(c) < 0x20 || c == 0x7f;
         });
}

std::string ChannelFault(const std::vector<Channel>& channels,
                         const CodecLimits& limits) {
  if (channels.empty() || channels.size() > limits.max_series_channels) {
    return absl::StrCat("expected 1 to ", limits.max_series_channels,
                        " channels, found ", channels.size());
  }
  for (size_t i = 0; i < channels.size(); ++i) {
    if (channels[i].name.empty() || !IsText(channels[i].name, limits) ||
        !IsText(channels[i].unit, limits)) {
      return absl::StrCat("channel ", i, ": expected a name and a unit of at ",
                          "most ", limits.max_channel_name_bytes,
                          " printable bytes");
    }
  }
  return "";
}

std::string EdgesFault(const std::vector<double>& edges,
                       const CodecLimits& limits) {
  if (edges.size() < 2 || edges.size() - 1 > limits.max_bands) {
    return absl::StrCat("expected edges of 1 to ", limits.max_bands, " bands");
  }
  const bool rising =
      edges[0] == 0 && std::isfinite(edges.back()) &&
      std::adjacent_find(edges.begin(), edges.end(), [](double a, double b) {
        return !(a < b);
      }) == edges.end();
  return rising ? "" : "expected edges that rise from 0";
}

// What is wrong; empty when nothing is.
std::string FaultOf(const SeriesSensitivity& sensitivity,
                    const CodecLimits& limits) {
  std::string fault = ChannelFault(sensitivity.channels, limits);
  if (fault.empty()) fault = EdgesFault(sensitivity.edges_hz, limits);
  if (!fault.empty()) return fault;
  if (!(sensitivity.rate_hz > 0) || !std::isfinite(sensitivity.rate_hz)) {
    return "expected a rate above 0";
  }
  if (sensitivity.window < 1 || sensitivity.window > limits.max_window) {
    return absl::StrCat("expected a window of 1 to ", limits.max_window,
                        " samples, found ", sensitivity.window);
  }
  if (sensitivity.windows < 1) return "expected one window or more";
  const size_t count = sensitivity.channels.size() * sensitivity.bands();
  if (sensitivity.energy.size() != count) {
    return absl::StrCat("expected ", count, " energies, found ",
                        sensitivity.energy.size());
  }
  for (const double energy : sensitivity.energy) {
    if (!(energy >= 0) || !std::isfinite(energy)) {
      return absl::StrCat("expected energies of 0 or more, found ", energy);
    }
  }
  return "";
}

class Parser {
 public:
  Parser(const std::string& name, std::string_view text,
         const CodecLimits& limits)
      : name_(name), lines_(text), limits_(limits) {
    Advance();
  }

  absl::StatusOr<SeriesSensitivity> Parse() {
    if (!more_ || line_ != kFirstLine) {
      Fail(absl::StrCat("expected '", kFirstLine, "'"));
    }
    Advance();
    while (Is("model")) TakeModel();
    result_.rate_hz = TakeNumber("rate");
    result_.window = static_cast<int>(TakeCount("window", limits_.max_window));
    result_.windows = TakeCount("windows", INT64_MAX);
    result_.edges_hz = TakeNumbers("edges", limits_.max_bands + 1);
    FailTaken(EdgesFault(result_.edges_hz, limits_));
    while (Is("channel")) TakeChannel();
    if (!Take("end").empty()) FailTaken("expected 'end'");
    if (more_) Fail("expected nothing after 'end'");
    if (!status_.ok()) return status_;
    // What no single line shows.
    if (const std::string fault = FaultOf(result_, limits_); !fault.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(name_, ": ", fault));
    }
    absl::Status models = internal::CheckModels(result_.models, limits_);
    if (models.ok()) return std::move(result_);
    return absl::InvalidArgumentError(
        absl::StrCat(name_, ": ", std::string(models.message())));
  }

 private:
  // After an error there are no more lines.
  void Advance() { more_ = status_.ok() && lines_.Next(&line_); }

  std::string_view Key() const { return line_.substr(0, line_.find(' ')); }
  bool Is(std::string_view key) const { return more_ && Key() == key; }

  // The rest of the line after its key and one space.
  std::string_view Take(const std::string& key) {
    if (!Is(key)) {
      Fail(absl::StrCat("expected '", key, "'"));
      return "";
    }
    std::string_view rest = line_.substr(key.size());
    if (!rest.empty()) rest.remove_prefix(1);
    taken_ = line_;
    taken_number_ = lines_.number();
    Advance();
    return rest;
  }

  void TakeModel() {
    const std::string_view rest = Take("model");
    const std::string_view hex = rest.substr(0, rest.find(' '));
    const auto digest = DigestOf(hex);
    if (!digest || rest.size() < hex.size() + 1) {
      return FailTaken("expected 64 hexadecimal digits and a name");
    }
    if (result_.models.size() == limits_.max_models) {
      return FailTaken(absl::StrCat("expected at most ", limits_.max_models,
                                    " models, found more"));
    }
    result_.models.push_back(
        {std::string(rest.substr(hex.size() + 1)), *digest});
  }

  void TakeChannel() {
    if (result_.channels.size() == limits_.max_series_channels) {
      return Fail(absl::StrCat("expected at most ", limits_.max_series_channels,
                               " channels, found more"));
    }
    Channel channel;
    channel.name = std::string(Take("channel"));
    channel.unit = std::string(Take("unit"));
    result_.channels.push_back(std::move(channel));
    const std::vector<double> energy = TakeNumbers("energy", result_.bands());
    if (energy.size() != result_.bands()) {
      FailTaken(absl::StrCat("expected ", result_.bands(), " energies, found ",
                             energy.size()));
    }
    result_.energy.insert(result_.energy.end(), energy.begin(), energy.end());
  }

  double TakeNumber(const std::string& key) {
    const std::vector<double> one = TakeNumbers(key, 1);
    if (one.size() == 1) return one[0];
    FailTaken("expected a number");
    return 0;
  }

  int64_t TakeCount(const std::string& key, int64_t most) {
    const auto count = WholeNumber(Take(key));
    if (count && *count >= 1 && *count <= most) return *count;
    FailTaken(absl::StrCat("expected a whole number 1 to ", most));
    return 0;
  }

  std::vector<double> TakeNumbers(const std::string& key, size_t most) {
    std::vector<double> numbers;
    for (const std::string_view word : Words(Take(key))) {
      const auto number = FiniteNumber(word);
      if (!number || numbers.size() == most) {
        FailTaken(absl::StrCat("expected at most ", most, " numbers"));
        break;
      }
      numbers.push_back(*number);
    }
    return numbers;
  }

  void Fail(const std::string& expected) {
    FailAt(lines_.number(), expected,
           more_ ? line_ : std::string_view("the file's end"));
  }
  void FailTaken(const std::string& expected) {
    FailAt(taken_number_, expected, taken_);
  }
  // The first error stays; nothing expected is no error.
  void FailAt(int64_t line, const std::string& expected,
              std::string_view found) {
    if (!status_.ok() || expected.empty()) return;
    status_ = absl::InvalidArgumentError(
        absl::StrCat(name_, ": line ", line, ": ", expected, ", found '",
                     std::string(found.substr(0, kShownBytes)), "'"));
    more_ = false;
  }

  const std::string& name_;
  TextLines lines_;
  const CodecLimits& limits_;
  SeriesSensitivity result_;
  std::string_view line_, taken_;  // the next one, the last one
  int64_t taken_number_ = 0;
  bool more_ = false;  // line_ is there
  absl::Status status_;
};

}  // namespace

absl::StatusOr<std::string> SeriesSensitivityText(
    const SeriesSensitivity& sensitivity) {
  const CodecLimits limits;
  if (std::string fault = FaultOf(sensitivity, limits); !fault.empty()) {
    return absl::InvalidArgumentError("sensitivities of a series: " + fault);
  }
  absl::Status models = internal::CheckModels(sensitivity.models, limits);
  if (!models.ok()) return models;
  std::string text = absl::StrCat(kFirstLine, "\n");
  for (const ModelId& model : sensitivity.models) {
    text.append("model ");
    AppendDigest(model.digest, &text);
    absl::StrAppend(&text, " ", model.name, "\n");
  }
  AppendNumbers("rate", std::vector<double>{sensitivity.rate_hz}, &text);
  absl::StrAppend(&text, "window ", sensitivity.window, "\nwindows ",
                  sensitivity.windows, "\n");
  AppendNumbers("edges", sensitivity.edges_hz, &text);
  const size_t bands = sensitivity.bands();
  for (size_t c = 0; c < sensitivity.channels.size(); ++c) {
    const Channel& channel = sensitivity.channels[c];
    absl::StrAppend(&text, "channel ", channel.name, "\nunit ", channel.unit,
                    "\n");
    AppendNumbers("energy",
                  std::span(sensitivity.energy).subspan(c * bands, bands),
                  &text);
  }
  return text + "end\n";
}

absl::StatusOr<SeriesSensitivity> ParseSeriesSensitivity(
    const std::string& name, std::string_view text, const CodecLimits& limits) {
  if (text.size() > limits.max_series_sensitivity_bytes) {
    return absl::ResourceExhaustedError(absl::StrCat(
        name, ": expected at most ", limits.max_series_sensitivity_bytes,
        " bytes, found ", text.size()));
  }
  return Parser(name, text, limits).Parse();
}

}  // namespace fovea
