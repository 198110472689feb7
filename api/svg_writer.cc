// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/svg_writer.h"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace fovea {
namespace {

constexpr char kReplacement[] = "\xef\xbf\xbd";

std::string Number(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.2f", value);
  return text;
}

std::string StrokeText(const SvgStroke& stroke) {
  std::string text =
      absl::StrCat(" stroke=\"", stroke.color, "\" stroke-width=\"",
                   Number(stroke.width), "\"");
  if (!stroke.dash.empty()) {
    absl::StrAppend(&text, " stroke-dasharray=\"", stroke.dash, "\"");
  }
  return text;
}

const char* AnchorName(SvgAnchor anchor) {
  switch (anchor) {
    case SvgAnchor::kMiddle:
      return "middle";
    case SvgAnchor::kEnd:
      return "end";
    default:
      return "start";
  }
}

// Bytes of the well-formed UTF-8 character `text` begins with; 0 for none.
size_t CharacterSize(std::string_view text) {
  const auto byte = [&text](size_t i) {
    return i < text.size() ? static_cast<uint8_t>(text[i]) : uint8_t{0};
  };
  const uint8_t first = byte(0);
  if (first < 0x80) return 1;
  const size_t size = first >= 0xc2 && first < 0xe0   ? 2
                      : first >= 0xe0 && first < 0xf0 ? 3
                      : first >= 0xf0 && first < 0xf5 ? 4
                                                      : 0;
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  // Overlong forms, surrogates, beyond U+10FFFF, and U+FFFE, U+FFFF.
  if ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f) ||
      (first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f) ||
      (first == 0xef && byte(1) == 0xbf && byte(2) >= 0xbe)) {
    return 0;
  }
  return size;
}

}  // namespace

std::string EscapeXml(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    const size_t size = CharacterSize(std::string_view(text).substr(i));
    const auto byte = static_cast<uint8_t>(text[i]);
    if (size == 0 || byte < 0x20 || byte == 0x7f) {
      out += kReplacement;
    } else if (byte == '<') {
      out += "&lt;";
    } else if (byte == '>') {
      out += "&gt;";
    } else if (byte == '&') {
      out += "&amp;";
    } else if (byte == '"') {
      out += "&quot;";
    } else {
      out += text.substr(i, size);
    }
    i += size == 0 ? 1 : size;
  }
  return out;
}

SvgWriter::SvgWriter(double width, double height) {
  const std::string w = Number(width), h = Number(height);
  absl::StrAppend(
      &text_, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"", w,
      "\" height=\"", h, "\" viewBox=\"0 0 ", w, " ", h,
      "\" font-family=\"DejaVu Sans, Helvetica, Arial, sans-serif\">\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
}

void SvgWriter::Line(double x1, double y1, double x2, double y2,
                     const SvgStroke& stroke) {
  absl::StrAppend(&text_, "<line x1=\"", Number(x1), "\" y1=\"", Number(y1),
                  "\" x2=\"", Number(x2), "\" y2=\"", Number(y2), "\"",
                  StrokeText(stroke), "/>\n");
}

void SvgWriter::Polyline(const Points& points, const SvgStroke& stroke) {
  absl::StrAppend(&text_, "<polyline fill=\"none\"", StrokeText(stroke),
                  " points=\"");
  for (const auto& [x, y] : points) {
    absl::StrAppend(&text_, Number(x), ",", Number(y), " ");
  }
  text_ += "\"/>\n";
}

void SvgWriter::Rectangle(double x, double y, double width, double height,
                          const SvgStroke& stroke) {
  absl::StrAppend(&text_, "<rect fill=\"none\" x=\"", Number(x), "\" y=\"",
                  Number(y), "\" width=\"", Number(width), "\" height=\"",
                  Number(height), "\"", StrokeText(stroke), "/>\n");
}

void SvgWriter::Dot(double x, double y, double radius, const std::string& color,
                    const std::string& tooltip) {
  absl::StrAppend(&text_, "<circle cx=\"", Number(x), "\" cy=\"", Number(y),
                  "\" r=\"", Number(radius), "\" fill=\"", color, "\"><title>",
                  EscapeXml(tooltip), "</title></circle>\n");
}

void SvgWriter::Text(double x, double y, const std::string& text,
                     const SvgText& how) {
  absl::StrAppend(&text_, "<text x=\"", Number(x), "\" y=\"", Number(y),
                  "\" font-size=\"", Number(how.size), "\" text-anchor=\"",
                  AnchorName(how.anchor), "\" fill=\"", how.color, "\"",
                  how.bold ? " font-weight=\"bold\"" : "");
  if (how.upward) {
    absl::StrAppend(&text_, " transform=\"rotate(-90 ", Number(x), " ",
                    Number(y), ")\"");
  }
  absl::StrAppend(&text_, ">", EscapeXml(text), "</text>\n");
}

std::string SvgWriter::Finish() && { return std::move(text_) + "</svg>\n"; }

}  // namespace fovea
