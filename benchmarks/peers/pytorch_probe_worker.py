#!/usr/bin/env python3
"""PyTorch as a bench worker: Hewitt and Manning's structural probe, trained as their code trains it
(probe.py, loss.py, regimen.py): batches of padded sentences, all pairs' differences, Adam, and
ReduceLROnPlateau on the validation loss. The protocol is in README.md."""

from pathlib import Path

import numpy as np
import torch
from torch.nn.utils.rnn import pad_sequence

import worker_protocol

BATCH = 20


def setup(args):
    def work():
        torch.set_num_threads(args.get("threads", 2))

    return work, lambda value, wants_arrays: ({}, {})


def tree_distances(heads):
    """Edges between every two words, and from each to the root."""
    n = len(heads)
    distances = np.full((n, n), np.inf)
    np.fill_diagonal(distances, 0)
    for word, head in enumerate(heads):
        if head:
            distances[word, head - 1] = distances[head - 1, word] = 1
    for middle in range(n):
        distances = np.minimum(distances, distances[:, [middle]] + distances[[middle]])
    return torch.tensor(distances, dtype=torch.float32)


class Sentences:
    """What their data set holds: states and labels of each sentence, padded batch by batch."""

    def __init__(self, states, distances, target):
        self.states, self.target = states, target
        self.labels = [d if target == "distance" else d[r] for d, r in distances]

    def batch(self, members):
        lengths = torch.tensor([len(self.states[i]) for i in members])
        states = pad_sequence([self.states[i] for i in members], batch_first=True)
        longest = states.shape[1]
        shape = (len(members), longest) + ((longest,) if self.target == "distance" else ())
        labels = torch.full(shape, -1.0)
        for row, i in enumerate(members):
            n = len(self.labels[i])
            labels[(row,) + (slice(n),) * (labels.dim() - 1)] = self.labels[i]
        return states, labels, lengths


def predictions(projection, states, target):
    transformed = torch.matmul(states, projection)
    if target == "depth":
        return transformed.pow(2).sum(-1)
    differences = transformed.unsqueeze(2) - transformed.unsqueeze(1)
    return differences.pow(2).sum(-1)


def batch_loss(projection, batch, target):
    states, labels, lengths = batch
    known = (labels != -1).float()
    errors = torch.abs(predictions(projection, states, target) * known - labels * known)
    if target == "distance":
        return (errors.sum(dim=(1, 2)) / lengths.pow(2).float()).sum() / len(lengths)
    return (errors.sum(dim=1) / lengths.float()).sum() / len(lengths)


def train(training, validation, initial, order, target):
    projection = torch.nn.Parameter(torch.tensor(initial))
    optimizer = torch.optim.Adam([projection], lr=0.001)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, mode="min", factor=0.1,
                                                           patience=0)
    losses = {"training": [], "validation": []}
    for epoch in order:
        total = 0.0
        for first in range(0, len(epoch), BATCH):
            members = epoch[first:first + BATCH]
            optimizer.zero_grad()
            loss = batch_loss(projection, training.batch(members), target)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(members)
        losses["training"].append(total / len(epoch))
        total, n = 0.0, len(validation.states)
        with torch.no_grad():
            for first in range(0, n, BATCH):
                members = range(first, min(n, first + BATCH))
                total += batch_loss(projection, validation.batch(members), target).item() * len(members)
        losses["validation"].append(total / n)
        scheduler.step(losses["validation"][-1])
    return losses


def structural_probe(args):
    folder, target = Path(args["folder"]), args.get("target", "distance")
    lengths = np.load(folder / "lengths.npy").astype(int)
    ends = np.cumsum(lengths)
    heads = np.split(np.load(folder / "heads.npy").astype(int), ends[:-1])
    trees = [(tree_distances(own), int(np.flatnonzero(own == 0)[0])) for own in heads]
    n_training = args["training_sentences"]
    layers = []
    for layer in range(args["layers"]):
        states = torch.tensor(np.load(folder / f"layer-{layer:02}.npy")).split(lengths.tolist())
        layers.append([Sentences(states[:n_training], trees[:n_training], target),
                       Sentences(states[n_training:], trees[n_training:], target)])
    initial = np.load(folder / args["initial"])
    order = np.load(folder / args["order"]).astype(int).reshape(args["epochs"], n_training)

    def work():
        return [train(*layer, initial, order, target) for layer in layers]

    def finish(value, wants_arrays):
        arrays = {name: np.array([own[name] for own in value], dtype=np.float32)
                  for name in ("training", "validation")}
        return {"epochs": args["epochs"], "layers": len(layers)}, arrays if wants_arrays else {}

    return work, finish


if __name__ == "__main__":
    worker_protocol.serve({"setup": setup, "structural_probe": structural_probe})
