// Networks with branches train, resume to the bit, and come back out of files.

#include <cyclone/autograd/grad_mode.h>
#include <cyclone/io/weights.h>
#include <cyclone/ops/loss.h>
#include <cyclone/train/classifier.h>
#include <cyclone/train/evaluate.h>

#include "support/catch.h"
#include "support/shared_files.h"
#include "train/small_model.h"
#include "train/tiny_training.h"

using namespace cyclone;
using test::weights_of;

namespace {

const char* const kNetworks[] = {"resnet:8,width=0.25", "densenet:7:4,width=0.5",
                                 "conv:4 residual( conv:4 dropout:0.1 ) relu concat( conv:2 ) flatten linear:classes"};

struct Training {
    nn::Sequential model;
    std::unique_ptr<optim::Optimizer> optimizer;

    Training(const std::string& text, std::uint64_t seed) {
        set_num_threads(1);
        manual_seed(seed);
        model = nn::parse_model(text, {8, 8, 1}, 2);
        optimizer = std::make_unique<optim::Sgd>(
            model.parameters(),
            optim::SgdOptions{.lr = schedule::triangular({.base = 0.003, .max = 0.03, .step_size = Iterations{7}}),
                              .momentum = 0.9});
    }
};

}  // namespace

TEST_CASE("networks with branches learn and a training that was stopped ends with the same bits") {
    const std::string text = GENERATE(from_range(std::begin(kNetworks), std::end(kNetworks)));
    INFO(text);
    const auto [data, rest] = test::small_patches();
    const test::TemporaryFolder folder;
    train::FitOptions options{.epochs = 4, .batch_size = 16, .seed = 3};
    options.progress = train::ProgressMode::off;
    Training whole(text, 1);
    const train::History history = train::fit(whole.model, *whole.optimizer, data, options);
    CHECK(history.epochs().back().train_loss < 0.8 * history.epochs().front().train_loss);
    options.checkpoint.folder = folder / "run";
    options.checkpoint.resume = true;
    for (const std::uint64_t stop : {5, 22, 0}) {
        options.after_update = [stop](const train::UpdateRow& row) {
            return row.update == stop ? train::Control::stop : train::Control::proceed;
        };
        Training part(text, stop == 5 ? 1 : 100);  // weights of its own only where it resumes
        train::fit(part.model, *part.optimizer, data, options);
        CHECK((weights_of(part.model) == weights_of(whole.model)) == (stop == 0));
        if (stop != 0) continue;
        for (const NamedTensor& buffer : part.model.named_buffers())
            CHECK(buffer.tensor.to_vector<float>() ==
                  whole.model.named_buffers().find(buffer.name)->to_vector<float>());
    }
}

TEST_CASE("a classifier with branches comes back out of its file") {
    const std::string text = GENERATE(from_range(std::begin(kNetworks), std::end(kNetworks)));
    const auto [data, rest] = test::small_patches();
    const test::TemporaryFolder folder;
    Training training(text, 5);
    const train::Classifier c{.model = text,
                              .input = data.image_shape(),
                              .pixels = data.images.dtype(),
                              .class_names = data.class_names,
                              .standardization = data.standardization,
                              .network = training.model};
    c.save(folder / "net.safetensors");
    train::Classifier back = train::Classifier::load(folder / "net.safetensors");
    CHECK(back.model == text);
    training.model.eval();
    back.network.eval();
    const NoGrad guard;
    const Tensor x = Tensor::ones({2, 8, 8, 1});
    CHECK(back.network(x).to_vector<float>() == training.model(x).to_vector<float>());
}
