// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/accuracy/policy.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace fovea::bench {
namespace {

constexpr std::pair<MapRule, const char*> kRules[] = {
    {MapRule::kPlain, "plain"},   {MapRule::kProxy, "proxy"},
    {MapRule::kBoxes, "boxes"},   {MapRule::kBinary, "binary"},
    {MapRule::kFreeze, "freeze"}, {MapRule::kSensitivity, "sensitivity"},
    {MapRule::kModels, "models"},
};

// "grow2" after "grow" into 2.
bool TakeInt(const std::string& text, const std::string& name, int* value) {
  if (text.compare(0, name.size(), name) != 0) return false;
  const std::string digits = text.substr(name.size());
  return !digits.empty() && absl::SimpleAtoi(digits, value);
}

bool TakeDouble(const std::string& text, const std::string& name,
                double* value) {
  if (text.compare(0, name.size(), name) != 0) return false;
  return absl::SimpleAtod(text.substr(name.size()), value) && *value >= 0;
}

bool TakeAq(const std::string& text, AqMode* aq) {
  int mode = 0;
  if (!TakeInt(text, "aq", &mode) || mode < 0 || mode > 3) return false;
  *aq = static_cast<AqMode>(mode);
  return true;
}

bool TakeFlag(const std::string& text, const std::string& name, bool* flag,
              bool value) {
  if (text != name) return false;
  *flag = value;
  return true;
}

bool TakeFile(const std::string& text, std::string* file) {
  if (text.size() < 2 || text[0] != '=') return false;
  *file = text.substr(1);
  return true;
}

bool TakeSetting(const std::string& text, Policy* policy) {
  return TakeFile(text, &policy->file) || TakeAq(text, &policy->aq) ||
         TakeFlag(text, "notree", &policy->mb_tree, false) ||
         TakeFlag(text, "freeze", &policy->freeze, true) ||
         TakeFlag(text, "exact", &policy->exact, true) ||
         TakeInt(text, "cap", &policy->cap) ||
         TakeInt(text, "c", &policy->chroma) ||
         TakeInt(text, "+", &policy->plus) ||
         TakeInt(text, "grow", &policy->grow) ||
         TakeInt(text, "hold", &policy->hold) ||
         TakeDouble(text, "k", &policy->kappa) ||
         TakeDouble(text, "@", &policy->at);
}

// What only the whole of a policy shows to be wrong.
absl::Status Check(const Policy& policy, const std::string& text) {
  const bool from_file = !policy.file.empty();
  const bool uses_boxes = policy.rule == MapRule::kBoxes ||
                          (policy.rule == MapRule::kBinary && !from_file) ||
                          policy.rule == MapRule::kFreeze || policy.cap >= 0;
  if (uses_boxes && policy.by.empty()) {
    return absl::InvalidArgumentError("policy '" + text +
                                      "' must name a judge");
  }
  if (policy.rule == MapRule::kPlain &&
      (policy.freeze || policy.exact || policy.cap >= 0)) {
    return absl::InvalidArgumentError("policy '" + text +
                                      "': plain takes encoder settings only");
  }
  const bool reads =
      policy.rule == MapRule::kSensitivity || policy.rule == MapRule::kModels;
  const bool may_read = reads || policy.rule == MapRule::kBinary;
  if ((reads && !from_file) || (from_file && !may_read)) {
    return absl::InvalidArgumentError(
        "policy '" + text +
        "': sensitivity/=NAME, models/=NAME and binary/=NAME read "
        "NAME.CLIP.fsen, others read no file");
  }
  const Policy defaults;
  if (policy.rule == MapRule::kModels &&
      (policy.kappa != defaults.kappa || policy.chroma != defaults.chroma ||
       policy.freeze)) {
    return absl::InvalidArgumentError(
        "policy '" + text +
        "': trust, chroma and freezing are the product's; sensitivity/=NAME "
        "takes them");
  }
  if (policy.hold < 1) {
    return absl::InvalidArgumentError("policy '" + text +
                                      "': hold must be 1 or more");
  }
  return absl::OkStatus();
}

std::vector<Policy> PlainGrid(const std::vector<int>& chromas) {
  std::vector<Policy> grid;
  for (const bool tree : {true, false}) {
    for (const int chroma : chromas) {
      for (int aq = 0; aq <= 3; ++aq) {
        Policy policy;
        policy.aq = static_cast<AqMode>(aq);
        policy.mb_tree = tree;
        policy.chroma = chroma;
        grid.push_back(policy);
      }
    }
  }
  return grid;
}

std::vector<std::string> RivalTexts(const std::vector<std::string>& judges) {
  std::vector<std::string> texts = {"proxy"};
  std::vector<std::string> sources = judges;
  if (judges.size() > 1) sources.push_back(absl::StrJoin(judges, "+"));
  for (const std::string& by : sources) {
    texts.push_back(absl::StrCat("boxes/", by, "/+8"));
    texts.push_back(absl::StrCat("boxes/", by, "/+12"));
    // The published form: its map is all that moves the QP.
    texts.push_back(absl::StrCat("binary/", by, "/+10/hold10/aq0/notree"));
  }
  texts.push_back(absl::StrCat("proxy/", sources.back(), "/cap4"));
  texts.push_back(absl::StrCat("freeze/", sources.back()));
  return texts;
}

// The boxes of the oracle study: chroma as the encoder has it.
std::vector<std::string> BoxTexts(const std::vector<std::string>& judges) {
  std::vector<std::string> texts;
  for (const std::string& by : judges) {
    texts.push_back(absl::StrCat("boxes/", by, "/+8/c0"));
    texts.push_back(absl::StrCat("boxes/", by, "/+12/c0"));
    texts.push_back(absl::StrCat("boxes/", by, "/+16/c0"));
    texts.push_back(absl::StrCat("binary/", by, "/+10/hold10/aq0/notree/c0"));
    // The others' own thresholds are as low already.
    if (by == "fastestdet") texts.push_back("boxes/fastestdet/@0.3/+12/c0");
  }
  const std::string all = absl::StrJoin(judges, "+");
  texts.push_back(absl::StrCat("boxes/", all, "/+12/c0"));
  texts.push_back(absl::StrCat("freeze/", all, "/c0"));
  return texts;
}

absl::Status Expand(const std::string& name,
                    const std::vector<std::string>& judges,
                    std::vector<Policy>* policies) {
  std::vector<std::string> texts = {name};
  std::vector<Policy> set;
  if (name == "grid") {
    set = PlainGrid({0, -3, -6, -9});
    texts.clear();
  } else if (name == "grid-c0") {
    set = PlainGrid({0});
    texts.clear();
  } else if (name == "rivals") {
    texts = RivalTexts(judges);
  } else if (name == "boxes-c0") {
    texts = BoxTexts(judges);
  }
  for (const std::string& text : texts) {
    auto policy = Policy::Parse(text);
    if (!policy.ok()) return policy.status();
    set.push_back(*std::move(policy));
  }
  policies->insert(policies->end(), set.begin(), set.end());
  return absl::OkStatus();
}

}  // namespace

