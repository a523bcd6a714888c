"""Measure what README.md states, on this machine: python tests/benchmark.py [what].

Without a word (about 2 minutes): speed and memory. "seeds" (2 minutes): the accuracy as
shipped. "experiments" (20): the README's table. "mnist" (15): the accuracy for the whole
of MNIST, if its files are in the folder mnist.

Times are ratios, medians of runs that take turns in this process, so that a noisy
machine disturbs both sides alike.
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


def shipped(**changes):
    """Return the settings at the top of the file that model takes, with changes."""
    names = ("n_h", "learning_rate", "iterations", "activation", "batch_size")
    names += ("momentum", "max_shift", "max_distortion", "decay", "seed")
    return {name: getattr(nn, name) for name in names} | changes


def whole_run(x, y):
    doubles = x.astype(float), y.astype(float)
    value = ratio(
        lambda: nn.model(x, y, **shipped(iterations=4)),
        lambda: nn.model(*doubles, 1000, 0.1, 4),
        5,
    )
    print(f"a run as shipped / plain gradient descent in doubles  {value:5.2f}")


def pytorch(x, y):
    try:
        import torch
    except ImportError:
        return print("PyTorch / this script: PyTorch isn't installed")
    images = torch.from_numpy(np.ascontiguousarray(x.T))
    digits = torch.from_numpy(y.argmax(axis=0))

    def theirs():
        layers = torch.nn.Linear(784, 1000), torch.nn.Tanh(), torch.nn.Linear(1000, 10)
        network = torch.nn.Sequential(*layers)
        optimizer = torch.optim.SGD(network.parameters(), lr=0.02, momentum=0.98)
        cost = torch.nn.CrossEntropyLoss()
        for _ in range(2):
            order = torch.randperm(len(images))
            for start in range(0, len(images), 128):
                chosen = order[start : start + 128]
                optimizer.zero_grad()
                cost(network(images[chosen]), digits[chosen]).backward()
                optimizer.step()

    def ours():
        nn.model(x, y, 1000, 0.02, 2, batch_size=128, momentum=0.98)

    value, threads = ratio(theirs, ours), torch.get_num_threads()
    print(f"PyTorch ({threads} threads) / this script, unmoved images  {value:5.2f}")


def loading():
    try:
        import pandas
    except ImportError:
        return print("loading / pandas.read_csv: pandas isn't installed")
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("X", "label"):
            rows = (PROJECT / f"train_{kind}.csv").read_bytes()
            Path(folder, f"train_{kind}.csv").write_bytes(rows * 15)
            Path(folder, f"test_{kind}.csv").write_bytes(rows)

        def theirs():
            for name in ("train_X", "train_label", "test_X", "test_label"):
                pandas.read_csv(Path(folder, f"{name}.csv"), header=None, dtype="uint8")

        value = ratio(lambda: nn.load_data(folder), theirs, 3)
    print(f"loading 64,000 images / pandas.read_csv               {value:5.2f}")


def full_size_memory():
    """Run in a process of its own: its peak is the answer, in kilobytes."""
    rows = np.random.default_rng(0).integers(0, 256, (60000, 784), np.uint8)
    x = (rows.astype(np.float32) / np.float32(255)).T
    y = np.eye(10, dtype=np.float32)[:, np.arange(60000) % 10]
    parameters, _ = nn.model(x, y, **shipped(iterations=1))
    nn.accuracy(x, y, parameters)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def memory():
    command = [sys.executable, __file__, "memory"]
    peak = int(subprocess.run(command, capture_output=True, check=True).stdout) / 1e6
    print(f"peak memory at 60,000 images, in GB                   {peak:5.2f}")


def accuracies(options, data):
    """Train with the options; return the training and the test accuracy."""
    x_train, y_train, x_test, y_test = data
    parameters, _ = nn.model(x_train, y_train, **options)
    train = nn.accuracy(x_train, y_train, parameters)
    return train, nn.accuracy(x_test, y_test, parameters)


def print_seeds(data, seeds, **changes):
    results = []
    for seed in range(seeds):
        results.append(accuracies(shipped(seed=seed, **changes), data)[1])
        print(f"seed {seed}: {results[-1]:.2f} %", flush=True)
    print(f"mean: {np.mean(results):.2f} %")


def print_table(rows, seeds, data):
    """Train with each row's settings; print the accuracies and the relative time.

    The time comes from a few iterations of each row, taking turns.
    """
    short = [
        partial(nn.model, *data[:2], **row | {"iterations": 4}) for row in rows.values()
    ]
    times = np.array([[seconds(task) for task in short] for _ in range(9)])
    spent = np.median(times / times[:, :1], axis=0)
    first = next(iter(rows.values()))["iterations"]
    print("| settings | train | test | time |\n|---|---|---|---|")
    for (name, options), time_of_row in zip(rows.items(), spent):
        results = [accuracies(options | {"seed": seed}, data) for seed in range(seeds)]
        (train, test), (_, spread) = np.mean(results, axis=0), np.std(results, axis=0)
        between = f" ± {spread:.1f}" if seeds > 1 else ""
        whole = time_of_row * options["iterations"] / first
        row = f"| {name} | {train:.1f} % | {test:.1f}{between} % | {whole:.1f} |"
        print(row, flush=True)


def experiments(data):
    options = {"n_h": 1000, "learning_rate": 0.1, "iterations": 100}
    rows = {"plain gradient descent": options}
    for name, more in {
        "+ mini-batches of 128 images": {"batch_size": 128},
        "+ momentum (0.98, with `learning_rate = 0.02`)": {
            "momentum": 0.98,
            "learning_rate": 0.02,
        },
        "+ shifted images": {"max_shift": 1},
        "+ distorted images": {"max_distortion": 0.3},
        "+ falling learning rate: as shipped": {"decay": True},
        '+ ReLU: `activation = "relu"`': {"activation": "relu"},
    }.items():
        options = options | more
        rows[name] = options
    for name, values in {
        "n_h": (100, 300, 2000),
        "learning_rate": (0.001, 0.005, 0.1),
        "iterations": (50, 200),
    }.items():
        rows |= {f"`{name} = {value}`": shipped(**{name: value}) for value in values}
    print_table(rows, 3, data)


def speed(data):
    whole_run(*data[:2])
    pytorch(*data[:2])
    loading()


if __name__ == "__main__":
    what = sys.argv[1] if len(sys.argv) > 1 else "speed"
    if what == "memory":
        full_size_memory()
        sys.exit()
    if what == "speed":
        memory()  # first: a process starts with the peak of the one that starts it
    data = nn.load_data(PROJECT / "mnist" if what == "mnist" else PROJECT)
    if what == "seeds":
        print_seeds(data, 5)
    elif what == "mnist":  # with the settings that README.md gives for it
        options = {"activation": "relu", "batch_size": 64, "momentum": 0.95}
        options |= {"learning_rate": 0.05, "iterations": 60, "max_distortion": 0.25}
        print_seeds(data, 3, **options)
    else:
        {"speed": speed, "experiments": experiments}[what](data)
