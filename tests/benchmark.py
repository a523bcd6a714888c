"""Measure the script's speed and memory: python tests/benchmark.py (about 2 minutes).

Ratios are medians of runs that take turns in this process, so that a noisy machine
disturbs both sides alike. `python tests/benchmark.py ideas` (about 15 minutes) shows
what each idea is worth, and `... settings` what other settings give.
"""

import resource
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np

PROJECT = Path(__file__).parent.parent
sys.path.insert(0, str(PROJECT))
import neural_network as nn


def seconds(task):
    start = time.perf_counter()
    task()
    return time.perf_counter() - start


def ratio(one, other, rounds=7):
    """Return the median of one's time divided by other's, taking turns."""
    one(), other()
    return median(seconds(one) / seconds(other) for _ in range(rounds))


def shipped():
    names = ("n_h", "learning_rate", "iterations", "activation", "batch_size")
    names += ("momentum", "max_shift", "max_distortion", "decay", "seed")
    return {name: getattr(nn, name) for name in names}


def whole_run(x, y):
    doubles = x.astype(float), y.astype(float)
    few = shipped() | {"iterations": 4}
    value = ratio(
        lambda: nn.model(x, y, **few), lambda: nn.model(*doubles, 1000, 0.1, 4), 5
    )
    print(
        f"time as shipped / plain gradient descent in doubles   {value:5.2f}  (<= 1.5)"
    )


def products(x, y):
    x, y = np.asfortranarray(x), np.asfortranarray(y)
    parameters = nn.initialize_parameters(784, 1000, 10, dtype=np.float32)
    w1, w2 = parameters["w1"], parameters["w2"]
    a1 = nn.tanh(w1 @ x)

    def bare():
        for _ in range(5):
            w1 @ x, w2 @ a1, y @ a1.T, w2.T @ y, a1 @ x.T

    value = ratio(bare, lambda: nn.model(x, y, 1000, 0.1, 5))
    print(
        f"bare matrix products / one full-batch iteration       {value:5.2f}  (>= 0.85)"
    )


def pytorch(x, y):
    try:
        import torch
    except ImportError:
        return print("PyTorch / one mini-batch pass: PyTorch isn't installed")
    images = torch.from_numpy(np.ascontiguousarray(x.T))
    digits = torch.from_numpy(y.argmax(axis=0))

    def theirs():
        layers = torch.nn.Linear(784, 1000), torch.nn.Tanh(), torch.nn.Linear(1000, 10)
        network = torch.nn.Sequential(*layers)
        optimizer = torch.optim.SGD(network.parameters(), lr=0.02, momentum=0.9)
        cost = torch.nn.CrossEntropyLoss()
        for _ in range(2):
            order = torch.randperm(len(images))
            for start in range(0, len(images), 64):
                chosen = order[start : start + 64]
                optimizer.zero_grad()
                cost(network(images[chosen]), digits[chosen]).backward()
                optimizer.step()

    def ours():
        nn.model(x, y, 1000, 0.02, 2, batch_size=64, momentum=0.9)

    threads = torch.get_num_threads()
    print(f"PyTorch ({threads} threads) / one mini-batch pass", end="")
    print(f"{ratio(theirs, ours):18.2f}  (>= 1.2)")


def loading():
    try:
        import pandas
    except ImportError:
        return print("loading / pandas.read_csv: pandas isn't installed")
    with tempfile.TemporaryDirectory() as folder:
        rows = (PROJECT / "train_X.csv").read_bytes() * 15
        labels = (PROJECT / "train_label.csv").read_bytes() * 15
        for part in ("train", "test"):
            few = 1 if part == "train" else 15
            Path(folder, f"{part}_X.csv").write_bytes(rows[: len(rows) // few])
            Path(folder, f"{part}_label.csv").write_bytes(labels[: len(labels) // few])

        def theirs():
            for name in ("train_X", "train_label", "test_X", "test_label"):
                pandas.read_csv(Path(folder, f"{name}.csv"), header=None, dtype="uint8")

        value = ratio(lambda: nn.load_data(folder), theirs, 3)
    print(f"loading 60,000 images / pandas.read_csv               {value:5.2f}  (<= 2)")


def full_size_memory():
    """Run in a process of its own: its peak is the answer, in kilobytes."""
    rows = np.random.default_rng(0).integers(0, 256, (60000, 784), np.uint8)
    x = (rows.astype(np.float32) / np.float32(255)).T
    y = np.eye(10, dtype=np.float32)[:, np.arange(60000) % 10]
    parameters, _ = nn.model(x, y, **shipped() | {"iterations": 1})
    nn.accuracy(x, y, parameters)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def memory():
    command = [sys.executable, __file__, "memory"]
    peak = int(subprocess.run(command, capture_output=True, check=True).stdout) / 1e6
    print(f"peak memory at 60,000 images, in GB                   {peak:5.2f}  (<= 1)")


def table(rows, seeds, data):
    """Train with each row's settings; print the accuracies and the relative time.

    The time comes from a few iterations of each row, taking turns.
    """
    x, y, u, v = data
    short = [
        partial(nn.model, x, y, **row | {"iterations": 4}) for row in rows.values()
    ]
    times = np.array([[seconds(task) for task in short] for _ in range(9)])
    spent = np.median(times / times[:, :1], axis=0)
    first = next(iter(rows.values()))["iterations"]
    print("| settings | train | test | time |\n|---|---|---|---|")
    for (name, options), time_of_row in zip(rows.items(), spent):
        results = []
        for seed in range(seeds):
            parameters, _ = nn.model(x, y, **options | {"seed": seed})
            results.append(
                [nn.accuracy(x, y, parameters), nn.accuracy(u, v, parameters)]
            )
        (train, test), (_, spread) = np.mean(results, axis=0), np.std(results, axis=0)
        between = f" ± {spread:.1f}" if seeds > 1 else ""
        whole = time_of_row * options["iterations"] / first
        print(f"| {name} | {train:.1f} % | {test:.1f}{between} % | {whole:.1f} |")


def ideas(data):
    options = {"n_h": 1000, "learning_rate": 0.1, "iterations": 100}
    rows = {"plain gradient descent": options}
    for name, more in {
        "+ mini-batches of 64 images": {"batch_size": 64},
        "+ momentum (0.95, with `learning_rate = 0.02`)": {
            "momentum": 0.95,
            "learning_rate": 0.02,
        },
        "+ shifted images": {"max_shift": 1},
        "+ distorted images": {"max_distortion": 0.3},
        "+ falling learning rate: as shipped": {"decay": True},
        '+ ReLU: `activation = "relu"`': {"activation": "relu"},
    }.items():
        options = options | more
        rows[name] = options
    table(rows, 3, data)


def settings(data):
    base = shipped()
    rows = {"as shipped": base}
    for name, values in {
        "n_h": (100, 300, 2000),
        "learning_rate": (0.001, 0.005, 0.1),
        "iterations": (50, 200),
    }.items():
        rows |= {f"`{name} = {value}`": base | {name: value} for value in values}
    table(rows, 1, data)


if __name__ == "__main__":
    task = sys.argv[1] if len(sys.argv) > 1 else "speed"
    if task == "memory":
        full_size_memory()
        sys.exit()
    if task == "speed":
        memory()  # first: a process starts with the peak of the one that starts it
    data = nn.load_data(PROJECT)
    if task == "speed":
        whole_run(*data[:2])
        products(*data[:2])
        pytorch(*data[:2])
        loading()
    else:
        {"ideas": ideas, "settings": settings}[task](data)
