"""Small corpora of random words, as the texts of their files."""

import random

WORDS = "the cat sat on a mat and it was sad so he ran to me".split()


def conllu(sentences, seed=3, trees=False):
    """A treebank of sentences of up to four words, whose part of speech is their length. Each word hangs from the
    one before it; in trees from any before it, and "so" is punctuation."""
    rng = random.Random(seed)
    lines = []
    for i in range(sentences):
        words = [rng.choice(WORDS) for _ in range(rng.randint(1, 4))]
        lines.append(f"# sent_id = s{i}\n# text = {' '.join(words)}")
        for n, word in enumerate(words, 1):
            head = rng.randint(1, n - 1) if trees and n > 1 else n - 1
            tag = "PUNCT" if trees and word == "so" else f"P{len(word)}"
            lines.append(f"{n}\t{word}\t{word}\t{tag}\t_\t_\t{head}\tdep\t_\t_")
        lines.append("")
    return "\n".join(lines) + "\n"


def tweets(count=80):
    """A table of texts, mostly sarcastic where they say "the"."""
    rng = random.Random(6)
    lines = ["tweet,sarcastic"]
    for _ in range(count):
        words = [rng.choice(WORDS) for _ in range(3)]
        lines.append(f"{' '.join(words)},{int('the' in words or rng.random() < 0.2)}")
    return "\n".join(lines) + "\n"
