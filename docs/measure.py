"""Measure what docs/experiments.md states, and write it into the page.

python docs/measure.py 5 trains each row of the tables with the seeds 0 to 4,
which takes an hour or two, and writes the tables after each seed. It needs
scikit-learn, and the folder mnist of the recipe "The whole of MNIST", whose
last 10,000 training images, none of which is the project's, judge as well.
"""

import os
import sys
import time
from functools import partial
from pathlib import Path
from unittest.mock import patch

PROJECT = Path(__file__).parent.parent
sys.path.insert(0, str(PROJECT))
os.environ["OPENBLAS_NUM_THREADS"] = "1"  # or times don't compare

import numpy as np
import sklearn
from sklearn import ensemble, linear_model, neighbors, svm
from sklearn.neural_network import MLPClassifier

import neural_network as nn

# A row tells what differs from neural_network.py as shipped, or it names a
# method of scikit-learn, and how many moved copies of each image this gets.
SHIPPED = {}
# Each of these does without one idea more than the one above it.
ONE_MOVE = {"augment": partial(nn.augment, parts=1)}
SAME_RATE = ONE_MOVE | {"learning_rate_decay": False}
UNDISTORTED = SAME_RATE | {"max_distortion": 0}
UNMOVED = UNDISTORTED | {"max_shift": 0}
NO_MOMENTUM = UNMOVED | {"momentum": 0, "learning_rate": 0.1}
PLAIN = NO_MOMENTUM | {"batch_size": None}
SHORT = {"n_h": 100, "iterations": 20}
FAST = {"learning_rate": 0.2, "activation": "relu", "momentum": 0.9}
SVM, MLP = svm.SVC(C=10), MLPClassifier(1000)
NEIGHBOURS = neighbors.KNeighborsClassifier(4, weights="distance")
LOGISTIC = linear_model.LogisticRegression(C=0.1, max_iter=1000)
TABLES = {
    "ideas": {
        "plain gradient descent, `learning_rate = 0.1`": PLAIN,
        "+ mini-batches of at most 128 images": NO_MOMENTUM,
        "+ momentum": UNMOVED,
        "+ shifted images": UNDISTORTED,
        "+ distorted images": SAME_RATE,
        "+ falling learning rate": ONE_MOVE,
        "+ four moves per mini-batch: as shipped": SHIPPED,
        '+ ReLU: `activation = "relu"`': {"activation": "relu"},
    },
    "settings": {
        "`n_h = 100`": {"n_h": 100},
        "`n_h = 300`": {"n_h": 300},
        "`n_h = 2000`": {"n_h": 2000},
        "`learning_rate = 0.005`": {"learning_rate": 0.005},
        "`learning_rate = 0.1`": {"learning_rate": 0.1},
        "`iterations = 50`": {"iterations": 50},
        "`iterations = 200`": {"iterations": 200},
    },
    "fast": {
        "as shipped": SHIPPED,
        "fast settings": FAST | {"n_h": 300, "iterations": 60},
        "quick settings": FAST | SHORT,
        "as shipped, `n_h = 100`, `iterations = 20`": SHORT,
    },
    "peers": {
        "**this network, as shipped**": SHIPPED,
        "MLPClassifier, 1,000 neurons, ten moved copies": (MLP, 10),
        "SVM, `C=10`, ten moved copies": (SVM, 10),
        "SVM (support vector machine), `C=10`": (SVM, 0),
        "MLPClassifier, 1,000 neurons": (MLP, 0),
        "random forest, 500 trees": (ensemble.RandomForestClassifier(500), 0),
        "4 nearest neighbours, weighted by distance": (NEIGHBOURS, 0),
        "logistic regression, `C=0.1`": (LOGISTIC, 0),
    },
}


def train(x, y, row, seed):
    """Train what a row tells, and return the function that predicts."""
    if isinstance(row, dict):
        with patch.multiple(nn, seed=seed, **row):  # for this training only
            parameters, _ = nn.train_with_settings(x, y)
        return partial(nn.predict, parameters=parameters)
    method, copies = row
    np.random.seed(seed)  # scikit-learn draws from this
    moves = nn.max_shift, nn.max_distortion, np.random.default_rng(seed)
    parts = x.shape[1] // 4  # four images each move in the same way
    moved = [nn.augment(x, *moves, parts) for _ in range(copies)]
    digits = np.tile(y.argmax(axis=0), 1 + copies)
    method.fit(np.hstack([x, *moved]).T, digits)
    return lambda images: method.predict(images.T)


def measure(data, row, seed):
    """Return the accuracy on each x, y in data, and the CPU seconds."""
    start = time.process_time()  # what other programs do doesn't count
    predict = train(*data[0], row, seed)
    seconds = time.process_time() - start
    shares = [100 * np.mean(predict(x) == y.argmax(axis=0)) for x, y in data]
    return [*shares, seconds]


def describe(table, results):
    """Yield the lines of a table: means ± standard deviations, and times."""
    yield "| | train | test | 10,000 others | time |"
    yield "|---|---|---|---|---|"
    for label, row in table.items():
        *shares, seconds = np.transpose(results[str(row)])
        shipped = np.array(results[str(SHIPPED)])[: len(seconds), -1]
        cells = [label]
        for values in shares:
            spread = f" ± {values.std(ddof=1):.1f}" if len(values) > 1 else ""
            cells.append(f"{values.mean():.1f}{spread} %")
        cells.append(f"{np.median(seconds / shipped).round(2):.2g}")
        yield f"| {' | '.join(cells)} |"


def write(mark, lines):
    """Replace what stands in the page between a mark and the next end."""
    path = PROJECT / "docs" / "experiments.md"
    before, rest = path.read_text("utf-8").split(f"<!-- {mark} -->\n")
    after = rest[rest.index("<!-- end -->") :]
    text = "\n".join([f"{before}<!-- {mark} -->", *lines, after])
    path.write_text(text, "utf-8")


x, y, *test = nn.load_data(PROJECT)
others = [part[:, 50000:] for part in nn.load_data(PROJECT / "mnist")[:2]]
rows = {str(row): row for table in TABLES.values() for row in table.values()}
results = {key: [] for key in rows}
for seed in range(int(sys.argv[1]) if sys.argv[1:] else 5):
    for key, row in rows.items():
        if seed and row in [(MLP, 10), (SVM, 10)]:
            continue  # ten copies take long: one seed is enough
        results[key].append(measure([(x, y), test, others], row, seed))
        print(seed, key, results[key][-1], flush=True)
    for mark, table in TABLES.items():
        write(mark, describe(table, results))
    run = f"Measured on {time.strftime('%d %B %Y')}, seeds 0 to {seed}, "
    run += f"NumPy {np.__version__}, scikit-learn {sklearn.__version__}."
    write("run", [run])
