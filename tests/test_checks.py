"""The check of one update: what it says of slips, and of right code."""

import numpy as np
import pytest
from conftest import LEARNED

import neural_network as nn


def after(name):
    """Return what makes a function of the script give another result.

    change(result, *arguments) returns it.
    """
    right = getattr(nn, name)
    return lambda change: {name: lambda *args: change(right(*args), *args)}


first = after("initialize_parameters")
forward = after("forward_propagation")
cost = after("cost_function")
back = after("backward_prop")


def update(move):
    """Return an update_parameters that moves a parameter p by its step."""

    def update_parameters(parameters, gradients, alpha):
        for name in LEARNED:
            move(parameters[name], alpha * gradients["d" + name])
        return parameters

    return {"update_parameters": update_parameters}


def copies(parameters, gradients, alpha):
    return {n: parameters[n] - alpha * gradients["d" + n] for n in LEARNED}


def spoil(values):
    values *= 0.9


def forget(values):
    return values * (np.random.default_rng().random(values.shape) < 0.5)


def slope(slope_from):
    """Return the activations, with another slope of tanh."""
    return {"ACTIVATIONS": nn.ACTIVATIONS | {"tanh": (nn.tanh, slope_from)}}


def check(patch, printed, functions, activation="tanh"):
    """Let the script check these functions in the place of its own.

    Return whether all is right, and what is said as lines.
    """
    for name, function in functions.items():
        patch(nn, name, function)
    is_right = nn.check_update(6, 5, 4, activation)
    lines = printed().splitlines()
    assert all(line.startswith("Gradient check: ") for line in lines)
    return is_right, *lines


# Words that are said about what a student does; a slash or $ ends a line.
ALL = "w1, b1, w2, b2"
SLIPS = {
    f"update_parameters; {ALL}; unchanged": {"update_parameters": copies},
    f"update_parameters; {ALL}; uphill": update(lambda p, d: np.add(p, d, p)),
    "forward_propagation; random": forward(
        lambda c, *_: c | {"a2": forget(c["a2"])}
    ),
    "forward_propagation changes x:": forward(lambda c, x, _: spoil(x) or c),
    "backward_prop changes w2:": back(
        lambda g, x, y, p, _: spoil(p["w2"]) or g
    ),
    "backward_prop changes y:": back(lambda g, x, y, *_: spoil(y) or g),
    "backward_prop; random": back(lambda g, *_: g | {"dw1": forget(g["dw1"])}),
    "w3; LEARNED": first(lambda p, *_: p | {"w3": np.eye(3)}),
    "cost_function; minus sign": cost(lambda cost, *_: -cost),
    "cost_function; nan; log(0)": cost(lambda *_: np.nan),
    "dw1; missing; (5, 4) / db1; (5, 1)": back(
        lambda g, *_: {n: g[n] for n in ("dw2", "db2")}
    ),
    "dw1 / db1 / dw2 / db2": back(lambda *_: None),
    "db2; (3,); (3, 1)": back(lambda g, *_: g | {"db2": g["db2"][:, 0]}),
    "dw1[; measured": back(lambda g, *_: g | {"dw1": 1.001 * g["dw1"]}),
    "db2[; nan; measured": back(lambda g, *_: g | {"db2": np.nan * g["db2"]}),
    "dw1, db1, dw2, db2; 6 times; 1/m": back(
        lambda g, *_: {n: 6 * g[n] for n in g}
    ),
    "dw1 and db1; tanh; output a": slope(lambda z: 1 - np.tanh(z) ** 2),
    "slope of tanh is wrong; dw1 and db1; tanh(z).$": slope(lambda a: 1 - a),
}


@pytest.mark.parametrize("words", SLIPS)
def test_a_slip_is_told_in_one_line_that_names_the_place(
    patch, printed, words
):
    is_right, *lines = check(patch, printed, SLIPS[words])
    assert not is_right and len(lines) == len(words.split(" / "))
    for line, expected in zip(lines, words.split(" / ")):
        assert all(part in f"{line}$" for part in expected.split("; "))


def test_code_that_fails_on_the_tiny_network_is_told_its_sizes(patch, printed):
    wrong = forward(lambda cache, x, _: x.reshape(784, -1))
    with pytest.raises(ValueError, match="reshape"):
        check(patch, printed, wrong)
    (line,) = printed().splitlines()
    assert "4 pixels" in line and "6 images" in line and "x.shape" in line


def squared_error_back(x, y, parameters, cache, back=nn.backward_prop):
    # Softmax's own slopes: a2[c] * (1 if c is k else 0, minus a2[k]).
    a2, error = cache["a2"], 2 * (cache["a2"] - y)
    dz2 = a2 * (error - np.sum(a2 * error, axis=0))
    return back(x, a2 - dz2, parameters, cache)


def smooth(function, place):
    """Return a function that is given smoothed labels."""

    def smoothed(*args):
        y = 0.9 * args[place] + 0.1 / 3
        return function(*args[:place], y, *args[place + 1 :])

    return smoothed


def zeros(parameters, *_):
    return parameters | {name: 0 * parameters[name] for name in LEARNED}


RIGHT = {
    "as it is": {},
    "squared error": {
        "cost_function": lambda a2, y: np.sum((a2 - y) ** 2) / y.shape[1],
        "backward_prop": squared_error_back,
    },
    "label smoothing": {
        "cost_function": smooth(nn.cost_function, 1),
        "backward_prop": smooth(nn.backward_prop, 1),
    },
    "a cost that takes the log of all": {
        "cost_function": lambda a2, y: np.sum(-y * np.log(a2)) / y.shape[1]
    },
    "weight decay": update(lambda p, d: np.subtract(0.99 * p, d, p)),
    "Adam": update(lambda p, d: np.subtract(p, d / np.sqrt(d**2 + 1e-8), p)),
    "zeros": first(zeros),
}
ADDED = {  # activations that a student might add, with their slopes from a
    "none": (lambda z: z, np.ones_like),
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a)),
}


@pytest.mark.parametrize("kind", [*RIGHT, "relu", *ADDED])
def test_right_code_is_told_so_in_one_line(patch, printed, kind):
    patch(nn, "ACTIVATIONS", nn.ACTIVATIONS | ADDED)
    activation = "tanh" if kind in RIGHT else kind
    is_right, line = check(patch, printed, RIGHT.get(kind, {}), activation)
    assert is_right and "all 4 gradients agree" in line


# ---------------------------------------------------------- after the training
ADVICE = {  # costs, accuracies on training and test images, and what is said
    "all is well": ([2.3, 0.1], 99, 95, ""),
    "no number": ([2.3, np.nan], 10, 10, "no number"),
    "the cost rose": ([2.3, 47], 10, 10, "rose"),
    "the cost stays": ([2.3, 2.3], 10, 10, "moved"),
    "always the same answer": ([2.3, 2.2], 18, 18, "10.0 %"),
    "a little more": ([2.3, 2.2], 20, 20, ""),
    "learned by heart": ([2.3, 0.1], 99, 40, "memorised"),
}


@pytest.mark.parametrize(
    "costs, train, test, fact", ADVICE.values(), ids=ADVICE
)
def test_a_training_that_failed_is_explained_in_one_line(
    printed, costs, train, test, fact
):
    nn.give_advice(True, costs, np.eye(10), train, test)
    said = printed()
    assert fact in said and len(said.splitlines()) == bool(fact)
    # After a line of the check, advice would only lead astray.
    nn.give_advice(False, costs, np.eye(10), train, test)
    said = printed()
    assert fact in said and "earning_rate" not in said
    assert ("what the check" in said.split(fact or "?")[-1]) == bool(fact)
