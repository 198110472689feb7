// SPDX-License-Identifier: GPL-2.0-or-later
//
// Manifests of catalogues: any bytes end in OK or damage.

#include "store/internal/manifest_check.h"
#include "tests/fuzz/bytes_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fovea::BytesFile file({data, size});
  fovea::CheckManifest(&file, "manifest").IgnoreError();
  return 0;
}
