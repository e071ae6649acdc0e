#include "tests/learn/structure_golden.h"

#include "headlens/formats/json_file.h"
#include "headlens/formats/npy.h"

namespace headlens {

const nlohmann::json& structure_golden() {
  static const nlohmann::json json =
      read_json(HEADLENS_TEST_DATA "/goldens/structure/structure.json");
  return json;
}

Tensor structure_array(const std::string& name) {
  return read_npy(HEADLENS_TEST_DATA "/goldens/structure/" + name + ".npy");
}

GoldenTreebank::GoldenTreebank(const std::string& name)
    : states(structure_array(name)),
      heads(structure_golden()["structural"][name]["heads"].get<std::vector<std::int32_t>>()) {
  for (const std::int64_t n : structure_golden()["structural"][name]["lengths"]) {
    begins.push_back(begins.back() + n);
  }
}

TensorView<const float, 2> GoldenTreebank::sentence(std::int64_t s) const {
  return {states.data() + begins[s] * states.size(1), {begins[s + 1] - begins[s], states.size(1)}};
}

std::vector<std::int32_t> GoldenTreebank::heads_of(std::int64_t s) const {
  return {heads.begin() + begins[s], heads.begin() + begins[s + 1]};
}

}  // namespace headlens
