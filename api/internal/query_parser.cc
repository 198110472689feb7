// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whatever has been read is checked at once, so that what is wrong with it
// is said where it stands.

#include "api/internal/query_parser.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "api/internal/query_words.h"
#include "api/time_text.h"
#include "index/query_check.h"
#include "index/utf8.h"

namespace fovea {
namespace {

using Kind = QueryToken::Kind;

// As it is named in an error: short, on one line.
std::string Found(const QueryToken& token) {
  constexpr size_t kMost = 40;
  if (token.kind == Kind::kEnd) return "the end of the query";
  const std::string text =
      token.kind == Kind::kQuoted ? Quoted(token.text) : token.text;
  if (text.size() <= kMost) return absl::StrCat("'", text, "'");
  const size_t whole = Utf8Prefix(std::string_view(text).substr(0, kMost));
  return absl::StrCat("'", text.substr(0, whole), "...'");
}

std::vector<std::string> WordsThatGoOn() {
  std::vector<std::string> words = ReservedWords();
  words.push_back("norm");
  return words;
}

constexpr char kCondition[] = "a condition such as 'person'";

}  // namespace

bool QueryParser::Read(Query* query) {
  return ReadCondition(&query->condition) && ReadClauses(query);
}

// --- Conditions -------------------------------------------------------------

bool QueryParser::ReadCondition(Condition* out) {
  return ReadChain<Disjunction>("or", &QueryParser::ReadAll, out);
}

bool QueryParser::ReadAll(Condition* out) {
  return ReadChain<Conjunction>("and", &QueryParser::ReadSequence, out);
}

template <typename Node>
bool QueryParser::ReadChain(const char* word, Part part, Condition* out) {
  if (!(this->*part)(out)) return false;
  if (!Now().IsWord(word)) return true;
  Condition first = std::exchange(*out, Condition{Node{}});
  std::vector<Condition>& parts = std::get<Node>(out->what).parts;
  parts.push_back(std::move(first));
  for (size_t at = Now().offset; Take(word); at = Now().offset) {
    Condition next;
    if (!(this->*part)(&next)) return false;
    parts.push_back(std::move(next));
    if (!Check(at, CheckCondition(*out))) return false;
  }
  return true;
}

bool QueryParser::ReadSequence(Condition* out) {
  if (!ReadStep(out)) return false;
  for (size_t at = Now().offset; Take("then"); at = Now().offset) {
    Condition next;
    Sequence sequence;
    if (!ReadStep(&next) || !Need("within") ||
        !ReadDuration("within", &sequence.within_ns)) {
      return false;
    }
    sequence.parts.push_back(std::move(*out));
    sequence.parts.push_back(std::move(next));
    *out = {std::move(sequence)};
    if (!Check(at, CheckCondition(*out))) return false;
  }
  return true;
}

bool QueryParser::ReadStep(Condition* out) {
  if (Now().IsWord("not")) return Deeper([&] { return ReadNot(out); });
  return ReadTerm(out) && ReadFor(out);
}

bool QueryParser::ReadNot(Condition* out) {
  const size_t at = Now().offset;
  Negation negation;
  if (!Need("not") || !ReadStep(&negation.part.emplace_back())) return false;
  *out = {std::move(negation)};
  return Check(at, CheckCondition(*out));
}

bool QueryParser::ReadFor(Condition* out) {
  const size_t at = Now().offset;
  if (!Take("for")) return true;
  Lasting lasting;
  if (!ReadDuration("for", &lasting.least_length_ns)) return false;
  lasting.part.push_back(std::move(*out));
  *out = {std::move(lasting)};
  return Check(at, CheckCondition(*out));
}

bool QueryParser::ReadTerm(Condition* out) {
  if (Now().IsSymbol("(")) return Deeper([&] { return ReadBracketed(out); });
  if (Now().IsWord("on")) return Deeper([&] { return ReadElsewhere(out); });
  return AtSensor() ? ReadSensor(out) : ReadCount(out);
}

bool QueryParser::ReadBracketed(Condition* out) {
  if (!NeedSymbol("(") || !ReadCondition(out)) return false;
  if (TakeSymbol(")")) return true;
  return Expected("'and', 'or', 'then' or ')'", WordsThatGoOn());
}

bool QueryParser::ReadElsewhere(Condition* out) {
  const size_t at = Now().offset;
  Elsewhere elsewhere;
  if (!Need("on") ||
      !ReadPattern("a stream's name after 'on'", &elsewhere.stream) ||
      !ReadBracketed(&elsewhere.part.emplace_back())) {
    return false;
  }
  *out = {std::move(elsewhere)};
  return Check(at, CheckCondition(*out));
}

// A channel is a name with a comparison or `norm` behind it.
bool QueryParser::AtSensor() const {
  const bool name = Now().kind == Kind::kQuoted ||
                    (Now().kind == Kind::kWord && IsPlainName(Now().text));
  if (!name) return false;
  return Next().IsWord("norm") ||
         (Next().kind == Kind::kSymbol && ValueIn(kComparisons, Next().text));
}

bool QueryParser::ReadSensor(Condition* out) {
  const size_t at = Now().offset;
  SensorCondition sensor;
  if (!ReadName("a channel", &sensor.channel)) return false;
  sensor.norm = Take("norm");
  if (!ReadComparison(&sensor.comparison) ||
      !ReadNumber("a number to compare with", &sensor.value)) {
    return false;
  }
  const bool unit = Now().kind == Kind::kQuoted ||
                    (Now().kind == Kind::kWord && IsPlainUnit(Now().text));
  if (unit) sensor.unit = tokens_[at_++].text;
  *out = {std::move(sensor)};
  return Check(at, CheckCondition(*out));
}

bool QueryParser::ReadCount(Condition* out) {
  const size_t at = Now().offset;
  CountCondition count;
  if (Now().kind == Kind::kSymbol && ValueIn(kComparisons, Now().text)) {
    uint64_t number = 0;
    if (!ReadComparison(&count.comparison) || !ReadWhole("a count", &number)) {
      return false;
    }
    if (number > kQueryLimits.count) {
      return Fail(at, absl::StrCat("count: expected at most ",
                                   kQueryLimits.count, ", found ", number));
    }
    count.count = static_cast<uint32_t>(number);
  }
  if (!ReadObject(&count.object)) return false;
  *out = {std::move(count)};
  return Check(at, CheckCondition(*out));
}

template <typename Rule>
bool QueryParser::Deeper(Rule rule) {
  if (++level_ > kQueryLimits.nesting) {
    return Fail(Now().offset,
                absl::StrCat("query: expected at most ", kQueryLimits.nesting,
                             " conditions within one another, found more"));
  }
  const bool read = rule();
  --level_;
  return read;
}

// --- Objects ----------------------------------------------------------------

bool QueryParser::ReadObject(ObjectQuery* object) {
  if (!ReadLabels(object)) return false;
  static const auto* const words = new std::set<std::string>{
      "score", "by",    "with",  "in",    "inside",   "touches", "crosses",
      "left",  "right", "above", "below", "overlaps", "lasting"};
  std::set<std::string> said;
  while (Now().kind == Kind::kWord && words->contains(Now().text)) {
    const QueryToken word = tokens_[at_++];
    const bool once =
        word.text == "score" || word.text == "by" || word.text == "lasting";
    if (once && !Once(word.offset, word.text, &said)) return false;
    if (!ReadModifier(word.text, object)) return false;
    if (!Check(word.offset, CheckObject(*object))) return false;
  }
  return true;
}

bool QueryParser::ReadLabels(ObjectQuery* object) {
  if (Take("anything")) return true;
  const char* expected = kCondition;
  do {
    const size_t at = Now().offset;
    if (!ReadName(expected, &object->labels.emplace_back()) ||
        !Check(at, CheckObject(*object))) {
      return false;
    }
    expected = "a label";
  } while (TakeSymbol("|"));
  return true;
}

bool QueryParser::ReadModifier(const std::string& word, ObjectQuery* object) {
  if (word == "score") return ReadScore(object);
  if (word == "by") return ReadModel(object);
  if (word == "with") return ReadAttribute(object);
  if (word == "lasting") {
    return ReadDuration("lasting", &object->least_length_ns);
  }
  if (const auto place = ValueIn(kPlaces, word)) {
    return ReadPlace(*place, object);
  }
  const bool of = word == "left" || word == "right";
  if (of && !Need("of")) return false;
  const auto kind = ValueIn(kRelations, of ? word + " of" : word);
  return ReadRelation(*kind, object);
}

bool QueryParser::ReadScore(ObjectQuery* object) {
  return NeedSymbol(">=") && ReadNumber("a score", &object->least_score);
}

bool QueryParser::ReadModel(ObjectQuery* object) {
  if (Now().kind != Kind::kWord) {
    return Expected("the first digits of a model's digest after 'by'");
  }
  object->model = tokens_[at_++].text;
  return true;
}

bool QueryParser::ReadAttribute(ObjectQuery* object) {
  ObjectQuery::Attribute& attribute = object->attributes.emplace_back();
  return ReadName("an attribute's name after 'with'", &attribute.name) &&
         NeedSymbol("=") && ReadPattern("a value", &attribute.value);
}

bool QueryParser::ReadPlace(Place::Kind kind, ObjectQuery* object) {
  Place place;
  place.kind = kind;
  const bool line = kind == Place::Kind::kCrosses;
  Point from, to;
  if (!Need(line ? "line" : "box") || !NeedSymbol("(") || !ReadPoint(&from) ||
      !NeedSymbol(",") || !ReadPoint(&to) || !NeedSymbol(")")) {
    return false;
  }
  if (line) {
    place.start = from;
    place.end = to;
  } else {
    place.area = {from.x, from.y, to.x, to.y};
  }
  object->places.push_back(place);
  return true;
}

bool QueryParser::ReadPoint(Point* out) {
  return ReadLength(&out->x) && NeedSymbol(",") && ReadLength(&out->y);
}

bool QueryParser::ReadLength(Length* out) {
  const auto length = Now().kind == Kind::kWord ? ParseQueryLength(Now().text)
                                                : std::optional<Length>();
  if (!length.has_value()) return Expected("pixels such as 12, or 40%");
  *out = *length;
  ++at_;
  return true;
}

bool QueryParser::ReadRelation(Relation::Kind kind, ObjectQuery* object) {
  Relation relation;
  relation.kind = kind;
  const bool read = TakeSymbol("(")
                        ? Deeper([&] { return ReadObject(&relation.other); }) &&
                              NeedSymbol(")")
                        : ReadLabels(&relation.other);
  object->relations.push_back(std::move(relation));
  return read;
}

// --- What follows the condition ---------------------------------------------

bool QueryParser::ReadClauses(Query* query) {
  static const auto* const words =
      new std::vector<std::string>{"among", "from", "to", "order", "limit"};
  std::set<std::string> said;
  while (Now().kind != Kind::kEnd) {
    const QueryToken word = Now();
    const bool clause = word.kind == Kind::kWord &&
                        std::ranges::find(*words, word.text) != words->end();
    if (!clause && !said.empty()) {
      return Expected("a further clause or the end", *words);
    }
    if (!clause) {
      return Expected("'and', 'or', 'then', a clause or the end",
                      WordsThatGoOn());
    }
    ++at_;
    if (!Once(word.offset, word.text, &said)) return false;
    if (!ReadClause(word.text, query)) return false;
    if (!Check(word.offset, CheckQuery(*query))) return false;
  }
  return true;
}

bool QueryParser::ReadClause(const std::string& word, Query* query) {
  if (word == "among") return ReadStreams(query);
  if (word == "from") return ReadTime(word, &query->from_ns);
  if (word == "to") return ReadTime(word, &query->to_ns);
  if (word == "order") return ReadOrder(query);
  return ReadWhole("a number of clips", &query->limit.emplace());
}

bool QueryParser::ReadStreams(Query* query) {
  do {
    if (!ReadPattern("a stream's name", &query->streams.emplace_back())) {
      return false;
    }
  } while (TakeSymbol(","));
  return true;
}

bool QueryParser::ReadOrder(Query* query) {
  if (!Need("by")) return false;
  const auto order = Now().kind == Kind::kWord ? ValueIn(kOrders, Now().text)
                                               : std::optional<QueryOrder>();
  if (!order.has_value()) {
    return Expected("'time', 'latest' or 'score'", NamesIn(kOrders));
  }
  query->order = *order;
  ++at_;
  return true;
}

// --- Names and numbers ------------------------------------------------------

bool QueryParser::ReadName(const std::string& what, std::string* out) {
  const bool word = Now().kind == Kind::kWord;
  if (word && !IsPlainName(Now().text)) {
    return Fail(Now().offset,
                absl::StrCat("expected ", what, ", found ", Found(Now()),
                             "; as a name it is quoted with \""));
  }
  if (!word && Now().kind != Kind::kQuoted) return Expected(what);
  *out = tokens_[at_++].text;
  return true;
}

bool QueryParser::ReadPattern(const std::string& what, std::string* out) {
  if (Now().kind == Kind::kWord && IsPlainPattern(Now().text)) {
    *out = tokens_[at_++].text;
    return true;
  }
  return ReadName(what, out);
}

bool QueryParser::ReadNumber(const std::string& what, double* out) {
  const auto number = Now().kind == Kind::kWord ? ParseQueryNumber(Now().text)
                                                : std::optional<double>();
  if (!number.has_value()) return Expected(what);
  *out = *number;
  ++at_;
  return true;
}

bool QueryParser::ReadWhole(const std::string& what, uint64_t* out) {
  const std::string& text = Now().text;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, *out);
  if (Now().kind != Kind::kWord || error != std::errc() || stop != end) {
    return Expected(what);
  }
  ++at_;
  return true;
}

