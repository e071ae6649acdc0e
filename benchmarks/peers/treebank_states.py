"""Hidden states of SmolLM2 for the words of a CoNLL-U file, as probe benchmarks read them: those of
each word's last token, at every layer, harvested with Transformers once for the same question."""

import hashlib
import sys
from collections import namedtuple
from pathlib import Path

import numpy as np

from compare import CACHE

BATCH = 16  # sentences

Word = namedtuple("Word", "form tag head")


def add_options(parser):
    parser.add_argument("--ours", type=Path, help="headlens-learn-worker; without it the peer is "
                        "measured alone")
    parser.add_argument("--conllu", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--model-dir", type=Path, default=CACHE / "models" / "smollm2-135m")
    parser.add_argument("--peer-model", type=Path, default=CACHE / "peers-models" / "smollm2-135m")
    parser.add_argument("--words", type=int, default=8000)
    parser.add_argument("--threads", type=int, default=2)


def read_sentences(path, n_words):
    """[[Word]] of the first sentences, until so many words; those that stand for several, or for
    none, are left out."""
    sentences, words, count = [], [], 0
    for line in path.read_text(encoding="utf-8").splitlines() + [""]:
        fields = line.split("\t")
        if fields[0].isdigit():
            words.append(Word(fields[1], fields[3], int(fields[6])))
        elif not line and words:
            sentences.append(words)
            count += len(words)
            words = []
            if count >= n_words:
                break
    return sentences


def word_ends(tokenizer, words):
    """Token ids of a sentence, and where each word's last token is."""
    ids, ends = [], []
    for i, word in enumerate(words):
        ids += tokenizer((" " if i else "") + word.form)["input_ids"]
        ends.append(len(ids) - 1)
    return ids, ends


def load(directory):
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32).eval().model
    return AutoTokenizer.from_pretrained(directory), model


def harvest(tokenizer, model, sentences, batch_size=BATCH):
    """[layer][sentence] states: sentences of like length together, padded on the right, which a
    causal model does not see."""
    import torch

    tokens = [word_ends(tokenizer, words) for words in sentences]
    order = sorted(range(len(tokens)), key=lambda i: len(tokens[i][0]))
    layers = None
    with torch.inference_mode():
        for first in range(0, len(order), batch_size):
            batch = order[first:first + batch_size]
            longest = max(len(tokens[i][0]) for i in batch)
            ids = torch.zeros((len(batch), longest), dtype=torch.long)
            for row, i in enumerate(batch):
                ids[row, :len(tokens[i][0])] = torch.tensor(tokens[i][0])
            hidden = model(ids, output_hidden_states=True, use_cache=False).hidden_states
            layers = layers or [[None] * len(tokens) for _ in hidden]
            for layer, states in enumerate(hidden):
                for row, i in enumerate(batch):
                    layers[layer][i] = states[row, tokens[i][1]].numpy().copy()
    return layers


def numbers_of(names):
    return np.unique(names, return_inverse=True)[1].astype(np.int32)


def ensure_states(options, directory):
    """Folder with layer-NN.npy [words, d_model] float32, and of each word labels.npy (its part of
    speech), types.npy (its form) and heads.npy (where its head is in the sentence, from 1; 0 for
    the root); lengths.npy of each sentence."""
    key = hashlib.sha256(options.conllu.read_bytes() + f"words {options.words}".encode()).hexdigest()
    folder = CACHE / "peers-states" / key[:16]
    if not (folder / "lengths.npy").exists():
        print("harvesting hidden states with Transformers", file=sys.stderr, flush=True)
        folder.mkdir(parents=True, exist_ok=True)
        sentences = read_sentences(options.conllu, options.words)
        for layer, states in enumerate(harvest(*load(directory), sentences)):
            np.save(folder / f"layer-{layer:02}.npy", np.concatenate(states).astype(np.float32))
        words = [word for sentence in sentences for word in sentence]
        np.save(folder / "labels.npy", numbers_of([word.tag for word in words]))
        np.save(folder / "types.npy", numbers_of([word.form for word in words]))
        np.save(folder / "heads.npy", np.array([word.head for word in words], dtype=np.int32))
        np.save(folder / "lengths.npy", np.array([len(own) for own in sentences], dtype=np.int32))
    return folder


def layer_files(folder):
    return sorted(folder.glob("layer-*.npy"))


def standardised(states):
    """Columns with mean 0 and deviation 1, as scikit-learn's StandardScaler."""
    states = states.astype(np.float64)
    deviation = states.std(axis=0)
    deviation[deviation == 0] = 1
    return ((states - states.mean(axis=0)) / deviation).astype(np.float32)


def ensure_standardised(folder):
    """A folder beside it whose layers are standardised."""
    other = folder.with_name(folder.name + "-standardised")
    if not (other / "lengths.npy").exists():
        other.mkdir(parents=True, exist_ok=True)
        for path in layer_files(folder):
            np.save(other / path.name, standardised(np.load(path)))
        for name in ("labels", "types", "heads", "lengths"):
            np.save(other / f"{name}.npy", np.load(folder / f"{name}.npy"))
    return other
