#include "headlens/interventions/circuit_runs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <random>

#include "headlens/base/errors.h"
#include "tests/interventions/edge_test_support.h"

namespace headlens {
namespace {

/// A circuit's run by hooks alone, in whole runs of the corrupt prompt, one for each receiver.
class HookedCircuit {
 public:
  HookedCircuit(Session& session, const AskedPair& pair, const CircuitGraph& graph,
                const std::vector<std::size_t>& edges)
      : session_(session), pair_(pair), graph_(graph) {
    for (const std::size_t edge : edges) {
      const auto& [sender, receiver] = graph.edges()[edge];
      kept_[graph.index_of(receiver)].push_back(graph.index_of(sender));
    }
    for (const Site site : all_outputs()) {
      corrupt_.emplace(site, run(pair.corrupt, {}, {site}).cache.take(site));
    }
    differences_[0] = run(pair.clean.sequence, {}, {input()}).cache.take(input());
    subtract(corrupt_.at(input()), differences_[0]);
  }

  double metric() {
    for (int layer = 0; layer < graph_.n_layers(); ++layer) {
      const bool parallel = session_.spec().block().parallel_residual;
      const HookSet heads = heads_of(layer);
      if (parallel) add_mlp(layer, SiteKind::resid_pre);
      add_heads(layer, heads);
      if (!parallel) add_mlp(layer, SiteKind::resid_mid);
    }
    const Site last{SiteKind::resid_post, graph_.n_layers() - 1};
    const HookSet end = moved(last, graph_.receiver_index(ReceiverKind::final, -1, -1));
    return logit_difference(pair_, session_.run_with_hooks({pair_.corrupt}, end).logits);
  }

 private:
  static Site input() { return {SiteKind::resid_pre, 0}; }

  std::vector<Site> all_outputs() const {
    std::vector<Site> sites{input()};
    for (int layer = 0; layer < graph_.n_layers(); ++layer) {
      sites.push_back({SiteKind::result, layer});
      sites.push_back({SiteKind::mlp_out, layer});
    }
    return sites;
  }

  RunOutput run(const TokenSequence& tokens, HookSet hooks, const std::vector<Site>& sites) {
    hooks.cache(sites);
    return session_.run_with_hooks({tokens}, hooks);
  }

  static void subtract(const Tensor& from, Tensor& to) {
    for (std::int64_t i = 0; i < to.element_count(); ++i) to.data()[i] -= from.data()[i];
  }

  HookSet moved(Site stream, int receiver) {
    HookSet hooks;
    hooks.edit(stream, [this, receiver](Tensor& value) {
      for (const int sender : kept_[receiver]) {
        const Tensor& one = differences_.at(sender);
        for (std::int64_t i = 0; i < value.element_count(); ++i) value.data()[i] += one.data()[i];
      }
    });
    return hooks;
  }

  /// Puts what every head of a layer reads into a run.
  HookSet heads_of(int layer) {
    constexpr SiteKind kKinds[] = {SiteKind::q, SiteKind::k, SiteKind::v};
    HookSet put;
    for (int part = 0; part < 3; ++part) {
      const Site site{kKinds[part], layer};
      const auto heads = static_cast<int>(part == 0 ? session_.spec().block().n_heads
                                                    : session_.spec().block().n_kv_heads);
      for (int head = 0; head < heads; ++head) {
        const int receiver = graph_.receiver_index(static_cast<ReceiverKind>(part), layer, head);
        const HookSet hooks = moved({SiteKind::resid_pre, layer}, receiver);
        auto own = std::make_shared<Tensor>(run(pair_.corrupt, hooks, {site}).cache.take(site));
        put.edit(site, [own, head, heads](Tensor& value) {
          const std::int64_t width = value.size(3);
          for (std::int64_t p = 0; p < value.size(1); ++p) {
            const std::int64_t at = (p * heads + head) * width;
            std::copy_n(own->data() + at, width, value.data() + at);
          }
        });
      }
    }
    return put;
  }

