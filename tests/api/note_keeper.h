// SPDX-License-Identifier: GPL-2.0-or-later
//
// Keeps what an ingest tells its user.

#ifndef FOVEA_TESTS_API_NOTE_KEEPER_H_
#define FOVEA_TESTS_API_NOTE_KEEPER_H_

#include <string>
#include <vector>

#include "api/ingest.h"

namespace fovea::testing {

class NoteKeeper : public IngestObserver {
 public:
  void OnNote(const std::string& note) override { notes.push_back(note); }
  std::vector<std::string> notes;
};

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_API_NOTE_KEEPER_H_
