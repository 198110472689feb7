// SPDX-License-Identifier: GPL-2.0-or-later
//
// Models on disk. A model is a folder with its card (model.yaml), network or
// program, and label file; the models a user has added stand side by side in
// one folder, each under its name.

#ifndef FOVEA_API_MODEL_FOLDER_H_
#define FOVEA_API_MODEL_FOLDER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/external_model.h"
#include "codec/model_id.h"
#include "sensitivity/model.h"
#include "sensitivity/model_card.h"

namespace fovea {

// $FOVEA_MODELS, else fovea/models below $XDG_DATA_HOME or ~/.local/share.
std::string DefaultModelFolder();

struct ModelFiles {
  ModelCard card;
  std::vector<std::string> labels;
  std::string card_path;
  std::string network_path;  // empty: a program
  std::string label_path;    // empty: none
  // Of a program. Words that name files beside the card are such files: they
  // are run by whole path and listed as the card has them.
  std::vector<std::string> command;
  std::vector<std::string> command_files;
  // SHA-256 over card, labels, and the network or the command's files: all
  // of it that changes an answer. No name is among it, neither the model's
  // nor a file's, but for the words of a command.
  ModelDigest digest{};
  uint64_t bytes = 0;  // of those files
};

// Reads and hashes, without the network runtime. `spec` is the name of an
// added model in `models`, a model.yaml, or a folder with one. kNotFound
// names what is missing; kDataLoss: an added model's files are no longer
// what was added.
absl::StatusOr<ModelFiles> ReadModel(const std::string& spec,
                                     const std::string& models);

// What is known of a model that is not opened.
ModelDescription DescriptionOf(const ModelFiles& files);

// ReadModel(), then the network itself. Errors of both; kFailedPrecondition:
// the model is a program.
absl::StatusOr<std::unique_ptr<Model>> OpenModel(const std::string& spec,
                                                 const std::string& models,
                                                 const NetworkOptions& options);

using Models = std::vector<std::unique_ptr<Model>>;
absl::StatusOr<Models> OpenModels(const std::vector<std::string>& specs,
                                  const std::string& models,
                                  const NetworkOptions& options);

// Models of either kind, to look along while recordings come in. Programs
// have passed CheckExternalModel(): one that takes long to load has loaded,
// one that cannot answer is an error before there is footage to wait.
struct LookingModels {
  Models networks;
  std::vector<std::unique_ptr<ExternalModel>> programs;
};
absl::StatusOr<LookingModels> OpenLookingModels(
    const std::vector<std::string>& specs, const std::string& models,
    const NetworkOptions& options);

// Starts a program. kFailedPrecondition: the model is a network.
absl::StatusOr<std::unique_ptr<ExternalModel>> OpenExternalModel(
    const ModelFiles& files);

// How the program of a card is started.
ExternalModelOptions ProgramOptionsOf(const ModelFiles& files);

struct NewModel {
  std::string card;     // model.yaml, or a folder with one
  std::string network;  // path; empty: as the card says, beside it
  std::string labels;   // path; the same
  std::string name;     // empty: the card's
};

// Copies card, network or a command's files, and labels into `models` where
// ReadModel() and CheckModel() pass; of a program CheckExternalModel(), asked
// of the copy. kAlreadyExists: the name is taken; nothing is left behind on
// any error.
absl::StatusOr<ModelFiles> AddModel(const NewModel& added,
                                    const std::string& models);

// Names of the models in `models`, sorted. A missing folder has none.
absl::StatusOr<std::vector<std::string>> ListModels(const std::string& models);

// kNotFound when there is none called so.
absl::Status RemoveModel(const std::string& name, const std::string& models);

}  // namespace fovea

#endif  // FOVEA_API_MODEL_FOLDER_H_
