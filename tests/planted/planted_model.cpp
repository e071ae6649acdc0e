#include "tests/planted/planted_model.h"

#include <map>
#include <nlohmann/json.hpp>
#include <random>

#include "headlens/formats/safetensors.h"

namespace headlens {
namespace {

/// The residual stream's parts, sixteen dimensions each: the token itself, its position, what
/// planted heads write for others, what is predicted, and what decoys write.
enum class Part : std::uint8_t { token, position, message, output, junk };

constexpr std::int64_t kWidth = 16, kParts = 5, kDModel = kParts * kWidth;
constexpr std::int64_t kLayers = 3, kHeads = 5, kVocabulary = 16, kContext = 16, kDMlp = 32;
std::int64_t first_dimension(Part part) { return static_cast<std::int64_t>(part) * kWidth; }

/// What a planted head compares, moves, and where it puts it.
struct PlantedHead {
  Part query, key, value, target;
  int key_shift = 0;      ///< a key of number n answers queries of number n + key_shift
  float sharpness = 2;    ///< of queries and of keys: attention is all but one-hot
  float strength = 0.2f;  ///< of what it writes
};

struct Wiring {
  PlantedHead first, second;
  ReceiverKind first_reads, second_reads;  ///< by what the difference comes in
};

Wiring wiring_of(PlantedCircuit circuit) {
  const PlantedHead previous{Part::position, Part::position, Part::token, Part::message, 1};
  switch (circuit) {
    case PlantedCircuit::induction:
      return {previous,
              {Part::token, Part::message, Part::token, Part::output},
              ReceiverKind::v,
              ReceiverKind::k};
    case PlantedCircuit::duplicate_pointer:
      // Where a token occurs twice both places score alike: milder, so that what little decoys move
      // does not tip the balance; and the pointer is small beside the final norm.
      return {{Part::token, Part::token, Part::position, Part::message, 0, 1, 0.1f},
              {Part::message, Part::position, Part::token, Part::output, -1, 6},
              ReceiverKind::k,
              ReceiverKind::q};
    case PlantedCircuit::copy_of_previous:
      break;
  }
  return {previous,
          {Part::position, Part::position, Part::message, Part::output},
          ReceiverKind::v,
          ReceiverKind::v};
}

/// A checkpoint's tensors by name, in GPT-2's layout: [input, output].
class Weights {
 public:
  explicit Weights(unsigned seed) : random_(seed) {
    add("wte.weight", {kVocabulary, kDModel});
    add("wpe.weight", {kContext, kDModel});
    add("lm_head.weight", {kVocabulary, kDModel});
    add_norm("ln_f");
    for (std::int64_t i = 0; i < kWidth; ++i) {
      at("wte.weight", i, first_dimension(Part::token) + i) = 1;
      at("wpe.weight", i, first_dimension(Part::position) + i) = 1;
      at("lm_head.weight", i, first_dimension(Part::output) + i) = 1;
    }
    for (int layer = 0; layer < kLayers; ++layer) add_layer(layer);
  }

  void plant(const Sender& place, const PlantedHead& head) {
    const std::string attention = name_of_layer(place.layer) + "attn.";
    const std::int64_t column = place.head * kWidth;
    clear_head(attention, column);
    for (std::int64_t i = 0; i < kWidth; ++i) {
      at(attention + "c_attn.weight", first_dimension(head.query) + i, column + i) = head.sharpness;
      const std::int64_t key = i + head.key_shift;
      if (key >= 0 && key < kWidth) {
        at(attention + "c_attn.weight", first_dimension(head.key) + i, kDModel + column + key) =
            head.sharpness;
      }
      at(attention + "c_attn.weight", first_dimension(head.value) + i, 2 * kDModel + column + i) =
          1;
      at(attention + "c_proj.weight", column + i, first_dimension(head.target) + i) = head.strength;
    }
  }

  void write(const std::filesystem::path& path) const {
    std::vector<NamedTensor> tensors;
    for (const auto& [name, tensor] : tensors_) {
      tensors.push_back({name, tensor.shape, tensor.values});
    }
    write_safetensors(path, tensors);
  }

 private:
  struct Numbers {
    Shape shape;
    std::vector<float> values;
  };

  static std::string name_of_layer(int layer) { return "h." + std::to_string(layer) + "."; }

  void add(const std::string& name, const Shape& shape, float value = 0) {
    tensors_[name] = {shape, std::vector<float>(element_count(shape), value)};
  }

  void add_norm(const std::string& name) {
    add(name + ".weight", {kDModel}, 1);
    add(name + ".bias", {kDModel});
  }

  float& at(const std::string& name, std::int64_t row, std::int64_t column) {
    Numbers& tensor = tensors_.at(name);
    return tensor.values[row * tensor.shape.back() + column];
  }

