#!/usr/bin/env python3
"""scikit-learn as a bench worker: logistic regression by newton-cg, the solver of its own that
reaches the optimum on raw hidden states (lbfgs stops far from it at any iteration limit one would
wait for). The protocol is in README.md."""

import warnings

import numpy as np
import threadpoolctl
from sklearn.linear_model import LogisticRegression

import worker_protocol

limits = []


def setup(args):
    def work():
        limits.append(threadpoolctl.threadpool_limits(args.get("threads", 2)))

    return work, lambda value, wants_arrays: ({}, {})


def logistic_regression(args):
    states, labels = np.load(args["states"]), np.load(args["labels"])
    model = LogisticRegression(solver="newton-cg", C=1.0, tol=args.get("tolerance", 1e-8),
                               max_iter=args.get("max_iterations", 10000))

    def finish(value, wants_arrays):
        found = {"weights": model.coef_, "intercepts": model.intercept_}
        iterations = int(model.n_iter_.max())
        return {"iterations": iterations,
                "converged": iterations < model.max_iter}, found if wants_arrays else {}

    return lambda: model.fit(states, labels), finish


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    worker_protocol.serve({"setup": setup, "logistic_regression": logistic_regression})
