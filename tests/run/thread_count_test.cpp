#include <gtest/gtest.h>

#include <cstdlib>

#include "headlens/formats/npy.h"
#include "tests/parity/parity_models.h"
#include "tests/run/tiny_llama.h"

namespace headlens {
namespace {

constexpr const char* kOutput = "HEADLENS_TEST_OUTPUT";
constexpr const char* kModel = "HEADLENS_TEST_MODEL";

/// Run by the test below in processes of their own, since the number of threads is read once.
TEST(ThreadProbe, DISABLED_WritesLogits) {
  const char* output = std::getenv(kOutput);
  ASSERT_NE(output, nullptr);
  Session session({"tiny", std::getenv(kModel), ModelKind::huggingface_directory}, {});
  const std::filesystem::path folder(output);
  write_npy(folder / "long.npy", session.run({tiny_llama_tokens(300, 1)}).logits);
  write_npy(folder / "short.npy", session.run({tiny_llama_tokens(20, 2)}).logits);
  std::vector<TokenSequence> many;
  for (unsigned i = 0; i < 60; ++i) many.push_back(tiny_llama_tokens(1 + i % 17, i));
  write_npy(folder / "many.npy", session.run(many).logits);
  HookSet hooks;
  hooks.edit({SiteKind::mlp_post, 0}, [](Tensor& value) {
    for (float& number : value.values()) number *= 0.5f;
  });
  write_npy(folder / "edited.npy",
            session.run_with_hooks({tiny_llama_tokens(200, 3)}, hooks).logits);
}

void run_probe(const TemporaryDirectory& model, const TemporaryDirectory& output, int threads) {
  const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
  const std::string command =
      "HEADLENS_THREADS=" + std::to_string(threads) + " " + kOutput + "='" +
      output.path().string() + "' " + kModel + "='" + model.path().string() + "' '" + program +
      "' --gtest_also_run_disabled_tests --gtest_filter=ThreadProbe.* > /dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0) << command;
}

TEST(ThreadCount, DoesNotChangeTheNumbers) {
  const TemporaryDirectory model, one;
  write_tiny_llama(model, {});
  run_probe(model, one, 1);
  for (const int threads : {2, 3, 5}) {
    const TemporaryDirectory output;
    run_probe(model, output, threads);
    for (const char* name : {"long.npy", "short.npy", "many.npy", "edited.npy"}) {
      const Tensor expected = read_npy(one.path() / name), got = read_npy(output.path() / name);
      EXPECT_EQ(got.shape(), expected.shape());
      EXPECT_LT(largest_difference(got.values(), expected.values()), 1e-5)
          << name << " on " << threads << " threads";
    }
  }
}

}  // namespace
}  // namespace headlens
