#!/usr/bin/env python3
"""Writes tests/goldens/structure: structural probes trained by PyTorch as Hewitt and Manning's code
trains them, their metrics by scipy, online and variational codes by scikit-learn, PyTorch and
numpy, and nearest neighbours by scikit-learn.

    tools/make_structure_goldens.py [OUT]
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import scipy.optimize
import torch
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import minimum_spanning_tree, shortest_path
from scipy.stats import spearmanr
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from make_learn_goldens import rounded

ROOT = Path(__file__).resolve().parents[1]
warnings.filterwarnings("ignore")
FRACTIONS = [.001, .002, .004, .008, .016, .032, .0625, .125, .25, .5, 1]


def random_heads(random, n):
    """A random tree: words join in a random order, each to one that is there."""
    order, heads = random.permutation(n), np.zeros(n, dtype=int)
    for place in range(1, n):
        heads[order[place]] = order[random.integers(max(0, place - 3), place)] + 1
    return heads


def distances_of(heads):
    n = len(heads)
    words = np.flatnonzero(heads)
    graph = csr_matrix((np.ones(len(words)), (words, heads[words] - 1)), shape=(n, n))
    return shortest_path(graph, directed=False, unweighted=True)


def depths_of(heads):
    return distances_of(heads)[np.flatnonzero(heads == 0)[0]]


def make_sentences(random, n_sentences, d, longest):
    """States that know the tree a little: noise and a linear image of the path to the root."""
    hidden, image = 24, random.normal(0, 0.5, (24, d))
    sentences = []
    for _ in range(n_sentences):
        n = int(random.integers(1, longest + 1))
        heads = random_heads(random, n)
        steps = random.normal(0, 1, (n, hidden)) / np.sqrt(hidden)
        paths = np.zeros((n, hidden))
        for word in np.argsort(depths_of(heads)):
            if heads[word]:
                paths[word] = paths[heads[word] - 1] + steps[word]
        states = paths @ image + random.normal(0, 0.3, (n, d)) + 2.0
        sentences.append((states.astype(np.float32), heads))
    return sentences


def padded(sentences, target):
    longest = max(len(heads) for _, heads in sentences)
    d = sentences[0][0].shape[1]
    shape = (len(sentences), longest) + ((longest,) if target == "distance" else ())
    states, labels = torch.zeros(len(sentences), longest, d), torch.full(shape, -1.0)
    lengths = torch.tensor([len(heads) for _, heads in sentences])
    for i, (x, heads) in enumerate(sentences):
        n = len(heads)
        states[i, :n] = torch.tensor(x)
        if target == "distance":
            labels[i, :n, :n] = torch.tensor(distances_of(heads))
        else:
            labels[i, :n] = torch.tensor(depths_of(heads))
    return states, labels, lengths


def predict(projection, states, target):
    transformed = states @ projection
    if target == "depth":
        return transformed.pow(2).sum(-1)
    return (transformed.unsqueeze(2) - transformed.unsqueeze(1)).pow(2).sum(-1)


def loss_of(projection, batch, target):
    """L1DistanceLoss and L1DepthLoss of their code."""
    states, labels, lengths = batch
    known = (labels != -1).float()
    errors = (predict(projection, states, target) * known - labels * known).abs()
    if target == "distance":
        return (errors.sum((1, 2)) / lengths.pow(2).float()).sum() / len(lengths)
    return (errors.sum(1) / lengths.float()).sum() / len(lengths)


def train_probe(training, validation, target, rank, order, batch, dtype=torch.float32):
    torch.manual_seed(5)
    d = training[0][0].shape[1]
    projection = torch.nn.Parameter(torch.empty(d, rank).uniform_(-0.05, 0.05).to(dtype))
    initial = projection.detach().numpy().copy()
    optimizer = torch.optim.Adam([projection], lr=1e-3)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, mode="min", factor=0.1,
                                                           patience=0)
    held_out = padded(validation, target)
    golden = {"training": [], "validation": [], "rates": []}
    for epoch in order:
        golden["rates"].append(optimizer.param_groups[0]["lr"])
        total = 0.0
        for first in range(0, len(epoch), batch):
            members = [training[i] for i in epoch[first:first + batch]]
            optimizer.zero_grad()
            loss = loss_of(projection, padded(members, target), target)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(members)
        golden["training"].append(total / len(epoch))
        with torch.no_grad():
            golden["validation"].append(loss_of(projection, held_out, target).item())
        scheduler.step(golden["validation"][-1])
    return initial, projection.detach(), golden


def edges_of(matrix, kept):
    """Undirected edges of a minimum spanning tree of the kept words. scipy takes 0 for no edge."""
    words = np.flatnonzero(kept)
    tree = minimum_spanning_tree(matrix[np.ix_(words, words)] + 1.0).tocoo()
    return {tuple(sorted((int(words[i]), int(words[j])))) for i, j in zip(tree.row, tree.col)}


def score(sentences, predictions, kept, target):
    by_length, found, gold, roots = {}, 0, 0, 0
    for (_, heads), predicted, keep in zip(sentences, predictions, kept):
        n = len(heads)
        if target == "distance":
            truth = distances_of(heads)
            own = [spearmanr(p, t).statistic for p, t in zip(predicted, truth)] if n > 1 else []
            edges = {tuple(sorted((i, int(h) - 1))) for i, h in enumerate(heads) if h
                     and keep[i] and keep[h - 1]}
            found += len(edges & edges_of(predicted.astype(np.float64), keep))
            gold += len(edges)
        else:
            own = [spearmanr(predicted, depths_of(heads)).statistic] if n > 1 else []
            left = np.where(keep, predicted, np.inf)
            roots += bool(keep.any() and heads[int(np.argmin(left))] == 0)
        by_length.setdefault(n, []).extend(own)
    means = {n: float(np.mean(v)) for n, v in sorted(by_length.items()) if n > 1}
    return {"uuas": found / gold if gold else None, "edges": gold, "found_edges": found,
            "root_accuracy": roots / len(sentences),
            "spearman": float(np.mean([means[n] for n in range(5, 51) if n in means])),
            "by_length": {str(n): v for n, v in means.items()}}


def structural(out):
    random = np.random.default_rng(21)
    training, validation = make_sentences(random, 60, 20, 13), make_sentences(random, 25, 20, 13)
    kept = [random.random(len(heads)) < 0.85 for _, heads in validation]
    epochs, batch = 8, 7
    order = np.stack([random.permutation(len(training)) for _ in range(epochs)]).astype(np.int32)
    golden = {"batch": batch, "epochs": epochs, "order": order.ravel().tolist(),
              "kept": [int(k) for keep in kept for k in keep]}
    for name, sentences in (("training", training), ("validation", validation)):
        np.save(out / f"{name}.npy", np.concatenate([x for x, _ in sentences]))
        golden[name] = {"lengths": [len(heads) for _, heads in sentences],
                        "heads": [int(h) for _, heads in sentences for h in heads]}
    for target in ("distance", "depth"):
        for rank in (6, 20):
            initial, projection, found = train_probe(training, validation, target, rank, order,
                                                     batch)
            name = f"{target}_{rank}"
            np.save(out / f"{name}_initial.npy", initial)
            np.save(out / f"{name}_final.npy", projection.numpy())
            with torch.no_grad():
                predictions = [predict(projection, torch.tensor(x).unsqueeze(0), target)[0].numpy()
                               for x, _ in validation]
            golden[name] = found | {"scores": score(validation, predictions, kept, target)}
    golden["trees"] = [{"heads": [int(h) for h in heads],
                        "distances": distances_of(heads).astype(int).ravel().tolist(),
                        "depths": depths_of(heads).astype(int).tolist()}
                       for heads in (random_heads(random, n) for n in (1, 2, 9, 30))]
    return golden


def learn_data(name):
    """States and labels of the goldens of tools/make_learn_goldens.py."""
    folder = ROOT / "tests/goldens/learn"
    labels = json.loads((folder / "learn.json").read_text())["logistic"][name]["labels"]
    return np.load(folder / f"{name}.npy"), np.array(labels)


def portion_ends(group_ends, fractions):
    """Each fraction's nearest end of a group, the earlier of two that are as near only if nearer."""
    group_ends, ends = np.asarray(group_ends), []
    for fraction in fractions:
        gaps = np.abs(group_ends - fraction * group_ends[-1])
        end = int(group_ends[np.flatnonzero(gaps == gaps.min())[-1]])
        if not ends or end > ends[-1]:
            ends.append(end)
    return ends


