// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/model_card.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "codec/nearest_name.h"
#include "codec/text_lines.h"
#include "sensitivity/internal/card_text.h"
#include "sensitivity/internal/flat_yaml.h"

namespace fovea {
namespace {

using internal::HasClassScores;
using internal::NumberText;
using internal::YamlEntry;

struct DecoderRow {
  const char* name;
  DecoderKind kind;
};

constexpr DecoderRow kDecoders[] = {
    {"fastestdet", DecoderKind::kFastestDet},
    {"yolox", DecoderKind::kYolox},
    {"ssd", DecoderKind::kSsd},
    {"classifier", DecoderKind::kClassifier},
    {"segmentation", DecoderKind::kSegmentation},
    {"embedding", DecoderKind::kEmbedding},
    {"imu-classifier", DecoderKind::kImuClassifier},
};

constexpr char kWidth[] = "input.width", kHeight[] = "input.height",
               kColor[] = "input.color", kFit[] = "input.fit",
               kFill[] = "input.fill", kTrim[] = "input.trim",
               kWindow[] = "input.window", kRate[] = "input.rate",
               kHop[] = "input.hop", kChannels[] = "input.channels",
               kLayout[] = "input.layout", kMean[] = "input.mean",
               kDeviation[] = "input.deviation", kNetwork[] = "network",
               kCommand[] = "command";

// Which models a key belongs to.
enum class For : uint8_t {
  kAll,
  kNetworks,
  kPrograms,
  kPictures,
  kWindows,
  kDetectors,
  kClasses
};

struct KeyRow {
  const char* key;
  For models;
  bool required;
};

constexpr KeyRow kKeys[] = {
    {"name", For::kAll, true},
    {kNetwork, For::kNetworks, true},
    {kCommand, For::kPrograms, true},
    {"timeout", For::kPrograms, false},
    {"labels", For::kAll, false},
    {"decoder", For::kNetworks, true},
    {"threshold", For::kDetectors, false},
    {"scores", For::kClasses, false},
    {kWidth, For::kPictures, true},
    {kHeight, For::kPictures, true},
    {kColor, For::kPictures, false},
    {kFit, For::kPictures, false},
    {kFill, For::kPictures, false},
    {kTrim, For::kPictures, false},
    {kWindow, For::kWindows, true},
    {kRate, For::kWindows, true},
    {kHop, For::kWindows, false},
    {kChannels, For::kWindows, true},
    {kLayout, For::kNetworks, false},
    {kMean, For::kNetworks, false},
    {kDeviation, For::kNetworks, false},
};

bool Has(DecoderKind kind, For models) {
  switch (models) {
    case For::kNetworks:
      return !IsProgram(kind);
    case For::kPrograms:
      return IsProgram(kind);
    case For::kPictures:
      return !IsProgram(kind) && !TakesWindows(kind);
    case For::kWindows:
      return TakesWindows(kind);
    case For::kDetectors:
      return IsDetector(kind);
    case For::kClasses:
      return HasClassScores(kind);
    case For::kAll:
      break;
  }
  return true;
}

std::string Shown(std::string_view text) {
  const std::string head(text.substr(0, 40));
  return absl::StrCat("'", absl::Utf8SafeCEscape(head),
                      text.size() > head.size() ? "..." : "", "'");
}

bool IsPlain(char c) { return c > ' ' && c <= '~' && c != '/' && c != '\\'; }

bool IsPlainName(std::string_view text) {
  return !text.empty() && text.size() <= kMaxCardNameBytes &&
         text.front() != '.' && std::all_of(text.begin(), text.end(), IsPlain);
}

bool IsWord(std::string_view text) {
  return text.size() <= kMaxCommandWordBytes &&
         std::none_of(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) < ' ' || c == 0x7f;
         });
}

// A path that stays in the card's folder.
bool IsInside(std::string_view path) {
  if (path.empty() || path.size() > kMaxCardNameBytes) return false;
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    if (part.empty() || part == "..") return false;
    begin = end + 1;
  }
  return path.find('\\') == path.npos && IsWord(path);
}

class CardReader {
 public:
  CardReader(const std::string& name, std::span<const YamlEntry> entries)
      : name_(name), entries_(entries) {}

