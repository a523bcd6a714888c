"""What the check of the gradients says of what a reader changes."""

import numpy as np
import pytest
from conftest import edited

DW1 = "dw1 = (1 / m * dz1) @ x.T"
DB2 = "db2 = 1 / m * dz2.sum(axis=1, keepdims=True)"
COST = "return float(-1 / m * np.sum(y * log_a2))"
RETURN = 'return {"dw1": dw1, "db1": db1, "dw2": dw2, "db2": db2}'
ALL = "dw1", "db1", "dw2", "db2"
SLIPS = {  # what a reader writes in place of what; how each line begins
    "uphill": ("\n    dz2 = a2 - y", "\n    dz2 = y - a2",
               [f"{name} is -1 times what was measured." for name in ALL]),
    "nearly": (DW1, DW1.replace("1 / m", "1.001 / m"), ["dw1 is 1.001 times"]),
    "one entry": (DB2, f"{DB2}\n    db2[1] += 1", ["db2[1, 0] is "]),
    "a row too few": (DB2, "db2 = dz2.sum(axis=1) / m", ["db2 is (3,), but"]),
    "forgotten": (', "db2": db2}', "}", ["db2 is missing"]),
    "a tuple": (RETURN, "return dw1, db1, dw2, db2",
                [f"{name} is missing" for name in ALL]),
    "two zeros": (DW1, "dw1, dz1 = 0 * w2.T @ dz2 @ x.T, 0 * dz1",
                  ["dw1[4, 0] is 0.00000", "db1[4, 0] is 0.00000"]),
    "no number": (COST, COST.replace("-1", "np.nan"),
                  [f"{name}[0, 0] is " for name in ALL]),
    "x changed": ("z1 = parameters[", "x *= 0.9\n    z1 = parameters[",
                  [f"{name}[" for name in ALL]),
}  # fmt: skip


@pytest.mark.parametrize("old, new, said", SLIPS.values(), ids=SLIPS)
def test_a_slip_is_told_in_a_line_per_gradient(old, new, said, capsys):
    edited((old, new)).check_gradients("tanh")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(said)
    for line, words in zip(lines, said):
        assert line.startswith(f"Gradient check: {words}")


SIGMOID = "lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a)"
RIGHT = {  # what a reader changes rightly, and how many gradients there are
    "as it is": ([], "tanh", 4),
    "ReLU": ([], "relu", 4),
    "an own curve": (
        [("ACTIVATIONS = {", f'ACTIVATIONS = {{"own": ({SIGMOID}),')],
        "own", 4),
    "first weights of 0": ([("* 2.5 /", "* 0 /")], "tanh", 4),
    "a tiny number in the logarithm": (
        [("np.maximum(a2, 1e-30)", "a2 + 1e-7")], "relu", 4),
    "a frozen layer": (
        [('("w1", "b1", "w2", "b2")', '("w2", "b2")')], "tanh", 2),
}  # fmt: skip


@pytest.mark.parametrize("changes, curve, n", RIGHT.values(), ids=RIGHT)
def test_right_code_is_told_so_in_one_line(changes, curve, n, capsys):
    edited(*changes).check_gradients(curve)
    words = f"Gradient check: all {n} gradients agree with measured slopes.\n"
    assert capsys.readouterr().out == words


def test_the_check_leaves_no_trace_in_an_optimizer_that_remembers():
    old = 'parameters[name] -= learning_rate * gradients["d" + name]'
    new = """MEMORY[name] = 0.9 * MEMORY.get(name, 0) + gradients["d" + name]
        parameters[name] -= learning_rate * MEMORY[name]"""
    start = "def update_parameters"
    changes = (old, new), (start, f"MEMORY = {{}}\n\n\n{start}")
    one, other = edited(*changes), edited(*changes)
    one.check_gradients("tanh")
    x, y = np.eye(16), np.eye(2)[:, 8 * [0, 1]]
    costs = one.model(x, y, 5, 0.1, 9)[1]
    assert costs == other.model(x, y, 5, 0.1, 9)[1] and costs[-1] < costs[0]