bool QueryParser::ReadComparison(Comparison* out) {
  const auto comparison = Now().kind == Kind::kSymbol
                              ? ValueIn(kComparisons, Now().text)
                              : std::optional<Comparison>();
  if (!comparison.has_value()) return Expected("<, <=, =, >= or >");
  *out = *comparison;
  ++at_;
  return true;
}

bool QueryParser::ReadDuration(const std::string& word, int64_t* out) {
  const std::string what =
      absl::StrCat("a duration such as 10s after '", word, "'");
  if (Now().kind != Kind::kWord) return Expected(what);
  const auto ns = ParseDurationText(Now().text);
  if (absl::IsOutOfRange(ns.status())) return Check(Now().offset, ns.status());
  if (!ns.ok() || *ns == 0) return Expected(what);
  *out = *ns;
  ++at_;
  return true;
}

bool QueryParser::ReadTime(const std::string& word, int64_t* out) {
  const std::string what = absl::StrCat(
      "a time such as 10s or 2026-01-05T10:00:00Z after '", word, "'");
  if (Now().kind != Kind::kWord) return Expected(what);
  const auto ns = ParseTimeText(Now().text);
  if (absl::IsOutOfRange(ns.status())) return Check(Now().offset, ns.status());
  if (!ns.ok()) return Expected(what);
  *out = *ns;
  ++at_;
  return true;
}