  absl::StatusOr<ModelCard> Read() {
    ReadKind();
    if (status_.ok()) CheckKeys();
    if (!status_.ok()) return status_;
    ReadNames();
    Number("threshold", 0, 1, &card_.threshold);
    Choice("scores", {"logits", "probabilities"}, &card_.probabilities);
    if (IsProgram(card_.decoder)) ReadCommand();
    if (TakesWindows(card_.decoder)) {
      ReadWindows();
    } else if (!IsProgram(card_.decoder)) {
      ReadPictures();
    }
    if (!status_.ok()) return status_;
    return std::move(card_);
  }

 private:
  void ReadKind() {
    if (const YamlEntry* command = Find(kCommand)) {
      card_.decoder = Find(kWindow) == nullptr ? DecoderKind::kProgram
                                               : DecoderKind::kWindowProgram;
      if (Find(kNetwork) != nullptr) {
        Fail(*command, "excludes 'network': a model is one or the other");
      }
      return;
    }
    const YamlEntry* entry = FindOne("decoder");
    if (entry == nullptr) {
      if (!status_.ok()) return;
      return Missing(Find(kNetwork) != nullptr ? "'decoder'"
                                               : "'network' or 'command'");
    }
    const auto row =
        std::find_if(std::begin(kDecoders), std::end(kDecoders),
                     [&](const auto& d) { return d.name == entry->values[0]; });
    if (row == std::end(kDecoders)) {
      const auto name = [](std::string* out, const DecoderRow& decoder) {
        out->append(decoder.name);
      };
      return Expected(*entry, absl::StrJoin(kDecoders, ", ", name));
    }
    card_.decoder = row->kind;
  }

  // Every key is known and belongs to this kind of model; none is missing.
  void CheckKeys() {
    const std::string kind =
        card_.decoder == DecoderKind::kProgram ? "a program"
        : card_.decoder == DecoderKind::kWindowProgram
            ? "a program of windows"
            : absl::StrCat("decoder ", DecoderName(card_.decoder));
    for (const YamlEntry& entry : entries_) {
      const auto row =
          std::find_if(std::begin(kKeys), std::end(kKeys),
                       [&](const KeyRow& k) { return entry.key == k.key; });
      if (row == std::end(kKeys)) return Unknown(entry);
      if (!Has(card_.decoder, row->models)) {
        return Fail(
            entry, absl::StrCat("has no meaning for ", kind, "; leave it out"));
      }
    }
    for (const KeyRow& row : kKeys) {
      if (row.required && Has(card_.decoder, row.models) &&
          Find(row.key) == nullptr) {
        return Missing(absl::StrCat("'", row.key, "'"));
      }
    }
  }

  void ReadNames() {
    if (const YamlEntry* entry = FindOne("name")) {
      card_.name = entry->values[0];
      if (!IsPlainName(card_.name)) {
        Expected(*entry,
                 "printable characters without spaces or '/', not '.' first");
      }
    }
    for (const auto& [key, file] : {std::pair(kNetwork, &card_.network),
                                    std::pair("labels", &card_.labels)}) {
      const YamlEntry* entry = FindOne(key);
      if (entry == nullptr) continue;
      *file = entry->values[0];
      if (!IsInside(*file)) {
        Expected(*entry, "a file beside the card or in a folder there");
      }
    }
  }

  void ReadCommand() {
    const YamlEntry* entry = Find(kCommand);
    card_.command = entry->values;
    const std::vector<std::string>& words = card_.command;
    if (!entry->is_list || words.empty() || words.size() > kMaxCommandWords ||
        !std::all_of(words.begin(), words.end(), IsWord)) {
      return Fail(*entry,
                  absl::StrCat("expected a list of 1 to ", kMaxCommandWords,
                               " words, the program and its arguments, each of "
                               "at most ",
                               kMaxCommandWordBytes,
                               " bytes and without control characters"));
    }
    if (!IsInside(words[0]) && !absl::StartsWith(words[0], "/")) {
      Expected(*entry, "a program beside the card, in PATH, or by whole path");
    }
    Number("timeout", 1e-3, kMaxTimeoutSeconds, &card_.timeout_s);
  }

