// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/internal/flat_yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <cstddef>
#include <set>
#include <sstream>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace fovea::internal {
namespace {

constexpr size_t kMaxDepth = 2;

// Parser events instead of a node tree: aliases never become references and
// each value keeps its line.
class FlatReader final : public YAML::EventHandler {
 public:
  std::vector<YamlEntry> Take() { return std::move(entries_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnAnchor(const YAML::Mark& mark, const std::string&) override {
    Refuse(mark, "anchors (&) are not supported");
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    Refuse(mark, "aliases (*) are not supported");
  }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    if (maps_.empty()) Refuse(mark, "expected 'key: value', found nothing");
    if (maps_.back().key.empty()) Refuse(mark, "a key is empty");
    Refuse(mark, absl::StrCat("key '", absl::Utf8SafeCEscape(FullKey()),
                              "' has no value"));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& value) override {
    CheckTag(mark, tag);
    if (maps_.empty()) Refuse(mark, "expected 'key: value'");
    if (in_list_) {
      entries_.back().values.push_back(value);
    } else if (maps_.back().key.empty()) {
      TakeKey(mark, value);
    } else {
      entries_.push_back({FullKey(), LineOf(mark), false, {value}});
      maps_.back().key.clear();
    }
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag,
                       YAML::anchor_t, YAML::EmitterStyle::value) override {
    CheckTag(mark, tag);
    if (maps_.empty() || in_list_ || maps_.back().key.empty()) {
      Refuse(mark, "a list is out of place here");
    }
    entries_.push_back({FullKey(), LineOf(mark), true, {}});
    in_list_ = true;
  }
  void OnSequenceEnd() override {
    in_list_ = false;
    maps_.back().key.clear();
  }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag,
                  YAML::anchor_t, YAML::EmitterStyle::value) override {
    CheckTag(mark, tag);
    const bool below = !maps_.empty();
    if (in_list_ || maps_.size() == kMaxDepth ||
        (below && maps_.back().key.empty())) {
      Refuse(mark, "a map is out of place here");
    }
    maps_.push_back({below ? FullKey() + "." : "", ""});
  }
  void OnMapEnd() override {
    maps_.pop_back();
    if (!maps_.empty()) maps_.back().key.clear();
  }

 private:
  struct Map {
    std::string prefix;
    std::string key;  // whose value comes next; empty: a key comes next
  };

  [[noreturn]] static void Refuse(const YAML::Mark& mark,
                                  const std::string& what) {
    throw YAML::ParserException(mark, what);
  }

  // yaml-cpp calls plain values "?", quoted ones "!" and others "".
  static void CheckTag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.size() > 1) Refuse(mark, "tags (!) are not supported");
  }

  static int LineOf(const YAML::Mark& mark) { return mark.line + 1; }

  std::string FullKey() const { return maps_.back().prefix + maps_.back().key; }

  void TakeKey(const YAML::Mark& mark, const std::string& key) {
    if (key.empty()) Refuse(mark, "a key is empty");
    maps_.back().key = key;
    if (!keys_.insert(FullKey()).second) {
      Refuse(mark, absl::StrCat("key '", absl::Utf8SafeCEscape(FullKey()),
                                "' comes twice"));
    }
  }

  std::vector<Map> maps_;
  bool in_list_ = false;
  std::set<std::string> keys_;
  std::vector<YamlEntry> entries_;
};

}  // namespace

absl::StatusOr<std::vector<YamlEntry>> ReadFlatYaml(const std::string& text) {
  FlatReader reader;
  try {
    std::istringstream in(text);
    YAML::Parser parser(in);
    if (!parser.HandleNextDocument(reader)) {
      return absl::InvalidArgumentError(
          "line 1: expected 'key: value', found nothing");
    }
    std::vector<YamlEntry> entries = reader.Take();
    FlatReader next;
    if (parser.HandleNextDocument(next)) {
      return absl::InvalidArgumentError("expected one YAML document");
    }
    return entries;
  } catch (const YAML::Exception& error) {
    return absl::InvalidArgumentError(
        absl::StrCat("line ", error.mark.line + 1, ": ", error.msg));
  }
}

}  // namespace fovea::internal
