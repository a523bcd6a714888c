"""Measure what the pages state. Name one of these words after the file's name:

experiments: the tables in docs/experiments.md (hours; "experiments 3" takes 3
    seeds). The folder mnist, which a recipe makes, adds its last 10,000.
threads: the training with one thread and with one per core
pytorch: one update here and in PyTorch
mnist: a training on the folder's first 50,000 images, judged on the others
"""

import functools
import inspect
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

PROJECT = Path(__file__).parent.parent
sys.path.insert(0, str(PROJECT))
import neural_network as nn

augment = nn.augment
PLAIN = {"n_h": 1000, "learning_rate": 0.1, "iterations": 100, "parts": 1}
MOMENTUM = {"momentum": 0.98, "learning_rate": 0.02}
STEPS = {  # each idea is added to those above it
    "+ mini-batches of at most 128 images": {"batch_size": 128},
    "+ momentum (0.98, with `learning_rate = 0.02`)": MOMENTUM,
    "+ shifted images": {"max_shift": 1},
    "+ distorted images": {"max_distortion": 0.3},
    "+ falling learning rate": {"learning_rate_decay": True},
    "+ moved in four parts: as shipped": {"parts": 4},
    '+ ReLU: `activation = "relu"`': {"activation": "relu"},
}
OTHERS = {  # one setting is changed
    "n_h": (100, 300, 2000),
    "learning_rate": (0.001, 0.005, 0.1),
    "iterations": (50, 200),
}
FAST = {"learning_rate": 0.2, "momentum": 0.9, "activation": "relu"}
MNIST = {"activation": "relu", "batch_size": 64, "momentum": 0.95}
MNIST |= {"learning_rate": 0.05, "iterations": 60, "max_distortion": 0.25}


def shipped(**changes):
    """Return the settings of model as they are in the script, with changes."""
    settings = inspect.signature(nn.model).parameters
    return {k: v for k, v in vars(nn).items() if k in settings} | changes


def rows():
    """Yield the name and the settings of each row of the tables."""
    settings = PLAIN
    yield "plain gradient descent (`learning_rate = 0.1`)", settings
    for name, step in STEPS.items():
        settings = settings | step
        yield name, settings
    for name, values in OTHERS.items():
        for value in values:
            yield f"`{name} = {value}`", shipped(**{name: value})
    yield "quick settings", shipped(n_h=100, iterations=20, **FAST)
    yield "fast settings", shipped(n_h=300, iterations=60, **FAST)


def train(x, y, parts=4, **settings):
    """Return the parameters of a network trained on x and y."""
    nn.augment = functools.partial(augment, parts=parts)
    return nn.model(x, y, **settings)[0]


def experiments(seeds=10):
    """Print the tables: means over seeds ± sample standard deviations."""
    x, y, *test = nn.load_data(PROJECT)
    judges = [("train", x, y), ("test", *test)]
    if (PROJECT / "mnist").exists():
        images, labels, _, _ = nn.load_data(PROJECT / "mnist")
        judges.append(("10,000 others", images[:, 50000:], labels[:, 50000:]))
    table = [*rows()]
    results = np.zeros((int(seeds), len(table), len(judges)))
    times = np.zeros(results.shape[:2])
    for seed, row in np.ndindex(times.shape):  # the rows take turns
        start = time.monotonic()
        parameters = train(x, y, **table[row][1] | {"seed": seed})
        times[seed, row] = time.monotonic() - start
        for i, (_, *images) in enumerate(judges):
            results[seed, row, i] = nn.accuracy(*images, parameters)
        print(seed, table[row][0], results[seed, row], file=sys.stderr)
    row = [name.endswith("as shipped") for name, _ in table].index(True)
    times = np.median(times / times[:, [row]], axis=0)
    means, deviations = results.mean(axis=0), results.std(axis=0, ddof=1)
    print(f"| change | {' | '.join(name for name, *_ in judges)} | time |")
    print("|---" * (len(judges) + 2) + "|")
    for (name, _), *numbers, ratio in zip(table, means, deviations, times):
        cells = [f"{m:.2f} ± {d:.2f} %" for m, d in zip(*numbers)]
        print(f"| {name} | {' | '.join(cells)} | {ratio:.2f} |")


def threads(rounds=5):
    """Print how one thread compares with many, on idle and on busy cores."""
    program = """if True:
        import time, neural_network as nn
        x, y, _, _ = nn.load_data(".")
        start = time.monotonic()
        nn.model(x, y, 1000, 0.02, 5, "tanh", 128, 0.98, 1, 0.3)
        print(time.monotonic() - start, end="")"""
    python, cores = [sys.executable, "-c"], os.cpu_count()
    for name, loops in ("idle", 0), ("busy", cores):
        loop = [*python, "while True: pass"]
        busy = [subprocess.Popen(loop) for _ in range(loops)]
        times = {1: [], cores: []}
        for count in [*times] * int(rounds):
            variables = {**os.environ, "OPENBLAS_NUM_THREADS": str(count)}
            options = {"cwd": PROJECT, "env": variables}
            seconds = subprocess.check_output([*python, program], **options)
            times[count].append(float(seconds.split()[-1]))
        for process in busy:
            process.kill()
        ratio = np.median(times[1]) / np.median(times[cores])
        print(f"{name}: one thread takes {ratio:.2f} of {cores} threads' time")


def pytorch(rounds=20):
    """Print how many times as long an update takes in PyTorch, one thread."""
    import torch

    torch.set_num_threads(1)
    x, y, _, _ = nn.load_data(PROJECT)
    rng = np.random.default_rng(0)
    ours = nn.initialize_parameters(784, 1000, 10, "tanh", rng)
    velocity = {"d" + name: np.zeros_like(ours[name]) for name in nn.LEARNED}
    layers = torch.nn.Linear(784, 1000), torch.nn.Linear(1000, 10)
    theirs = torch.nn.Sequential(layers[0], torch.nn.Tanh(), layers[1])
    optimizer = torch.optim.SGD(theirs.parameters(), lr=0.02, momentum=0.98)
    times = []
    for batch in np.array_split(np.arange(4000), 32) * int(rounds):
        x_batch, y_batch = augment(x[:, batch], 1, 0.3, rng), y[:, batch]
        images = torch.tensor(np.ascontiguousarray(x_batch.T))
        digits = torch.tensor(y_batch.argmax(axis=0))
        start = time.thread_time()
        nn.train_step(x_batch, y_batch, ours, velocity, 0.02, 0.98)
        after_ours = time.thread_time()
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(theirs(images), digits).backward()
        optimizer.step()
        after_theirs = time.thread_time()
        _ = (ours["w1"] @ x_batch) @ x_batch.T  # the first layer's products
        end = time.thread_time()
        times.append(np.diff([start, after_ours, after_theirs, end]))
    step, torch_step, products = np.median(times, axis=0)
    print(f"PyTorch takes {torch_step / step:.2f} times as long.")
    print(f"The first layer's products take {products / step:.2f} of ours.")


def mnist():
    """Print the accuracy on 10,000 images of MNIST that weren't trained on."""
    x, y, _, _ = nn.load_data(PROJECT / "mnist")
    parameters = train(x[:, :50000], y[:, :50000], **shipped(**MNIST))
    print(f"{nn.accuracy(x[:, 50000:], y[:, 50000:], parameters):.2f} %")
    import resource  # which Windows lacks

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"peak memory: {peak / 1e6:.1f} GB")


if __name__ == "__main__":
    words = {f.__name__: f for f in (experiments, threads, pytorch, mnist)}
    word, *numbers = sys.argv[1:] or [None]
    words[word](*numbers) if word in words else print(__doc__)
