// SPDX-License-Identifier: GPL-2.0-or-later
//
// A clip that was found, in words of its stream.

#ifndef FOVEA_API_DESCRIBE_CLIP_H_
#define FOVEA_API_DESCRIBE_CLIP_H_

#include "absl/status/statusor.h"
#include "api/query_answer.h"
#include "api/store_facts.h"
#include "index/clip.h"
#include "store/store_reader.h"

namespace fovea {

// With the name of its stream and, of a camera, the frames shown in it, from
// frame tables. `facts` are of `store`. Errors of reading.
absl::StatusOr<QueryClip> DescribeClip(const Clip& clip,
                                       const StoreFacts& facts,
                                       StoreReader* store);

}  // namespace fovea

#endif  // FOVEA_API_DESCRIBE_CLIP_H_