  void fill(const std::string& name, std::int64_t first_column, std::int64_t end, float spread) {
    std::normal_distribution<float> normal(0, spread);
    const std::int64_t rows = tensors_.at(name).shape.front();
    for (std::int64_t row = 0; row < rows; ++row) {
      for (std::int64_t c = first_column; c < end; ++c) at(name, row, c) = normal(random_);
    }
  }

  void add_layer(int layer) {
    const std::string h = name_of_layer(layer);
    add_norm(h + "ln_1");
    add_norm(h + "ln_2");
    add(h + "attn.c_attn.weight", {kDModel, 3 * kDModel});
    add(h + "attn.c_attn.bias", {3 * kDModel});
    add(h + "attn.c_proj.weight", {kDModel, kDModel});
    add(h + "attn.c_proj.bias", {kDModel});
    add(h + "mlp.c_fc.weight", {kDModel, kDMlp});
    add(h + "mlp.c_fc.bias", {kDMlp});
    add(h + "mlp.c_proj.weight", {kDMlp, kDModel});
    add(h + "mlp.c_proj.bias", {kDModel});
    fill(h + "attn.c_attn.weight", 0, 3 * kDModel, 0.1f);
    fill(h + "mlp.c_fc.weight", 0, kDMlp, 0.1f);
    const std::int64_t junk = first_dimension(Part::junk);
    fill(h + "attn.c_proj.weight", junk, kDModel, 0.02f);
    fill(h + "mlp.c_proj.weight", junk, kDModel, 0.02f);
  }

  void clear_head(const std::string& attention, std::int64_t column) {
    for (std::int64_t i = 0; i < kDModel; ++i) {
      for (std::int64_t c = column; c < column + kWidth; ++c) {
        for (std::int64_t part = 0; part < 3; ++part) {
          at(attention + "c_attn.weight", i, part * kDModel + c) = 0;
        }
        at(attention + "c_proj.weight", c, i) = 0;
      }
    }
  }

  std::map<std::string, Numbers> tensors_;
  std::mt19937 random_;
};

PlantedTruth choose_places(PlantedCircuit circuit, unsigned seed) {
  std::mt19937 random(seed + 1000);
  const int first_layer = static_cast<int>(random() % (kLayers - 1));
  const int second_layer =
      first_layer + 1 + static_cast<int>(random() % (kLayers - 1 - first_layer));
  const Sender first{first_layer, static_cast<int>(random() % kHeads)};
  const Sender second{second_layer, static_cast<int>(random() % kHeads)};
  const Wiring wiring = wiring_of(circuit);
  return {{first, second},
          {{{}, {wiring.first_reads, first.layer, first.head}},
           {first, {wiring.second_reads, second.layer, second.head}},
           {second, {}}}};
}

Session write_and_open(const TemporaryDirectory& folder, PlantedCircuit circuit,
                       const PlantedTruth& truth, unsigned seed) {
  folder.write("config.json", nlohmann::json{{"model_type", "gpt2"},
                                             {"n_embd", kDModel},
                                             {"n_head", kHeads},
                                             {"n_layer", kLayers},
                                             {"n_inner", kDMlp},
                                             {"n_positions", kContext},
                                             {"vocab_size", kVocabulary},
                                             {"tie_word_embeddings", false}}
                                  .dump());
  Weights weights(seed);
  weights.plant(truth.heads[0], wiring_of(circuit).first);
  weights.plant(truth.heads[1], wiring_of(circuit).second);
  weights.write(folder.path() / "model.safetensors");
  return Session({"planted", folder.path(), ModelKind::huggingface_directory}, {});
}

}  // namespace

PlantedModel::PlantedModel(PlantedCircuit circuit, unsigned seed)
    : truth_(choose_places(circuit, seed)),
      circuit_(circuit),
      session_(write_and_open(folder_, circuit, truth_, seed)) {}

AskedPair PlantedModel::pair() const {
  AskedPair pair;
  if (circuit_ == PlantedCircuit::copy_of_previous) {
    pair.clean.sequence.ids = {0, 3, 8, 5, 7, 9};
    pair.corrupt.ids = {0, 3, 8, 5, 11, 9};
    pair.clean.question = {{5}, {7}, {8}};
  } else {
    pair.clean.sequence.ids = {0, 4, 7, 8, 5, 6, 9, 4};
    pair.corrupt.ids = {0, 11, 7, 8, 5, 6, 9, 4};
    pair.clean.question = {{7}, {7}, {8}};
  }
  pair.clean.prompt_length = std::ssize(pair.corrupt.ids);
  return pair;
}

}  // namespace headlens