std::string Policy::Text() const {
  const Policy defaults;
  std::string text;
  for (const auto& [value, name] : kRules) {
    if (value == rule) text = name;
  }
  const auto add = [&](bool differs, const std::string& setting) {
    if (differs) absl::StrAppend(&text, "/", setting);
  };
  add(!file.empty(), absl::StrCat("=", file));
  add(!by.empty(), by);
  add(at != defaults.at, absl::StrCat("@", at));
  const bool boxes = rule == MapRule::kBoxes || rule == MapRule::kBinary;
  add(boxes || plus != defaults.plus, absl::StrCat("+", plus));
  add(grow != defaults.grow, absl::StrCat("grow", grow));
  add(hold != defaults.hold, absl::StrCat("hold", hold));
  add(kappa != defaults.kappa, absl::StrCat("k", kappa));
  add(cap != defaults.cap, absl::StrCat("cap", cap));
  add(freeze, "freeze");
  add(exact, "exact");
  const bool plain = rule == MapRule::kPlain;
  add(plain || aq != defaults.aq, absl::StrCat("aq", static_cast<int>(aq)));
  add(!mb_tree, "notree");
  add(plain || chroma != defaults.chroma, absl::StrCat("c", chroma));
  return text;
}

absl::StatusOr<Policy> Policy::Parse(const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, '/');
  const auto rule =
      std::find_if(std::begin(kRules), std::end(kRules),
                   [&](const auto& known) { return parts[0] == known.second; });
  if (rule == std::end(kRules)) {
    return absl::InvalidArgumentError("policy '" + text + "': no rule '" +
                                      parts[0] + "'");
  }
  Policy policy;
  policy.rule = rule->first;
  for (size_t i = 1; i < parts.size(); ++i) {
    if (TakeSetting(parts[i], &policy)) continue;
    if (!policy.by.empty() || parts[i].empty() ||
        policy.rule == MapRule::kPlain) {
      return absl::InvalidArgumentError("policy '" + text + "': cannot read '" +
                                        parts[i] + "'");
    }
    policy.by = parts[i];
  }
  absl::Status status = Check(policy, text);
  if (!status.ok()) return status;
  return policy;
}

absl::StatusOr<std::vector<Policy>> ParsePolicies(
    const std::string& list, const std::vector<std::string>& judges) {
  std::vector<Policy> all;
  const std::vector<std::string> names = absl::StrSplit(list, ',');
  for (const std::string& name : names) {
    absl::Status status = Expand(name, judges, &all);
    if (!status.ok()) return status;
  }
  std::vector<Policy> unique;
  for (Policy& policy : all) {
    const bool known = std::any_of(
        unique.begin(), unique.end(),
        [&](const Policy& other) { return other.Text() == policy.Text(); });
    if (!known) unique.push_back(std::move(policy));
  }
  return unique;
}

}  // namespace fovea::bench