def online(x, y, ends, c, standardize):
    """Bits of each portion by scikit-learn's optimum; what no row had yet costs an escape."""
    wide, classes = x.astype(np.float64), np.unique(y)
    bits = [ends[0] * np.log2(len(classes))]
    for end, following in zip(ends, ends[1:]):
        known = np.unique(y[:end])
        unseen = len(classes) - len(known)
        total = 0.0
        if len(known) > 1:
            scale = np.ones(x.shape[1])
            if standardize:
                scale = wide[:end].std(axis=0)
                scale[scale < 1e-7 * np.abs(wide[:end]).max(axis=0) + 1e-30] = 1
            model = LogisticRegression(C=c, solver="newton-cholesky", tol=1e-10, max_iter=200).fit(
                wide[:end] / scale, y[:end])
            logs = model.predict_log_proba(wide[end:following] / scale)
        for row, label in enumerate(y[end:following]):
            if label not in known:
                total += np.log2(end + unseen)
                continue
            total += np.log2((end + unseen) / end)
            if len(known) > 1:
                total -= logs[row, np.searchsorted(known, label)] / np.log(2)
        bits.append(total)
    return {"ends": ends, "c": c, "standardize": standardize, "bits": bits,
            "code_length_bits": float(np.sum(bits)),
            "compression": float(len(y) * np.log2(len(classes)) / np.sum(bits)),
            "notebook_kbits": float((bits[0] + np.sum(bits[1:]) * np.log(2)) / 1024)}


