// SPDX-License-Identifier: GPL-2.0-or-later
//
// A query from parsed JSON. As QueryParser, it stops at the first thing that
// does not fit.

#ifndef FOVEA_API_INTERNAL_QUERY_JSON_READER_H_
#define FOVEA_API_INTERNAL_QUERY_JSON_READER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "index/query.h"
#include "nlohmann/json.hpp"

namespace fovea {

using QueryJson = nlohmann::json;

class QueryJsonReader {
 public:
  // On false, `error` names the place and what is wrong there.
  bool Read(const QueryJson& json, Query* query);
  const std::string& error() const { return error_; }

 private:
  // A value and its place: "find.and[1].object".
  struct Node {
    const QueryJson& json;
    std::string path;
    // Requires that there is such a key, or index.
    Node operator[](const char* key) const;
    Node operator[](size_t i) const;
    bool Has(const char* key) const { return json.contains(key); }
  };

  bool ReadCondition(const Node& node, Condition* out);
  bool ReadParts(const Node& node, std::vector<Condition>* parts);
  bool ReadNot(const Node& node, Condition* out);
  bool ReadFor(const Node& node, Condition* out);
  bool ReadThen(const Node& node, Condition* out);
  bool ReadElsewhere(const Node& node, Condition* out);
  bool ReadSensor(const Node& node, Condition* out);
  bool ReadCount(const Node& node, Condition* out);

  bool ReadObject(const Node& node, ObjectQuery* object);
  bool ReadAttribute(const Node& node, ObjectQuery* object);
  bool ReadPlace(const Node& node, ObjectQuery* object);
  bool ReadRelation(const Node& node, ObjectQuery* object);
  bool ReadLength(const Node& node, Length* out);

  bool ReadText(const Node& node, std::string* out);
  bool ReadTexts(const Node& node, std::vector<std::string>* out);
  bool ReadNumber(const Node& node, double* out);
  bool ReadWhole(const Node& node, uint64_t most, uint64_t* out);
  bool ReadTime(const Node& node, int64_t* out);
  bool ReadDuration(const Node& node, int64_t* out);
  bool ReadComparison(const Node& node, Comparison* out);

  // Whether `node` is an object with all of `needed`, and nothing besides
  // them and `allowed`.
  bool Keys(const Node& node, const std::vector<std::string>& needed,
            const std::vector<std::string>& allowed = {});
  // The one key of `node`, which must be one of `known`.
  bool OneKey(const Node& node, const std::vector<std::string>& known,
              std::string* key);
  // Calls `read` with each element of a list.
  template <typename Reader>
  bool Each(const Node& node, Reader read);

  bool Expected(const Node& node, const std::string& what);
  bool Fail(const Node& node, const std::string& what);

  std::string error_;
};

}  // namespace fovea

#endif  // FOVEA_API_INTERNAL_QUERY_JSON_READER_H_
