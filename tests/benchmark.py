"""Measure what the pages state, on this machine.

python tests/benchmark.py prints the table of experiments, part of which is in
README.md and the rest in docs/ (half an hour). python tests/benchmark.py mnist
trains on the first 50,000 images of the folder mnist, which a recipe in docs/
makes, and prints the accuracy on the next 10,000 and the memory used.
"""

import inspect
import sys
import time
from pathlib import Path

import numpy as np

PROJECT = Path(__file__).parent.parent
sys.path.insert(0, str(PROJECT))
import neural_network as nn

PLAIN = {"n_h": 1000, "learning_rate": 0.1, "iterations": 100}
STEPS = {  # each idea is added to those above it
    "+ mini-batches of 128 images": {"batch_size": 128},
    "+ momentum (0.98, with `learning_rate = 0.02`)": {
        "momentum": 0.98,
        "learning_rate": 0.02,
    },
    "+ shifted images": {"max_shift": 1},
    "+ distorted images": {"max_distortion": 0.3},
    "+ falling learning rate: as shipped": {"learning_rate_decay": True},
    '+ ReLU: `activation = "relu"`': {"activation": "relu"},
}
OTHERS = {  # one setting is changed
    "n_h": (100, 300, 2000),
    "learning_rate": (0.001, 0.005, 0.1),
    "iterations": (50, 200),
}
MNIST = {"activation": "relu", "batch_size": 64, "momentum": 0.95}
MNIST |= {"learning_rate": 0.05, "iterations": 60, "max_distortion": 0.25}


def shipped(**changes):
    """Return the settings of model as they are in the script, with changes."""
    settings = inspect.signature(nn.model).parameters
    return {k: v for k, v in vars(nn).items() if k in settings} | changes


def rows():
    """Yield the name and the settings of each row of the table."""
    settings = PLAIN
    yield "plain gradient descent (`learning_rate = 0.1`)", settings
    for name, step in STEPS.items():
        settings = settings | step
        yield name, settings
    for name, values in OTHERS.items():
        for value in values:
            yield f"`{name} = {value}`", shipped(**{name: value})


def relative_times(table, data, rounds=9):
    """Return each row's time as a multiple of the first row's.

    The rows take turns with four iterations each, so that a busy machine
    disturbs all of them alike; the median over the rounds counts.
    """
    times = np.zeros((rounds, len(table)))
    for turn, row in np.ndindex(times.shape):
        start = time.perf_counter()
        nn.model(*data[:2], **table[row][1] | {"iterations": 4})
        times[turn, row] = time.perf_counter() - start
    iterations = np.array([settings["iterations"] for _, settings in table])
    return np.median(times / times[:, :1], axis=0) * iterations / iterations[0]


def experiments():
    """Print the table: means of three seeds ± sample standard deviations."""
    data = x_train, y_train, x_test, y_test = nn.load_data(PROJECT)
    table = [*rows()]
    times = relative_times(table, data)
    print("| change | train | test | time |\n|---|---|---|---|")
    for (name, settings), relative_time in zip(table, times):
        results = []
        for seed in range(3):
            parameters, _ = nn.model(
                x_train, y_train, **settings | {"seed": seed}
            )
            train = nn.accuracy(x_train, y_train, parameters)
            results.append([train, nn.accuracy(x_test, y_test, parameters)])
        (train, test), (_, deviation) = (
            np.mean(results, axis=0),
            np.std(results, axis=0, ddof=1),
        )
        accuracies = f"{train:.1f} % | {test:.1f} ± {deviation:.1f} %"
        print(f"| {name} | {accuracies} | {relative_time:.1f} |", flush=True)


def mnist():
    """Print the accuracy on 10,000 images of MNIST that weren't trained on."""
    x, y, _, _ = nn.load_data(PROJECT / "mnist")
    parameters, _ = nn.model(x[:, :50000], y[:, :50000], **shipped(**MNIST))
    print(f"{nn.accuracy(x[:, 50000:], y[:, 50000:], parameters):.2f} %")
    import resource  # which Windows lacks

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"peak memory: {peak / 1e6:.1f} GB")


if __name__ == "__main__":
    mnist() if sys.argv[1:] == ["mnist"] else experiments()
