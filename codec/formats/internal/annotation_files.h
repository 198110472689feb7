// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the writers of annotations share, and each one's entry.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_ANNOTATION_FILES_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_ANNOTATION_FILES_H_

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "codec/formats/annotations.h"
#include "codec/formats/internal/pending_file.h"

namespace fovea::codec_internal {

// All labels by name with their places, from 0.
std::map<std::string_view, size_t> LabelsOf(const Annotations& annotations);

absl::Status WriteCoco(const Annotations& annotations,
                       const AnnotationWriteOptions& options,
                       PendingFile* file);
absl::Status WriteCvat(const Annotations& annotations,
                       const AnnotationWriteOptions& options,
                       PendingFile* file);
absl::Status WriteAnnotationCsv(const Annotations& annotations,
                                const AnnotationWriteOptions& options,
                                PendingFile* file);
// Into a folder that exists and is empty.
absl::Status WriteYolo(const Annotations& annotations,
                       const AnnotationWriteOptions& options,
                       const std::string& folder);

}  // namespace fovea::codec_internal

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_ANNOTATION_FILES_H_
