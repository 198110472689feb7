// SPDX-License-Identifier: GPL-2.0-or-later
//
// YAML as people write settings: a map of values and lists, some of them in
// maps one level down. Nothing else YAML can do is let through, so that no
// text unfolds into more than it shows.

#ifndef FOVEA_SENSITIVITY_INTERNAL_FLAT_YAML_H_
#define FOVEA_SENSITIVITY_INTERNAL_FLAT_YAML_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace fovea::internal {

struct YamlEntry {
  std::string key;  // "name"; inside a map "input.width"
  int line = 0;     // from 1
  bool is_list = false;
  std::vector<std::string> values;  // one unless a list
};

// In the order of the text. kInvalidArgument begins with "line N: ": no
// YAML, more than one document, a key twice or without a value, deeper maps
// or lists, anchors, aliases, tags.
absl::StatusOr<std::vector<YamlEntry>> ReadFlatYaml(const std::string& text);

}  // namespace fovea::internal

#endif  // FOVEA_SENSITIVITY_INTERNAL_FLAT_YAML_H_
