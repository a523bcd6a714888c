"""What the check of the gradients says of what a reader changes."""

import numpy as np
import pytest
from conftest import SCRIPT, edited

DZ2 = "\n    dz2 = a2 - y"
DW1 = "dw1 = (1 / m * dz1) @ x.T"
DB2 = "db2 = 1 / m * dz2.sum(axis=1, keepdims=True)"
COST = "return float(-1 / m * np.sum(y * log_a2))"
UPDATE = 'parameters[name] -= learning_rate * gradients["d" + name]'
ALL_LEARNED = '("w1", "b1", "w2", "b2")'


def all_say(words):
    return [f"{name}{words}" for name in ("dw1", "db1", "dw2", "db2")]


SLIPS = {  # what a reader writes in place of what; how each line begins
    "uphill": (DZ2, "\n    dz2 = y - a2", all_say(" is -1 times what")),
    "no 1/m": ("m = x.shape[1]\n\n", "m = 1\n",
               all_say(" is 6 times what was measured")),
    "nearly": (DW1, DW1.replace("1 / m", "1.001 / m"), ["dw1 is 1.001 times"]),
    "one entry": (DB2, f"{DB2}\n    db2[1] += 1", ["db2[1, 0] is "]),
    "a row too few": (DB2, "db2 = dz2.sum(axis=1) / m", ["db2 is (3,), but"]),
    "forgotten": (', "db2": db2}', "}", ["db2 is missing"]),
    "a tuple": ('return {"dw1": dw1, "db1": db1, "dw2": dw2, "db2": db2}',
                "return dw1, db1, dw2, db2", all_say(" is missing")),
    "two zeros": (DW1, "dw1, dz1 = 0 * w2.T @ dz2 @ x.T, 0 * dz1",
                  ["dw1[4, 0] is 0.00000", "db1[4, 0] is 0.00000"]),
    "other slope": ("return 1 - a**2", "return 1 - np.tanh(a) ** 2",
                    ["dw1[", "db1["]),
    "no minus": (COST, COST.replace("-1", "1"), all_say(" is -1 times")),
    "no number": ("float(-1", "np.nan * float(-1", all_say("[0, 0] is ")),
    "in place": ("z1 = parameters[", "x *= 0.9\n    z1 = parameters[",
                 all_say("[")),
    "in place, back": ("da1 = w2.T", "w2 *= 0.9\n    da1 = w2.T",
                       all_say("[")),
    "dropout": ("a1 = activate(z1)",
                "a1 = activate(z1) * (np.random.random(z1.shape) < 0.5)",
                all_say("[")),
}  # fmt: skip


@pytest.mark.parametrize("old, new, said", SLIPS.values(), ids=SLIPS)
def test_a_slip_is_told_in_a_line_per_gradient(old, new, said, capsys):
    edited((old, new)).check_gradients("tanh")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(said)
    for line, words in zip(lines, said):
        assert line.startswith(f"Gradient check: {words}")


SIGMOID = "lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a)"
ADDED = ("# For each name", f"SIGMOID = ({SIGMOID})\n# For each name"), (
    "ACTIVATIONS = {", 'ACTIVATIONS = {\n    "sigmoid": SIGMOID,')  # fmt: skip
EINSUM = 'dw1 = np.einsum("ji,pi->jp", dz1, x) / m'
LOOP = "dw1 = sum(np.outer(dz1[:, i], x[:, i]) for i in range(m)) / m"
RETURN = 'return {"dw1": dw1, "db1": db1, "dw2": dw2, "db2": db2}'
RIGHT = {  # what a reader changes rightly, and how many gradients there are
    "as it is": ([], "tanh", 4),
    "ReLU": ([], "relu", 4),
    "an own curve": (ADDED, "sigmoid", 4),
    "a product in words": ([(DW1, EINSUM)], "tanh", 4),
    "image by image": ([(DW1, LOOP)], "tanh", 4),
    "more than was asked": (
        [(RETURN, RETURN.replace("{", '{"dx": w1.T @ dz1, ')),
         ("da1 = w2.T", 'w1 = parameters["w1"]\n    da1 = w2.T')], "tanh", 4),
    "a cost of another size": (
        [(COST, COST.replace("-1", "-2")),
         (DZ2, DZ2.replace("a2 - y", "2 * (a2 - y)"))], "tanh", 4),
    "first weights of 0": ([("* 2.5 /", "* 0 /")], "tanh", 4),
    "an array that isn't learned": (
        [('return {\n        "w1"', 'return {\n"mean": w1, "w1"')], "tanh", 4),
    "a frozen layer": ([(ALL_LEARNED, '("w2", "b2")')], "tanh", 2),
}  # fmt: skip


@pytest.mark.parametrize("changes, curve, n", RIGHT.values(), ids=RIGHT)
def test_right_code_is_told_so_in_one_line(changes, curve, n, capsys):
    edited(*changes).check_gradients(curve)
    words = f"Gradient check: all {n} gradients agree with measured slopes.\n"
    assert capsys.readouterr().out == words


def test_the_check_leaves_no_trace_in_an_optimizer_that_remembers():
    adam = """mean, square = MEMORY.get(name, (0, 0))
        mean = 0.9 * mean + 0.1 * gradients["d" + name]
        square = 0.999 * square + 0.001 * gradients["d" + name] ** 2
        MEMORY[name] = mean, square
        parameters[name] -= learning_rate * mean / (square**0.5 + 1e-6)"""
    start = "def update_parameters"
    changes = (UPDATE, adam), (start, f"MEMORY = {{}}\n\n\n{start}")
    x, y = np.eye(16), np.eye(2)[:, 8 * [0, 1]]
    runs = []
    for is_checked in (True, False):
        module = edited(*changes)
        if is_checked:
            module.check_gradients("tanh")
        runs.append(module.model(x, y, 5, 0.001, 9))
    assert runs[0][1] == runs[1][1]
    assert runs[0][1][-1] < runs[0][1][0]


def test_the_line_that_fails_on_the_tiny_network_names_its_sizes():
    wrong = edited(("a1 = activate(z1)", "a1 = activate(z1.reshape(784, -1))"))
    with pytest.raises(ValueError, match="reshape") as caught:
        wrong.check_gradients("tanh")
    shown = [SCRIPT.splitlines()[part.lineno] for part in caught.traceback[1:]]
    assert "n_x 4, n_h 5, n_y 3, m 6" in "".join(shown)