  void ReadPictures() {
    Whole(kWidth, 1, kMaxInputSide, &card_.width);
    Whole(kHeight, 1, kMaxInputSide, &card_.height);
    bool bgr = false;
    Choice(kColor, {"rgb", "bgr", "grey"}, &bgr, &card_.grey);
    card_.rgb = !bgr;
    bool letterbox = false;
    Choice(kFit, {"stretch", "letterbox"}, &letterbox);
    card_.fit = letterbox ? Fit::kLetterbox : Fit::kStretch;
    for (const char* key : {kFill, kTrim}) {
      if (const YamlEntry* entry = Find(key); entry != nullptr && !letterbox) {
        Fail(*entry, "has no meaning without 'fit: letterbox'; leave it out");
      }
    }
    Whole(kFill, 0, 255, &card_.fill);
    Whole(kTrim, 0, kMaxInputSide, &card_.trim);
    Choice(kLayout, {"nchw", "nhwc"}, &card_.channels_last);
    const size_t channels = card_.grey ? 1 : 3;
    std::vector<double> mean(channels, 0), deviation(channels, 1);
    ReadScale(&mean, &deviation);
    card_.mean.fill(mean[0]);
    card_.deviation.fill(deviation[0]);
    std::copy(mean.begin(), mean.end(), card_.mean.begin());
    std::copy(deviation.begin(), deviation.end(), card_.deviation.begin());
  }

  void ReadWindows() {
    Whole(kWindow, 1, kMaxWindow, &card_.window);
    Number(kRate, 1e-3, 1e6, &card_.rate_hz);
    Whole(kHop, 1, kMaxWindow, &card_.hop);
    const YamlEntry* entry = Find(kChannels);
    card_.channels = entry->values;
    if (card_.channels.empty() || card_.channels.size() > kMaxCardChannels) {
      Fail(*entry, absl::StrCat("expected 1 to ", kMaxCardChannels,
                                " channels, found ", card_.channels.size()));
    }
    for (const std::string& channel : card_.channels) {
      if (!IsPlainName(channel)) {
        Fail(*entry,
             absl::StrCat("expected printable names without spaces or '/', ",
                          "found ", Shown(channel)));
      }
      if (std::count(card_.channels.begin(), card_.channels.end(), channel) >
          1) {
        Fail(*entry, absl::StrCat("has ", Shown(channel), " twice"));
      }
    }
    Choice(kLayout, {"ncw", "nwc"}, &card_.channels_last);
    card_.channel_mean.assign(card_.channels.size(), 0);
    card_.channel_deviation.assign(card_.channels.size(), 1);
    ReadScale(&card_.channel_mean, &card_.channel_deviation);
  }

  void ReadScale(std::vector<double>* mean, std::vector<double>* deviation) {
    Numbers(kMean, -1e6, 1e6, mean);
    Numbers(kDeviation, 1e-6, 1e6, deviation);
  }

  const YamlEntry* Find(std::string_view key) const {
    const auto found =
        std::find_if(entries_.begin(), entries_.end(),
                     [&](const YamlEntry& entry) { return entry.key == key; });
    return found == entries_.end() ? nullptr : &*found;
  }

  // A key with one value; nullptr when it is absent or, an error, a list.
  const YamlEntry* FindOne(std::string_view key) {
    const YamlEntry* entry = Find(key);
    if (entry == nullptr || !entry->is_list) return entry;
    Fail(*entry, "expected one value, found a list");
    return nullptr;
  }

  void Whole(std::string_view key, int low, int high, int* value) {
    const YamlEntry* entry = FindOne(key);
    if (entry == nullptr) return;
    const auto number = WholeNumber(entry->values[0]);
    if (!number || *number < low || *number > high) {
      return Expected(*entry,
                      absl::StrCat("a whole number ", low, " to ", high));
    }
    *value = static_cast<int>(*number);
  }

  void Number(std::string_view key, double low, double high, double* value) {
    if (const YamlEntry* entry = FindOne(key)) {
      TakeNumber(*entry, entry->values[0], low, high, value);
    }
  }

