// SPDX-License-Identifier: GPL-2.0-or-later
//
// Models on disk. A model is a folder with its card (model.yaml), network
// and label file; the models a user has added stand side by side in one
// folder, each under its name.

#ifndef FOVEA_API_MODEL_FOLDER_H_
#define FOVEA_API_MODEL_FOLDER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "codec/model_id.h"
#include "sensitivity/model.h"
#include "sensitivity/model_card.h"

namespace fovea {

// $FOVEA_MODELS, else fovea/models below $XDG_DATA_HOME or ~/.local/share.
std::string DefaultModelFolder();

struct ModelFiles {
  ModelCard card;
  std::vector<std::string> labels;
  std::string card_path, network_path;
  std::string label_path;  // empty: none
  // SHA-256 over card, network and labels: all that changes an answer. No
  // name is among it, neither the model's nor a file's.
  ModelDigest digest{};
  uint64_t bytes = 0;  // of network and labels
};

// Reads and hashes, without the network runtime. `spec` is the name of an
// added model in `models`, a model.yaml, or a folder with one. kNotFound
// names what is missing; kDataLoss: an added model's files are no longer
// what was added.
absl::StatusOr<ModelFiles> ReadModel(const std::string& spec,
                                     const std::string& models);

// ReadModel(), then the network itself. Errors of both.
absl::StatusOr<std::unique_ptr<Model>> OpenModel(const std::string& spec,
                                                 const std::string& models,
                                                 const NetworkOptions& options);

using Models = std::vector<std::unique_ptr<Model>>;
absl::StatusOr<Models> OpenModels(const std::vector<std::string>& specs,
                                  const std::string& models,
                                  const NetworkOptions& options);

// What `fovea model check` found.
struct ModelCheck {
  NetworkInfo network;
  std::vector<std::vector<int64_t>> output_shapes;
  double scalar = 0;            // of a picture of noise
  double gradient_energy = 0;   // mean square by input value, the same
  bool differentiable = false;  // the gradient is finite and not all 0
};

// Runs the model forward and backward on a picture of noise of its own
// input size. kDataLoss: an output is not finite; errors of the decoder.
absl::StatusOr<ModelCheck> CheckModel(Model* model);

struct NewModel {
  std::string card;     // model.yaml, or a folder with one
  std::string network;  // path; empty: as the card says, beside it
  std::string labels;   // path; the same
  std::string name;     // empty: the card's
};

// Copies card, network and labels into `models` once ReadModel() and
// CheckModel() pass. kAlreadyExists: the name is taken; nothing is left
// behind on any error.
absl::StatusOr<ModelFiles> AddModel(const NewModel& added,
                                    const std::string& models);

// Names of the models in `models`, sorted. A missing folder has none.
absl::StatusOr<std::vector<std::string>> ListModels(const std::string& models);

// kNotFound when there is none called so.
absl::Status RemoveModel(const std::string& name, const std::string& models);

}  // namespace fovea

#endif  // FOVEA_API_MODEL_FOLDER_H_
