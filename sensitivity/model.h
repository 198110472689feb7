// SPDX-License-Identifier: GPL-2.0-or-later
//
// A user's network with all that is needed to ask it about pictures: card,
// labels, decoder, identity.

#ifndef FOVEA_SENSITIVITY_MODEL_H_
#define FOVEA_SENSITIVITY_MODEL_H_

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/model_id.h"
#include "codec/sample.h"
#include "sensitivity/decoder.h"
#include "sensitivity/model_card.h"
#include "sensitivity/model_description.h"
#include "sensitivity/network.h"
#include "sensitivity/picture_input.h"
#include "sensitivity/window_input.h"

namespace fovea {

// Not thread-safe.
class Model {
 public:
  // `network` outlives nothing: the model owns it. The card is one of a
  // network, not of a program.
  Model(ModelDescription description, std::unique_ptr<Network> network);

  const ModelDescription& description() const { return description_; }
  const ModelCard& card() const { return description_.card; }
  const std::vector<std::string>& labels() const { return description_.labels; }
  const ModelId& id() const { return description_.id; }
  const Decoder& decoder() const { return *decoder_; }
  Network* network() { return network_.get(); }

  // The way of pictures of this size and colour into the network; valid
  // until another size or colour is asked for. kInvalidArgument: no picture
  // model, or the size is out of range.
  absl::StatusOr<const PictureInput*> InputFor(int width, int height,
                                               const ColorInfo& color);

  // Raw outputs for one frame; the first of a size are checked by the
  // decoder.
  absl::StatusOr<std::vector<Tensor>> Run(const Frame& frame,
                                          const ColorInfo& color);

  // What a model of windows says about one, in the stream's units, channel by
  // channel. kInvalidArgument: no such model, or another number of values.
  absl::StatusOr<Answer> InferWindow(std::span<const double> values);

  // What the model says about one frame.
  absl::StatusOr<Answer> Infer(const Frame& frame, const ColorInfo& color);

 private:
  struct SizedInput {
    int width, height;
    ColorInfo color;
    PictureInput input;
    bool checked = false;  // that outputs fit the decoder
  };

  const ModelDescription description_;
  const std::unique_ptr<Network> network_;
  const std::unique_ptr<Decoder> decoder_;
  std::optional<SizedInput> input_;
  std::optional<WindowInput> window_input_;
};

}  // namespace fovea

#endif  // FOVEA_SENSITIVITY_MODEL_H_