  // One number for all or one for each.
  void Numbers(std::string_view key, double low, double high,
               std::vector<double>* values) {
    const YamlEntry* entry = Find(key);
    if (entry == nullptr) return;
    if (entry->is_list && entry->values.size() != values->size()) {
      return Fail(*entry, absl::StrCat("expected one number or ",
                                       values->size(), ", one per channel, ",
                                       "found ", entry->values.size()));
    }
    for (size_t i = 0; i < values->size(); ++i) {
      const std::string& text = entry->values[entry->is_list ? i : 0];
      TakeNumber(*entry, text, low, high, &(*values)[i]);
    }
  }

  void TakeNumber(const YamlEntry& entry, const std::string& text, double low,
                  double high, double* value) {
    const auto number = FiniteNumber(text);
    if (!number || *number < low || *number > high) {
      return Fail(entry,
                  absl::StrCat("expected a number ", NumberText(low), " to ",
                               NumberText(high), ", found ", Shown(text)));
    }
    *value = *number;
  }

  // One of `words`; the first is the default, the second sets `second`.
  void Choice(std::string_view key, std::vector<std::string> words,
              bool* second, bool* third = nullptr) {
    const YamlEntry* entry = FindOne(key);
    if (entry == nullptr) return;
    const auto word = std::find(words.begin(), words.end(), entry->values[0]);
    if (word == words.end()) {
      return Expected(*entry, absl::StrJoin(words, " or "));
    }
    *second = word - words.begin() == 1;
    if (third != nullptr) *third = word - words.begin() == 2;
  }

  void Unknown(const YamlEntry& entry) {
    std::vector<std::string> known;
    for (const KeyRow& row : kKeys) {
      if (Has(card_.decoder, row.models)) known.emplace_back(row.key);
    }
    std::string nearest = NearestName(entry.key, known);
    if (nearest.empty()) nearest = NearestName("input." + entry.key, known);
    Fail(entry, nearest.empty() ? absl::StrCat("is not known; known are ",
                                               absl::StrJoin(known, ", "))
                                : absl::StrCat("is not known; did you mean '",
                                               nearest, "'?"));
  }

  void Missing(const std::string& key) {
    status_ = absl::InvalidArgumentError(
        absl::StrCat(name_, ": key ", key, " is missing"));
  }

  void Expected(const YamlEntry& entry, const std::string& what) {
    Fail(entry,
         absl::StrCat("expected ", what, ", found ", Shown(entry.values[0])));
  }

  // The first error stays.
  void Fail(const YamlEntry& entry, const std::string& what) {
    if (!status_.ok()) return;
    status_ = absl::InvalidArgumentError(absl::StrCat(
        name_, ": line ", entry.line, ": key ", Shown(entry.key), " ", what));
  }

  const std::string& name_;
  const std::span<const YamlEntry> entries_;
  ModelCard card_;
  absl::Status status_;
};

}  // namespace

const char* DecoderName(DecoderKind kind) {
  if (kind == DecoderKind::kProgram) return "program";
  if (kind == DecoderKind::kWindowProgram) return "window-program";
  for (const DecoderRow& row : kDecoders) {
    if (row.kind == kind) return row.name;
  }
  return "";
}

bool IsProgram(DecoderKind kind) {
  return kind == DecoderKind::kProgram || kind == DecoderKind::kWindowProgram;
}

bool TakesWindows(DecoderKind kind) {
  return kind == DecoderKind::kImuClassifier ||
         kind == DecoderKind::kWindowProgram;
}

bool IsDetector(DecoderKind kind) {
  return kind == DecoderKind::kFastestDet || kind == DecoderKind::kYolox ||
         kind == DecoderKind::kSsd || kind == DecoderKind::kProgram;
}

absl::StatusOr<ModelCard> ParseModelCard(const std::string& name,
                                         const std::string& yaml) {
  if (yaml.size() > kMaxCardBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": expected at most ", kMaxCardBytes,
                     " bytes, found ", yaml.size()));
  }
  const auto entries = internal::ReadFlatYaml(yaml);
  if (!entries.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": ", entries.status().message()));
  }
  return CardReader(name, *entries).Read();
}

}  // namespace fovea
