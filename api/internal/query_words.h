// SPDX-License-Identifier: GPL-2.0-or-later
//
// The words, names and numbers of queries, as their text and their JSON both
// have them.

#ifndef FOVEA_API_INTERNAL_QUERY_WORDS_H_
#define FOVEA_API_INTERNAL_QUERY_WORDS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "index/query.h"

namespace fovea {

// What each value is called; every value is in its table once.
template <typename Value>
struct Called {
  Value value;
  const char* name;
};
inline constexpr Called<Comparison> kComparisons[] = {
    {Comparison::kLess, "<"},
    {Comparison::kAtMost, "<="},
    {Comparison::kEqual, "="},
    {Comparison::kAtLeast, ">="},
    {Comparison::kGreater, ">"}};
inline constexpr Called<Place::Kind> kPlaces[] = {
    {Place::Kind::kIn, "in"},
    {Place::Kind::kInside, "inside"},
    {Place::Kind::kTouches, "touches"},
    {Place::Kind::kCrosses, "crosses"}};
inline constexpr Called<Relation::Kind> kRelations[] = {
    {Relation::Kind::kLeftOf, "left of"},
    {Relation::Kind::kRightOf, "right of"},
    {Relation::Kind::kAbove, "above"},
    {Relation::Kind::kBelow, "below"},
    {Relation::Kind::kOverlaps, "overlaps"}};
inline constexpr Called<QueryOrder> kOrders[] = {
    {QueryOrder::kTime, "time"},
    {QueryOrder::kLatest, "latest"},
    {QueryOrder::kScore, "score"}};

template <typename Value, size_t n>
std::string NameIn(const Called<Value> (&table)[n], Value value) {
  for (const auto& entry : table) {
    if (entry.value == value) return entry.name;
  }
  return "";
}

template <typename Value, size_t n>
std::optional<Value> ValueIn(const Called<Value> (&table)[n],
                             std::string_view name) {
  for (const auto& entry : table) {
    if (name == entry.name) return entry.value;
  }
  return std::nullopt;
}

template <typename Value, size_t n>
std::vector<std::string> NamesIn(const Called<Value> (&table)[n]) {
  std::vector<std::string> names;
  for (const auto& entry : table) names.push_back(entry.name);
  return names;
}

// Words that mean something wherever they stand: as names they are quoted.
const std::vector<std::string>& ReservedWords();
bool IsReserved(std::string_view word);

// What may stand in a text without blanks around it or quotes.
bool IsWordByte(char c);

// Whether a name needs no quotes: as a label, channel or attribute's name;
// as a pattern or attribute's value; as a unit.
bool IsPlainName(std::string_view name);
bool IsPlainPattern(std::string_view pattern);
bool IsPlainUnit(std::string_view unit);

// Between double quotes, with \" \\ \n \r \t \xHH for what cannot stand
// there. Requires UTF-8.
std::string Quoted(std::string_view name);
// Quoted where it must be.
std::string NameText(std::string_view name);
std::string PatternText(std::string_view pattern);
std::string UnitText(std::string_view unit);

// The shortest decimal that reads back to the same number.
std::string NumberText(double number);
// A decimal number, all of the text; nothing beyond what a double can hold.
std::optional<double> ParseQueryNumber(std::string_view text);

// A number, with % for percent.
std::string LengthText(const Length& length);
std::optional<Length> ParseQueryLength(std::string_view text);

// "; did you mean 'X'?", or "" where no word of `known` begins like `typed`
// or has its letters and is near to it.
std::string DidYouMean(std::string_view typed,
                       const std::vector<std::string>& known);

}  // namespace fovea

#endif  // FOVEA_API_INTERNAL_QUERY_WORDS_H_
