// SPDX-License-Identifier: GPL-2.0-or-later
//
// make_torchscript FILE SOURCE: saves a module that has the tensor
// self.scale = [1, 2, 3] and the methods in SOURCE.

#include <torch/script.h>

#include <cstdio>
#include <exception>

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  try {
    torch::jit::Module module("Test");
    module.register_parameter("scale", at::tensor({1.0F, 2.0F, 3.0F}), false);
    module.define(argv[2]);
    module.save(argv[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
