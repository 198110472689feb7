// SPDX-License-Identifier: GPL-2.0-or-later
//
// A query's text as words, quoted names and symbols. What a word is (a
// number, a time, a label) is for the grammar to say.

#ifndef FOVEA_API_INTERNAL_QUERY_LEXER_H_
#define FOVEA_API_INTERNAL_QUERY_LEXER_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fovea {

struct QueryToken {
  enum class Kind {
    kWord,
    kQuoted,  // `text` is what stands between the quotes, escapes undone
    kSymbol,  // ( ) , | < <= = >= >
    kEnd,
    kBad,  // `text` says why no token begins here; nothing follows
  };
  Kind kind = Kind::kEnd;
  std::string text = {};
  size_t offset = 0;  // of its first byte

  bool IsWord(std::string_view word) const {
    return kind == Kind::kWord && text == word;
  }
  bool IsSymbol(std::string_view symbol) const {
    return kind == Kind::kSymbol && text == symbol;
  }
};

// Ends with one kEnd or kBad. Requires UTF-8.
std::vector<QueryToken> ReadQueryTokens(std::string_view text);

}  // namespace fovea

#endif  // FOVEA_API_INTERNAL_QUERY_LEXER_H_
