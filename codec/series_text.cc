// SPDX-License-Identifier: GPL-2.0-or-later
//
//   varint   bytes of what follows; 0: all channels' fields are their rules'
//   varint   channels whose text is known: bit c is channel c
//   exceptions, unless there are none: as codec/print_rule.cc has them, fields
//            numbered row by row

#include "codec/series_text.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <map>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "codec/byte_stream.h"

namespace fovea {
namespace {

constexpr size_t kFewFields = 8;  // are kept however short the block is

// Fields of a channel that are kept beside its rule.
size_t MostFields(size_t samples) { return std::max(kFewFields, samples / 10); }

uint64_t Bit(size_t channel) { return uint64_t{1} << channel; }

uint64_t AllOf(size_t channels) {
  return channels >= 64 ? ~uint64_t{0} : Bit(channels) - 1;
}

// As codec/formats/csv_parser.h reads numbers: never what is not finite.
bool ReadsAs(std::string_view text, double value) {
  if (text.size() > kMaxFieldTextBytes) return false;
  if (text.find_first_not_of("0123456789+-.eE") != text.npos) return false;
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() &&
         std::bit_cast<uint64_t>(number) == std::bit_cast<uint64_t>(value);
}

// Channels of the batch whose fields can be had again, and pay.
uint64_t KeptChannels(const SeriesBatch& batch, size_t channels,
                      std::span<const double> bounds) {
  uint64_t kept = 0;
  for (size_t c = 0; c < channels; ++c) {
    const bool exact = bounds.empty() || bounds[c] == 0;
    if (exact && batch.text.rules[c]) kept |= Bit(c);
  }
  std::array<size_t, 64> fields = {};
  for (const auto& [place, text] : batch.text.fields) {
    const size_t c = place % channels;
    ++fields[c];
    if (!ReadsAs(text, batch.values[place])) kept &= ~Bit(c);
  }
  for (size_t c = 0; c < channels; ++c) {
    if (fields[c] > MostFields(batch.time_ns.size())) kept &= ~Bit(c);
  }
  return kept;
}

// The batch's fields stand in its values, in their order.
bool IsSound(const SeriesText& text, size_t values) {
  for (size_t i = 0; i < text.fields.size(); ++i) {
    const size_t place = text.fields[i].first;
    if (place >= values) return false;
    if (i > 0 && place <= text.fields[i - 1].first) return false;
  }
  return true;
}

absl::Status Damaged(const std::string& what) {
  return absl::DataLossError(absl::StrCat("series block: texts: ", what));
}

}  // namespace

BlockText TextToKeep(const SeriesBatch& batch, size_t channels,
                     std::span<const double> bounds) {
  BlockText kept;
  if (batch.text.rules.size() != channels ||
      !IsSound(batch.text, batch.values.size())) {
    return kept;
  }
  kept.channels = KeptChannels(batch, channels, bounds);
  std::map<std::string_view, size_t> known;
  for (const auto& [place, text] : batch.text.fields) {
    if ((kept.channels & Bit(place % channels)) == 0) continue;
    const auto [at, fresh] = known.emplace(text, known.size());
    if (fresh) kept.exceptions.texts.push_back(text);
    kept.exceptions.fields.emplace_back(place, at->second);
  }
  return kept;
}

void PutBlockText(const BlockText& text, size_t channels,
                  std::vector<uint8_t>* out) {
  std::vector<uint8_t> bytes;
  const bool fields = !text.exceptions.fields.empty();
  if (fields || text.channels != AllOf(channels)) {
    PutVarint(text.channels, &bytes);
  }
  if (fields) PutTextExceptions(text.exceptions, &bytes);
  PutVarint(bytes.size(), out);
  out->insert(out->end(), bytes.begin(), bytes.end());
}

absl::StatusOr<BlockText> ReadBlockText(ByteReader* in, size_t channels,
                                        size_t samples) {
  const auto bytes = in->Take(in->Varint());
  if (!in->ok()) return Damaged("they end early");
  BlockText text;
  text.channels = AllOf(channels);
  if (bytes.empty()) return text;
  ByteReader section(bytes);
  text.channels = section.Varint();
  const bool some =
      text.channels != 0 && (text.channels & ~AllOf(channels)) == 0;
  if (!section.ok() || !some) return Damaged("of channels there are not");
  if (section.remaining() == 0) return text;
  auto exceptions = ReadTextExceptions(&section, channels * samples);
  if (!exceptions.ok()) return exceptions.status();
  if (exceptions->fields.size() > channels * MostFields(samples)) {
    return Damaged("more fields than are kept");
  }
  for (const auto& [place, which] : exceptions->fields) {
    if ((text.channels & Bit(place % channels)) == 0) {
      return Damaged("a field of a channel without");
    }
  }
  if (section.remaining() != 0) return Damaged("bytes behind them");
  text.exceptions = *std::move(exceptions);
  return text;
}

absl::Status CheckBlockText(const BlockText& text,
                            std::span<const double> values) {
  for (const auto& [place, which] : text.exceptions.fields) {
    if (!ReadsAs(text.exceptions.texts[which], values[place])) {
      return Damaged(absl::StrCat("field ", place, " is not its value's"));
    }
  }
  return absl::OkStatus();
}

SeriesText WithRules(const BlockText& text, size_t channels,
                     const PrintRules& rules) {
  SeriesText written;
  if (text.channels == 0 || rules.size() != channels) return written;
  written.rules = rules;
  for (size_t c = 0; c < channels; ++c) {
    if ((text.channels & Bit(c)) == 0) written.rules[c].reset();
  }
  for (const auto& [place, which] : text.exceptions.fields) {
    written.fields.emplace_back(place, text.exceptions.texts[which]);
  }
  return written;
}

}  // namespace fovea
