// SPDX-License-Identifier: GPL-2.0-or-later
//
// Series as mcap_writer.h has them: a JSON Schema that names channels and
// units, and a flat object of numbers for each sample.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_SERIES_JSON_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_SERIES_JSON_H_

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/sample.h"

namespace fovea::codec_internal {

// Channels in the schema's order. kInvalidArgument: not 1 to 64 properties
// that are all numbers.
absl::StatusOr<std::vector<Channel>> ReadSeriesSchema(std::string_view json);

class SeriesJson {
 public:
  explicit SeriesJson(const std::vector<Channel>& channels);

  // One sample; what the message leaves out is NaN. "" or why it is none;
  // then `row` is undefined.
  std::string Read(std::string_view json, std::vector<double>* row) const;

 private:
  std::map<std::string, size_t, std::less<>> keys_;  // as JSON strings
};

}  // namespace fovea::codec_internal

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_SERIES_JSON_H_