def least_tilts(m, v):
    """The tilts that make the bound least, by damped fixed-point steps."""
    tilts = torch.softmax(m, dim=1)
    for _ in range(400):
        tilts = 0.7 * tilts + 0.3 * torch.softmax(m + (1 - 2 * tilts) * v / 2, dim=1)
    return tilts


def variational_nats(parameters, x, y, n_classes, prior):
    """Knowles and Minka's bound with its gradient by PyTorch in float64; x has a column of ones."""
    point = torch.tensor(parameters, requires_grad=True)
    mean, log_s = point.reshape(2, x.shape[1], n_classes)
    m, v = x @ mean, x.pow(2) @ (2 * log_s).exp()
    tilts = least_tilts(m.detach(), v.detach())
    bound = (tilts.pow(2) * v).sum(1) / 2 + torch.logsumexp(m + (1 - 2 * tilts) * v / 2, dim=1)
    data = (bound - m[torch.arange(len(y)), y]).sum()
    posterior = torch.distributions.Normal(mean, log_s.exp())
    weights = torch.distributions.kl_divergence(
        posterior, torch.distributions.Normal(torch.zeros_like(mean), prior)).sum()
    (data + weights).backward()
    return (data + weights).item(), point.grad.numpy(), data.item(), weights.item()


def variational():
    x, y = learn_data("overlapping")
    wide = x.astype(np.float64)
    wide = torch.tensor(np.c_[(wide - wide.mean(0)) / wide.std(0), np.ones(len(wide))])
    n_classes = int(y.max()) + 1
    random = np.random.default_rng(9)
    point = random.normal(0, 0.3, 2 * wide.shape[1] * n_classes)
    point[len(point) // 2:] -= 1.5
    value, gradient, data, weights = variational_nats(point, wide, torch.tensor(y), n_classes, 0.5)
    golden = {"point": point.tolist(), "prior": 0.5, "value": value, "data": data,
              "weights": weights, "gradient": gradient.tolist(), "optima": {}}
    for exponent in range(-3, 3):
        found = scipy.optimize.minimize(
            lambda p, prior=2.0 ** exponent: variational_nats(
                p, wide, torch.tensor(y), n_classes, prior)[:2],
            np.concatenate([np.zeros(len(point) // 2), np.full(len(point) // 2, -2.0)]), jac=True,
            method="L-BFGS-B", options={"maxiter": 5000, "maxfun": 10000, "ftol": 1e-13,
                                        "gtol": 1e-8})
        golden["optima"][str(exponent)] = found.fun
    return golden


def neighbors():
    golden = []
    for name, metric, k in (("overlapping", "euclidean", 5), ("overlapping", "cosine", 3),
                            ("hostile", "euclidean", 7), ("hostile", "cosine", 4)):
        x, y = learn_data(name)
        wide, half = x.astype(np.float64), 2 * len(x) // 3
        model = KNeighborsClassifier(k, metric=metric, algorithm="brute").fit(wide[:half], y[:half])
        distances, rows = model.kneighbors(wide[half:])
        golden.append({"name": name, "metric": metric, "k": k, "rows": half,
                       "neighbors": rows.ravel().tolist(),
                       "distances": distances.ravel().tolist(),
                       "predicted": model.predict(wide[half:]).tolist()})
    return golden


def rank_constrained(out):
    """The Adam loop of make_learn_goldens on Linear(Linear(x)) of rank 2."""
    torch.manual_seed(12)
    x, y = (torch.tensor(a) for a in learn_data("overlapping"))
    order = np.load(ROOT / "tests/goldens/learn/adam_order.npy")
    model = torch.nn.Sequential(torch.nn.Linear(x.shape[1], 2), torch.nn.Linear(2, int(y.max()) + 1))
    flat = torch.cat([p.detach().flatten() for p in model.parameters()])
    np.save(out / "rank_2_initial.npy", flat.numpy())
    optimizer, losses = torch.optim.Adam(model.parameters(), lr=1e-3), []
    for epoch in order:
        total = 0.0
        for batch in torch.tensor(epoch).split(64):
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(model(x[batch]), y[batch].long())
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        losses.append(total / len(x))
    with torch.no_grad():
        scores = model(x).double()
    return {"batch": 64, "epochs": len(order), "losses": losses, "scores": scores.ravel().tolist()}


def codes():
    x, y = learn_data("overlapping")
    group_ends = np.cumsum(np.random.default_rng(14).integers(1, 9, 60)).tolist()
    every = list(range(1, len(y) + 1))
    return {"group_ends": group_ends, "of_groups": portion_ends(group_ends, FRACTIONS),
            "of_rows": portion_ends(every, FRACTIONS),
            "online": [online(x, y, portion_ends(every, FRACTIONS), 1.0, False),
                       online(x, y, [20, 60, 130, 230], 0.1, True)]}


def main():
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "tests/goldens/structure"
    out.mkdir(parents=True, exist_ok=True)
    golden = {"structural": structural(out), "codes": codes(), "variational": variational(),
              "neighbors": neighbors(), "rank_constrained": rank_constrained(out)}
    text = json.dumps(rounded(golden))
    (out / "structure.json").write_text(text.replace('], "', '],\n "') + "\n", encoding="utf-8")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