  void add_heads(int layer, const HookSet& put) {
    const Site site{SiteKind::result, layer};
    Tensor results = run(pair_.corrupt, put, {site}).cache.take(site);
    subtract(corrupt_.at(site), results);
    const std::int64_t length = results.size(1), heads = results.size(2), n = results.size(3);
    for (std::int64_t h = 0; h < heads; ++h) {
      Tensor one({1, length, n});
      for (std::int64_t p = 0; p < length; ++p) {
        std::copy_n(results.data() + (p * heads + h) * n, n, one.data() + p * n);
      }
      differences_[graph_.sender_index(layer, static_cast<int>(h))] = std::move(one);
    }
  }

  void add_mlp(int layer, SiteKind stream) {
    const Site site{SiteKind::mlp_out, layer};
    const HookSet hooks =
        moved({stream, layer}, graph_.receiver_index(ReceiverKind::mlp, layer, -1));
    Tensor output = run(pair_.corrupt, hooks, {site}).cache.take(site);
    subtract(corrupt_.at(site), output);
    differences_[graph_.sender_index(layer, -1)] = std::move(output);
  }

  Session& session_;
  const AskedPair& pair_;
  const CircuitGraph& graph_;
  std::map<int, std::vector<int>> kept_;
  std::map<Site, Tensor> corrupt_;
  std::map<int, Tensor> differences_;
};

std::vector<std::size_t> all_of(const CircuitGraph& graph) {
  std::vector<std::size_t> edges(graph.edges().size());
  std::iota(edges.begin(), edges.end(), 0);
  return edges;
}

std::vector<std::size_t> some_of(const CircuitGraph& graph, double share, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::size_t> edges;
  for (const std::size_t edge : all_of(graph)) {
    if (std::generate_canonical<double, 32>(random) < share) edges.push_back(edge);
  }
  return edges;
}

class CircuitRuns : public testing::TestWithParam<std::string> {
 protected:
  CircuitRuns() : model_(GetParam()), graph_(model_.session().spec()) {
    pairs_.push_back(differing_pair(model_));
  }
  Session& session() { return model_.session(); }

  CircuitMetrics run(const std::vector<Circuit>& circuits, std::int64_t memory = 1 << 30) {
    return CircuitRunner(session(), graph_, Metric::logit_difference, {.memory_bytes = memory})
        .run(pairs_, circuits);
  }