// --- Tokens and errors ------------------------------------------------------

const QueryToken& QueryParser::Next() const {
  return tokens_[std::min(at_ + 1, tokens_.size() - 1)];
}

bool QueryParser::Take(std::string_view word) {
  if (!Now().IsWord(word)) return false;
  ++at_;
  return true;
}

bool QueryParser::TakeSymbol(std::string_view symbol) {
  if (!Now().IsSymbol(symbol)) return false;
  ++at_;
  return true;
}

bool QueryParser::Need(std::string_view word) {
  const std::string expected(word);
  return Take(word) || Expected(absl::StrCat("'", expected, "'"), {expected});
}

bool QueryParser::NeedSymbol(std::string_view symbol) {
  return TakeSymbol(symbol) ||
         Expected(absl::StrCat("'", std::string(symbol), "'"));
}

bool QueryParser::Expected(const std::string& what) {
  return Expected(what, {});
}

bool QueryParser::Expected(const std::string& what,
                           const std::vector<std::string>& known) {
  if (Now().kind == Kind::kBad) return Fail(Now().offset, Now().text);
  return Fail(
      Now().offset,
      absl::StrCat(
          "expected ", what, ", found ", Found(Now()),
          Now().kind == Kind::kWord ? DidYouMean(Now().text, known) : ""));
}

bool QueryParser::Fail(size_t offset, const std::string& what) {
  error_ = what;
  error_offset_ = offset;
  return false;
}

bool QueryParser::Check(size_t offset, const absl::Status& status) {
  return status.ok() || Fail(offset, std::string(status.message()));
}

bool QueryParser::Once(size_t offset, const std::string& word,
                       std::set<std::string>* said) {
  return said->insert(word).second ||
         Fail(offset, absl::StrCat("'", word, "' is said twice"));
}

}  // namespace fovea
