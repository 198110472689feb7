// SPDX-License-Identifier: GPL-2.0-or-later
//
// Tells whether a source is the one an interrupted ingest was reading.

#ifndef FOVEA_API_SOURCE_DIGEST_H_
#define FOVEA_API_SOURCE_DIGEST_H_

#include <string>

namespace fovea {

// For a file: SHA-256 of its size and first MiB, in hexadecimal. For a
// folder: of the names and sizes below it. "" for anything else (live
// feeds, pipes): those cannot be resumed.
std::string SourceDigest(const std::string& location);

}  // namespace fovea

#endif  // FOVEA_API_SOURCE_DIGEST_H_
