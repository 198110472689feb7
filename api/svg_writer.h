// SPDX-License-Identifier: GPL-2.0-or-later
//
// The few shapes a plot needs, as SVG 1.1 text. Coordinates are pixels.

#ifndef FOVEA_API_SVG_WRITER_H_
#define FOVEA_API_SVG_WRITER_H_

#include <string>
#include <utility>
#include <vector>

namespace fovea {

struct SvgStroke {
  std::string color = "#000";
  double width = 1;
  std::string dash;  // "" solid, else lengths: "6 3"
};

enum class SvgAnchor { kStart, kMiddle, kEnd };

struct SvgText {
  double size = 12;
  SvgAnchor anchor = SvgAnchor::kStart;
  bool bold = false;
  bool upward = false;  // turned to read from below
  std::string color = "#222";
};

class SvgWriter {
 public:
  using Points = std::vector<std::pair<double, double>>;

  SvgWriter(double width, double height);

  void Line(double x1, double y1, double x2, double y2,
            const SvgStroke& stroke);
  void Polyline(const Points& points, const SvgStroke& stroke);
  void Rectangle(double x, double y, double width, double height,
                 const SvgStroke& stroke);
  // Filled; `tooltip` is shown by browsers under the pointer.
  void Dot(double x, double y, double radius, const std::string& color,
           const std::string& tooltip);
  // Any text: markup is escaped, what XML forbids becomes U+FFFD.
  void Text(double x, double y, const std::string& text, const SvgText& how);

  std::string Finish() &&;

 private:
  std::string text_;
};

// Any bytes as character data of XML.
std::string EscapeXml(const std::string& text);

}  // namespace fovea

#endif  // FOVEA_API_SVG_WRITER_H_
