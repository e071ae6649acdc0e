#include "benchmarks/worker/bench_model.h"

#include <cstdlib>

#include "headlens/base/errors.h"
#include "headlens/base/team.h"

namespace headlens::bench {

void load_all(Model& model) {
  model.load_blocks(model.spec().n_layers());
  model.load_head();
}

void BenchModel::set_up(const std::string& model, Precision precision, int threads) {
  if (threads > 0) {
    ::setenv("HEADLENS_THREADS", std::to_string(threads).c_str(), 1);
    if (thread_count() != threads) {
      throw UsageError("this process already works with " + std::to_string(thread_count()) +
                       " threads; start another for " + std::to_string(threads));
    }
  }
  session_.reset();
  name_ = model;
  session(precision);
}

Session& BenchModel::session(Precision precision) {
  if (name_.empty()) throw UsageError("no model: send the case setup first");
  if (!session_ || precision_ != precision) {
    session_.reset();
    session_.emplace(Session::open(name_, {.precision = precision}));
    load_all(session_->model());
    precision_ = precision;
  }
  return *session_;
}

}  // namespace headlens::bench
