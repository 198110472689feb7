// SPDX-License-Identifier: GPL-2.0-or-later
//
// The grammar of a query's text, a function per rule. The first thing that
// does not fit ends the reading: every rule returns false from there on, and
// what was wrong, and where, is asked for once, at the end.

#ifndef FOVEA_API_INTERNAL_QUERY_PARSER_H_
#define FOVEA_API_INTERNAL_QUERY_PARSER_H_

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "api/internal/query_lexer.h"
#include "index/query.h"

namespace fovea {

class QueryParser {
 public:
  // Requires UTF-8.
  explicit QueryParser(std::string_view text)
      : tokens_(ReadQueryTokens(text)) {}

  // All of the text. On false, `error` and `error_offset` say what is wrong.
  bool Read(Query* query);
  const std::string& error() const { return error_; }
  size_t error_offset() const { return error_offset_; }

 private:
  using Part = bool (QueryParser::*)(Condition*);

  // --- Conditions, loosest first.
  bool ReadCondition(Condition* out);
  bool ReadAll(Condition* out);
  bool ReadSequence(Condition* out);
  bool ReadStep(Condition* out);
  bool ReadFor(Condition* out);
  bool ReadTerm(Condition* out);
  bool ReadNot(Condition* out);
  bool ReadBracketed(Condition* out);
  bool ReadElsewhere(Condition* out);
  bool ReadSensor(Condition* out);
  bool ReadCount(Condition* out);
  // Parts with `word` between them.
  template <typename Node>
  bool ReadChain(const char* word, Part part, Condition* out);
  // Bounds how deep the rules call one another.
  template <typename Rule>
  bool Deeper(Rule rule);

  // --- Objects.
  bool ReadObject(ObjectQuery* object);
  bool ReadLabels(ObjectQuery* object);
  bool ReadModifier(const std::string& word, ObjectQuery* object);
  bool ReadScore(ObjectQuery* object);
  bool ReadModel(ObjectQuery* object);
  bool ReadAttribute(ObjectQuery* object);
  bool ReadPlace(Place::Kind kind, ObjectQuery* object);
  bool ReadRelation(Relation::Kind kind, ObjectQuery* object);
  bool ReadLength(Length* out);
  bool ReadPoint(Point* out);

  // --- What follows the condition.
  bool ReadClauses(Query* query);
  bool ReadClause(const std::string& word, Query* query);
  bool ReadStreams(Query* query);
  bool ReadOrder(Query* query);

  // --- Names and numbers; `what` says what is expected.
  bool ReadName(const std::string& what, std::string* out);
  bool ReadPattern(const std::string& what, std::string* out);
  bool ReadNumber(const std::string& what, double* out);
  bool ReadWhole(const std::string& what, uint64_t* out);
  bool ReadComparison(Comparison* out);
  bool ReadDuration(const std::string& word, int64_t* out);
  bool ReadTime(const std::string& word, int64_t* out);

  // --- Tokens.
  const QueryToken& Now() const { return tokens_[at_]; }
  // The one behind; the last one again at the end.
  const QueryToken& Next() const;
  bool AtSensor() const;
  bool Take(std::string_view word);
  bool TakeSymbol(std::string_view symbol);
  bool Need(std::string_view word);
  bool NeedSymbol(std::string_view symbol);

  // --- Errors: each returns false.
  bool Expected(const std::string& what);
  // Words that might have been meant instead.
  bool Expected(const std::string& what, const std::vector<std::string>& known);
  bool Fail(size_t offset, const std::string& what);
  // True where the status is OK.
  bool Check(size_t offset, const absl::Status& status);
  // Notes a word that may stand once.
  bool Once(size_t offset, const std::string& word,
            std::set<std::string>* said);

  std::vector<QueryToken> tokens_;
  size_t at_ = 0;
  size_t level_ = 0;
  std::string error_;
  size_t error_offset_ = 0;
};

}  // namespace fovea

#endif  // FOVEA_API_INTERNAL_QUERY_PARSER_H_
