// SPDX-License-Identifier: GPL-2.0-or-later
//
// Numbers for people, and columns that line up on a terminal.

#ifndef FOVEA_CLI_TABLE_H_
#define FOVEA_CLI_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace fovea::cli {

// "17,982".
std::string FormatCount(int64_t count);

// "1 frame", "1,234 frames".
std::string FormatCount(int64_t count, const char* noun);

// "61.0 MB": decimal units, three places; "0 B" to "999 B" exactly.
std::string FormatBytes(uint64_t bytes);

// "14.8 %" of `whole`; "-" when there is no whole.
std::string FormatShare(uint64_t part, uint64_t whole);

// Columns a terminal needs for UTF-8 `text`: code points, which is right
// for everything printed here.
size_t DisplayWidth(const std::string& text);

// Control characters as '?', so that a name from a file cannot move the
// cursor or colour the screen.
std::string Printable(const std::string& text);

enum class Align { kLeft, kRight };

struct Column {
  std::string title;
  Align align = Align::kLeft;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // Missing cells are empty, cells beyond the columns are dropped.
  void Add(std::vector<std::string> row);

  // Titles and rows, a newline after each, no blanks at line ends.
  // `color`: bold titles.
  std::string Render(bool color) const;

 private:
  std::vector<size_t> Widths() const;
  std::string Line(const std::vector<std::string>& cells,
                   const std::vector<size_t>& widths) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// "label    value" lines under each other, labels padded to one width.
class FactList {
 public:
  void Add(const std::string& label, const std::string& value);
  std::string Render() const;

 private:
  std::vector<std::pair<std::string, std::string>> facts_;
};

}  // namespace fovea::cli

#endif  // FOVEA_CLI_TABLE_H_
