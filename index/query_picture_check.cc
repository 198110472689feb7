// SPDX-License-Identifier: GPL-2.0-or-later

#include "index/query_picture_check.h"

#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "index/internal/query_errors.h"

namespace fovea {
namespace {

constexpr double kWhole = 100;  // percent

class PictureChecker {
 public:
  PictureChecker(const std::string& name, int width, int height)
      : name_(name), width_(width), height_(height) {}

  absl::Status Check(const Condition& condition) const {
    return std::visit([&](const auto& what) { return CheckOf(what); },
                      condition.what);
  }

 private:
  absl::Status CheckOf(const CountCondition& count) const {
    return CheckObject(count.object);
  }
  absl::Status CheckOf(const SensorCondition&) const {
    return absl::OkStatus();
  }
  absl::Status CheckOf(const Conjunction& all) const {
    return CheckParts(all.parts);
  }
  absl::Status CheckOf(const Disjunction& any) const {
    return CheckParts(any.parts);
  }
  absl::Status CheckOf(const Negation& negation) const {
    return CheckParts(negation.part);
  }
  absl::Status CheckOf(const Lasting& lasting) const {
    return CheckParts(lasting.part);
  }
  absl::Status CheckOf(const Sequence& sequence) const {
    return CheckParts(sequence.parts);
  }
  absl::Status CheckOf(const Elsewhere&) const {
    return absl::OkStatus();  // about other pictures
  }

  absl::Status CheckParts(const std::vector<Condition>& parts) const {
    for (const Condition& part : parts) {
      if (auto s = Check(part); !s.ok()) return s;
    }
    return absl::OkStatus();
  }

  absl::Status CheckObject(const ObjectQuery& object) const {
    for (const Place& place : object.places) {
      if (auto s = place.kind == Place::Kind::kCrosses ? CheckLine(place)
                                                       : CheckArea(place.area);
          !s.ok()) {
        return s;
      }
    }
    for (const Relation& relation : object.relations) {
      if (auto s = CheckObject(relation.other); !s.ok()) return s;
    }
    return absl::OkStatus();
  }

  absl::Status CheckArea(const Area& area) const {
    if (auto s = CheckAcross("right", area.right); !s.ok()) return s;
    if (auto s = CheckDown("bottom", area.bottom); !s.ok()) return s;
    if (auto s = CheckAcross("left", area.left); !s.ok()) return s;
    if (auto s = CheckDown("top", area.top); !s.ok()) return s;
    if (Pixels(area.left, width_) >= Pixels(area.right, width_)) {
      return Empty("left", area.left, "right", area.right);
    }
    if (Pixels(area.top, height_) >= Pixels(area.bottom, height_)) {
      return Empty("top", area.top, "bottom", area.bottom);
    }
    return absl::OkStatus();
  }

  absl::Status CheckLine(const Place& line) const {
    for (const Point& point : {line.start, line.end}) {
      if (auto s = CheckAcross("x of a line", point.x); !s.ok()) return s;
      if (auto s = CheckDown("y of a line", point.y); !s.ok()) return s;
    }
    if (Pixels(line.start.x, width_) != Pixels(line.end.x, width_) ||
        Pixels(line.start.y, height_) != Pixels(line.end.y, height_)) {
      return absl::OkStatus();
    }
    return Unexpected(absl::StrCat("line in ", Picture()),
                      "two different points", "the same twice");
  }

  absl::Status CheckAcross(const std::string& what, Length length) const {
    return CheckWithin(what, length, width_);
  }

  absl::Status CheckDown(const std::string& what, Length length) const {
    return CheckWithin(what, length, height_);
  }

  absl::Status CheckWithin(const std::string& what, Length length,
                           int size) const {
    if (Pixels(length, size) <= size) return absl::OkStatus();
    return Unexpected(absl::StrCat(what, " in ", Picture()),
                      absl::StrCat("at most ", size, " pixels"), Shown(length));
  }

  absl::Status Empty(const std::string& from, Length begin,
                     const std::string& to, Length end) const {
    return Unexpected(absl::StrCat("box's ", from, " in ", Picture()),
                      absl::StrCat("less than its ", to, " of ", Shown(end)),
                      Shown(begin));
  }

  static double Pixels(Length length, int size) {
    return length.percent ? length.value * size / kWhole : length.value;
  }

  std::string Picture() const {
    return absl::StrCat("the picture of '", name_, "' of ", width_, " x ",
                        height_);
  }

  std::string name_;
  int width_;
  int height_;
};

}  // namespace

absl::Status CheckConditionAgainstPicture(const Condition& condition,
                                          const std::string& name, int width,
                                          int height) {
  return PictureChecker(name, width, height).Check(condition);
}

absl::Status CheckQueryAgainstPicture(const Query& query,
                                      const std::string& name, int width,
                                      int height) {
  return CheckConditionAgainstPicture(query.condition, name, width, height);
}

}  // namespace fovea
