#pragma once
// Parts of a model by the names of their tensors: to freeze them for transfer learning, or to give them rates of their
// own (optim::scale_group()).
//
//     nn::freeze(model, "body.*");                       // but for the head
//     optim::Sgd sgd{model.parameters(), {.lr = 0.01}};

#include <cyclone/nn/module.h>

#include <string_view>
#include <vector>

namespace cyclone::nn {

/// Whether a name matches a pattern: '*' stands for any characters, also none and dots, '?' for any one. A pattern also
/// matches what is below it: "body" is "body" and "body.*".
bool matches(std::string_view pattern, std::string_view name);

/// The parameters of the model, without those of frozen modules, whose names match. Where no name has a "head", "head"
/// is the last layer that has parameters. Error that lists the names when there is none.
StateDict parameters_like(const Module& model, std::string_view pattern);

/// The layers, that is modules with tensors of their own, all of whose tensors match. "head" as above. Errors: no layer
/// matches (lists the names), or only some tensors of a layer do.
std::vector<Module*> layers_like(Module& model, std::string_view pattern);

/// Module::freeze() for layers_like(). Make the optimizer afterwards.
void freeze(Module& model, std::string_view pattern);
/// Undoes freeze() for the layers that match.
void unfreeze(Module& model, std::string_view pattern);

}  // namespace cyclone::nn
