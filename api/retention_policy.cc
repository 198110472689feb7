// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reads a policy. Every key is known or refused, so that a typing error never
// keeps or deletes anything.

#include "api/retention_policy.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "absl/strings/str_cat.h"
#include "api/byte_size.h"
#include "api/time_text.h"
#include "index/name_pattern.h"
#include "store/derived_rows.h"
#include "store/limits.h"
#include "store/row_limits.h"

namespace fovea {
namespace {

constexpr size_t kMostEntries = 10'000;  // rules, labels, pins

absl::Status At(const YAML::Node& node, const std::string& what) {
  return absl::InvalidArgumentError(
      absl::StrCat("line ", node.Mark().line + 1, ": ", what));
}

absl::Status At(const YAML::Node& node, const absl::Status& status) {
  return At(node, std::string(status.message()));
}

absl::StatusOr<std::string> TextAt(const YAML::Node& node, const char* key) {
  if (node.IsScalar()) return node.Scalar();
  return At(node, absl::StrCat("'", key, "' wants one value"));
}

absl::StatusOr<int64_t> DurationAt(const YAML::Node& node) {
  const absl::StatusOr<std::string> text = TextAt(node, "keep");
  if (!text.ok()) return text.status();
  const absl::StatusOr<int64_t> ns = ParseDurationText(*text);
  if (!ns.ok()) return At(node, ns.status());
  return *ns;
}

absl::Status ReadMinFree(const YAML::Node& node, RetentionPolicy* policy) {
  const absl::StatusOr<std::string> text = TextAt(node, "min-free");
  if (!text.ok()) return text.status();
  if (!text->ends_with('%')) {
    const absl::StatusOr<uint64_t> bytes = ParseByteSize(*text);
    if (!bytes.ok()) return At(node, bytes.status());
    policy->min_free_bytes = *bytes;
    return absl::OkStatus();
  }
  double percent = -1;
  const char* const end = text->data() + text->size() - 1;
  const auto [stop, error] = std::from_chars(text->data(), end, percent);
  if (error != std::errc() || stop != end || !(percent >= 0) || percent > 95) {
    return At(node, absl::StrCat("expected 0% to 95%, found '", *text, "'"));
  }
  policy->min_free_share = percent / 100;
  return absl::OkStatus();
}

absl::Status CheckKeys(const YAML::Node& node,
                       const std::set<std::string>& known) {
  if (!node.IsMap()) return At(node, "expected 'key: value' lines");
  std::set<std::string> seen;
  for (const auto& entry : node) {
    const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "";
    if (!known.contains(key)) {
      std::string names;
      for (const std::string& name : known) {
        absl::StrAppend(&names, names.empty() ? "" : ", ", name);
      }
      return At(entry.first,
                absl::StrCat("unknown key '", key, "'; there are ", names));
    }
    if (!seen.insert(key).second) {
      return At(entry.first, absl::StrCat("'", key, "' twice"));
    }
  }
  return absl::OkStatus();
}

absl::Status ReadRule(const YAML::Node& node, RetentionPolicy* policy) {
  if (absl::Status s = CheckKeys(node, {"match", "keep"}); !s.ok()) return s;
  if (!node["match"]) return At(node, "a rule without 'match'");
  RetentionPolicy::Rule rule;
  const absl::StatusOr<std::string> match = TextAt(node["match"], "match");
  if (!match.ok()) return match.status();
  rule.match = *match;
  if (node["keep"]) {
    const absl::StatusOr<int64_t> keep = DurationAt(node["keep"]);
    if (!keep.ok()) return keep.status();
    rule.keep_ns = *keep;
  }
  policy->rules.push_back(std::move(rule));
  return absl::OkStatus();
}

absl::Status ReadLabel(const YAML::Node& node, RetentionPolicy* policy) {
  if (absl::Status s = CheckKeys(node, {"label", "keep", "match"}); !s.ok()) {
    return s;
  }
  if (!node["label"]) return At(node, "a label rule without 'label'");
  if (!node["keep"]) return At(node, "a label rule without 'keep'");
  RetentionPolicy::LabelRule rule;
  const absl::StatusOr<std::string> label = TextAt(node["label"], "label");
  if (!label.ok()) return label.status();
  if (!IsLabel(*label)) {
    return At(node["label"],
              absl::StrCat("a label of ", label->size(), " bytes: 1 to ",
                           kRowLimits.max_label_bytes, ", without NUL"));
  }
  rule.label = *label;
  const absl::StatusOr<int64_t> keep = DurationAt(node["keep"]);
  if (!keep.ok()) return keep.status();
  rule.keep_ns = *keep;
  if (node["match"]) {
    const absl::StatusOr<std::string> match = TextAt(node["match"], "match");
    if (!match.ok()) return match.status();
    rule.match = *match;
  }
  policy->labels.push_back(std::move(rule));
  return absl::OkStatus();
}

absl::Status ReadTime(const YAML::Node& pin, const char* key, int64_t* ns) {
  const YAML::Node node = pin[key];
  if (!node) return absl::OkStatus();
  const absl::StatusOr<std::string> text = TextAt(node, key);
  if (!text.ok()) return text.status();
  const absl::StatusOr<int64_t> parsed = ParseTimeText(*text);
  if (!parsed.ok()) return At(node, parsed.status());
  *ns = *parsed;
  return absl::OkStatus();
}

absl::Status ReadPin(const YAML::Node& node, RetentionPolicy* policy) {
  if (absl::Status s = CheckKeys(node, {"stream", "from", "to", "why"});
      !s.ok()) {
    return s;
  }
  if (!node["stream"]) return At(node, "a pin without 'stream'");
  RetentionPolicy::Pin pin;
  const absl::StatusOr<std::string> stream = TextAt(node["stream"], "stream");
  if (!stream.ok()) return stream.status();
  pin.stream = *stream;
  if (absl::Status s = ReadTime(node, "from", &pin.from_ns); !s.ok()) return s;
  if (absl::Status s = ReadTime(node, "to", &pin.to_ns); !s.ok()) return s;
  if (pin.from_ns >= pin.to_ns) return At(node, "'from' is not before 'to'");
  if (node["why"]) {
    const absl::StatusOr<std::string> why = TextAt(node["why"], "why");
    if (!why.ok()) return why.status();
    pin.why = *why;
  }
  policy->pins.push_back(std::move(pin));
  return absl::OkStatus();
}

absl::Status ReadList(const YAML::Node& node, const char* key,
                      absl::Status (*read)(const YAML::Node&, RetentionPolicy*),
                      RetentionPolicy* policy) {
  const YAML::Node list = node[key];
  if (!list) return absl::OkStatus();
  if (!list.IsSequence()) {
    return At(list, absl::StrCat("'", key, "' wants a list of '- ...'"));
  }
  if (list.size() > kMostEntries) {
    return At(list, absl::StrCat(list.size(), " entries in '", key,
                                 "', more than ", kMostEntries));
  }
  for (const YAML::Node& entry : list) {
    if (absl::Status s = read(entry, policy); !s.ok()) return s;
  }
  return absl::OkStatus();
}

absl::Status ReadPolicy(const YAML::Node& node, RetentionPolicy* policy) {
  if (absl::Status s = CheckKeys(
          node, {"max", "min-free", "keep", "streams", "labels", "pins"});
      !s.ok()) {
    return s;
  }
  if (node["max"]) {
    const absl::StatusOr<std::string> text = TextAt(node["max"], "max");
    if (!text.ok()) return text.status();
    const absl::StatusOr<uint64_t> bytes = ParseByteSize(*text);
    if (!bytes.ok()) return At(node["max"], bytes.status());
    policy->max_bytes = *bytes;
  }
  if (node["min-free"]) {
    if (auto s = ReadMinFree(node["min-free"], policy); !s.ok()) return s;
  }
  if (node["keep"]) {
    const absl::StatusOr<int64_t> keep = DurationAt(node["keep"]);
    if (!keep.ok()) return keep.status();
    policy->keep_ns = *keep;
  }
  if (auto s = ReadList(node, "streams", ReadRule, policy); !s.ok()) return s;
  if (auto s = ReadList(node, "labels", ReadLabel, policy); !s.ok()) return s;
  return ReadList(node, "pins", ReadPin, policy);
}

}  // namespace

std::optional<int64_t> RetentionPolicy::KeepOf(
    const std::string& stream) const {
  for (const Rule& rule : rules) {
    if (MatchesPattern(rule.match, stream)) return rule.keep_ns;
  }
  return keep_ns;
}

uint64_t RetentionPolicy::LeastFree(uint64_t disk_bytes) const {
  if (!min_free_share.has_value()) return min_free_bytes.value_or(0);
  return static_cast<uint64_t>(*min_free_share *
                               static_cast<double>(disk_bytes));
}

bool RetentionPolicy::lets_go() const {
  return max_bytes.has_value() || min_free_bytes.has_value() ||
         min_free_share.has_value() || keep_ns.has_value() || !rules.empty();
}

RetentionClass RetentionPolicy::ClassOf(const std::string& stream) const {
  const std::optional<int64_t> keep = KeepOf(stream);
  if (!keep.has_value()) return 0;
  std::set<int64_t> lengths;
  if (keep_ns.has_value()) lengths.insert(*keep_ns);
  for (const Rule& rule : rules) {
    if (rule.keep_ns.has_value()) lengths.insert(*rule.keep_ns);
  }
  const auto rank = std::distance(lengths.begin(), lengths.find(*keep));
  return static_cast<RetentionClass>(
      std::min<int64_t>(1 + rank, kStoreLimits.retention_classes - 1));
}

bool RetentionPolicy::IsPinned(const std::string& stream, int64_t start_ns,
                               int64_t end_ns) const {
  return std::ranges::any_of(pins, [&](const Pin& pin) {
    return pin.stream == stream && start_ns < pin.to_ns &&
           std::max(end_ns, start_ns + 1) > pin.from_ns;
  });
}

absl::StatusOr<RetentionPolicy> ParseRetentionPolicy(const std::string& yaml) {
  if (yaml.size() > kRowLimits.max_policy_bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("a policy of ", yaml.size(), " bytes, more than ",
                     kRowLimits.max_policy_bytes));
  }
  RetentionPolicy policy;
  try {
    const YAML::Node node = YAML::Load(yaml);
    if (absl::Status s = ReadPolicy(node, &policy); !s.ok()) return s;
  } catch (const YAML::Exception& error) {
    return absl::InvalidArgumentError(
        absl::StrCat("line ", error.mark.line + 1, ": ", error.msg));
  }
  return policy;
}

}  // namespace fovea