  ParityModel model_;
  CircuitGraph graph_;
  std::vector<AskedPair> pairs_;
};

TEST_P(CircuitRuns, OfAllAndOfNoEdgesAreTheCleanAndTheCorruptRun) {
  const CircuitMetrics metrics = run({{graph_, all_of(graph_)}, {graph_, {}}});
  ASSERT_GT(std::abs(metrics.clean[0] - metrics.corrupt[0]), 1e-3);
  EXPECT_NEAR(metrics.circuits[0][0], metrics.clean[0], 2e-5);
  EXPECT_NEAR(metrics.circuits[1][0], metrics.corrupt[0], 1e-6);
}

TEST_P(CircuitRuns, EqualRunsWithHooks) {
  std::vector<std::vector<std::size_t>> edges;
  std::vector<Circuit> circuits;
  for (unsigned seed = 0; seed < 8; ++seed) {
    edges.push_back(some_of(graph_, seed % 2 == 0 ? 0.75 : 0.3, seed));
    circuits.emplace_back(graph_, edges.back());
  }
  const CircuitMetrics metrics = run(circuits);
  int moved = 0;
  for (std::size_t i = 0; i < circuits.size(); ++i) {
    const double value = metrics.circuits[i][0];
    EXPECT_NEAR(value, HookedCircuit(session(), pairs_[0], graph_, edges[i]).metric(), 2e-5)
        << "circuit " << i;
    const double nearest =
        std::min(std::abs(value - metrics.clean[0]), std::abs(value - metrics.corrupt[0]));
    moved += nearest > 1e-4 ? 1 : 0;
  }
  EXPECT_GT(moved, 4) << "circuits are no different from whole runs";
}

/// Two ways to the same number: without one edge the receiver reads the corrupt sender, and all
/// else goes on as it does.
TEST_P(CircuitRuns, WithoutOneEdgeEqualPathPatching) {
  std::vector<Circuit> circuits;
  for (std::size_t left_out = 0; left_out < graph_.edges().size(); ++left_out) {
    std::vector<std::size_t> edges = all_of(graph_);
    edges.erase(edges.begin() + static_cast<std::ptrdiff_t>(left_out));
    circuits.emplace_back(graph_, edges);
  }
  const PathEffects patched = path_effects(session(), pairs_[0], graph_.edges(),
                                           Metric::logit_difference, PatchDirection::noise, {});
  const CircuitMetrics metrics = run(circuits);
  for (std::size_t i = 0; i < circuits.size(); ++i) {
    EXPECT_NEAR(metrics.circuits[i][0], patched.values[i], 3e-5)
        << name_of(graph_.edges()[i].sender) << " -> " << name_of(graph_.edges()[i].receiver);
  }
}

/// Keeping nodes is putting the corrupt run's outputs in place of all others.
TEST_P(CircuitRuns, OfNodesEqualPatchesOfTheOthers) {
  std::vector<Sender> kept, others;
  std::mt19937 random(5);
  for (const Sender& node : graph_.senders()) {
    if (node.layer >= 0) (random() % 3 == 0 ? others : kept).push_back(node);
  }
  HookSet hooks;
  for (const Sender& node : others) {
    const Site site{node.head < 0 ? SiteKind::mlp_out : SiteKind::z, node.layer};
    auto corrupt = std::make_shared<Tensor>(
        session().run_with_cache({pairs_[0].corrupt}, {site}).cache.take(site));
    hooks.edit(site, [corrupt, node](Tensor& value) {
      const std::int64_t width = value.shape().back();
      const std::int64_t heads = node.head < 0 ? 1 : value.size(2);
      for (std::int64_t row = std::max(0, node.head); row < value.element_count() / width;
           row += heads) {
        std::copy_n(corrupt->data() + row * width, width, value.data() + row * width);
      }
    });
  }
  const double expected = logit_difference(
      pairs_[0], session().run_with_hooks({pairs_[0].clean.sequence}, hooks).logits);
  EXPECT_NEAR(run({{graph_, edges_between(graph_, kept)}}).circuits[0][0], expected, 2e-5);
}

TEST_P(CircuitRuns, DoNotDependOnHowManyRunTogether) {
  std::vector<Circuit> circuits;
  for (unsigned seed = 0; seed < 20; ++seed) {
    circuits.emplace_back(graph_, some_of(graph_, 0.5, seed));
  }
  for (int i = 0; i < 23; ++i) pairs_.push_back(differing_pair(model_));
  const CircuitMetrics many = run(circuits), few = run(circuits, 1 << 20);
  EXPECT_EQ(many.clean, few.clean);
  EXPECT_EQ(many.corrupt, few.corrupt);
  for (std::size_t i = 0; i < circuits.size(); ++i) {
    for (std::size_t p = 0; p < pairs_.size(); ++p) {
      EXPECT_NEAR(many.circuits[i][p], few.circuits[i][p], 2e-5) << i << ", " << p;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Models, CircuitRuns, testing::ValuesIn(stream_models()),
                         [](const auto& test) { return test.param; });

TEST(Circuit, LeavesOutWhatLeadsNowhere) {
  ParityModel model("gpt2");
  const CircuitGraph graph(model.session().spec());
  const auto index = [&](const Sender& sender, const Receiver& receiver) {
    for (std::size_t i = 0; i < graph.edges().size(); ++i) {
      const Edge& edge = graph.edges()[i];
      if (edge.sender == sender && edge.receiver == receiver) return i;
    }
    throw UsageError("no such edge");
  };
  const Sender head{0, 1}, lost{0, 0};
  const Receiver end{};
  const Circuit circuit(graph, {index({}, {ReceiverKind::v, 0, 1}), index(head, end),
                                index({}, {ReceiverKind::q, 0, 0}),         // sends nothing on
                                index({0, -1}, {ReceiverKind::k, 1, 0}),    // nothing comes in
                                index(lost, {ReceiverKind::mlp, 0, -1})});  // its reader is silent
  EXPECT_EQ(circuit.live_edges(), 2);
  EXPECT_TRUE(circuit.sends(graph.index_of(head)));
  EXPECT_FALSE(circuit.sends(graph.index_of(lost)));
  EXPECT_FALSE(circuit.reads(graph.index_of({ReceiverKind::k, 1, 0})));
}

}  // namespace
}  // namespace headlens
