// SPDX-License-Identifier: GPL-2.0-or-later
//
// Ends of catalogue tables: any bytes end in OK or damage.

#include "store/internal/table_check.h"
#include "tests/fuzz/bytes_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fovea::BytesFile file({data, size});
  fovea::CheckTable(&file, "table").IgnoreError();
  return 0;
}
