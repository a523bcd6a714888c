"""Facts about the network: its equations, its gradients, how it learns."""

import math
import re

import numpy as np
import pytest
from conftest import edited
from numpy.random import default_rng
from pytest import approx

import neural_network as nn

LEARNED = ("w1", "b1", "w2", "b2")
# Twelve images of 4 by 4 pixels. The brightest of the first three pixels is
# the class.
X = default_rng(1).random((16, 12)).astype("f4")
Y = np.eye(3, dtype="f4")[:, X[:3].argmax(axis=0)]


def train(n_h=5, learning_rate=0.4, iterations=4, **ideas):
    return nn.model(X, Y, n_h, learning_rate, iterations, **ideas)


def train_by_hand(rates, momentum=0):
    """Train as the README says; return the parameters and the costs."""
    parameters, costs = nn.initialize_parameters(16, 5, 3), []
    velocity = {f"d{name}": 0 for name in LEARNED}
    for rate in [*rates, 0]:  # the last cost is that of the trained network
        cache = nn.forward_propagation(X, parameters)
        costs.append(nn.cost_function(cache["a2"], Y))
        gradients = nn.backward_prop(X, Y, parameters, cache)
        for name, slopes in gradients.items():
            velocity[name] = momentum * velocity[name] + slopes
        nn.update_parameters(parameters, velocity, rate)
    return parameters, costs


def assert_same(run, other):
    """Two trainings must end in the same network after the same costs."""
    for name in LEARNED:
        assert run[0][name] == approx(other[0][name], rel=1e-4, abs=1e-6)
    assert run[1] == approx(other[1], rel=1e-4)


# ------------------------------------------------------------------ equations
def test_softmax_makes_each_column_probabilities_and_does_not_overflow():
    z = np.array([[1000, -1000], [-1000, -1000]])
    assert nn.softmax(z).tolist() == [[1, 0.5], [0, 0.5]]


def test_the_cost_is_the_mean_of_minus_log_of_the_right_class():
    a2, y = np.array([[0.5, 0.2], [0.5, 0.8]], "f4"), np.eye(2, dtype="f4")
    assert nn.cost_function(a2, y) == approx(-math.log(0.5 * 0.8) / 2)
    assert 20 < nn.cost_function(1 - y, y) < math.inf  # sure, and wrong


@pytest.mark.parametrize("activation", nn.ACTIVATIONS)
def test_the_gradients_are_the_measured_slopes_of_the_cost(activation):
    network = nn.initialize_parameters(16, 7, 3, activation)
    for name in LEARNED:  # float64, and far from the corner of ReLU
        network[name] = default_rng(14).standard_normal(network[name].shape)
    cache = nn.forward_propagation(X, network)
    gradients = nn.backward_prop(X, Y, network, cache)
    for name, slopes in nn.measure_gradients(X, Y, network).items():
        assert gradients[name] == approx(slopes, rel=1e-5, abs=1e-7)


def test_the_first_network_is_random_small_and_undecided():
    network = nn.initialize_parameters(784, 1000, 10)
    assert not network["b1"].any() and not network["b2"].any()
    cache = nn.forward_propagation(np.ones((784, 1)), network)
    assert 1 < cache["z1"].std() < 5  # where tanh isn't flat
    assert cache["a2"] == approx(0.1, abs=0.03)


def test_the_likeliest_class_is_the_answer_and_the_accuracy_its_share():
    w = np.eye(2)  # the class of the larger pixel is likelier
    network = {"w1": w, "b1": 0, "w2": w, "b2": 0, "activation": "tanh"}
    x = np.array([[0.9, 0.1, 0.5, 0.2], [0.8, 0.2, 0.6, 0.1]])
    y = np.array([[1, 0, 0, 0], [0, 1, 1, 1]])
    assert nn.predict(x, network).tolist() == [0, 1, 1, 0]
    assert nn.accuracy(x, y, network) == 75


# ------------------------------------------------------------------- training
def test_training_is_forward_backward_update_in_a_loop():
    assert_same(train(), train_by_hand([0.4] * 4))
    run = train(momentum=0.5, learning_rate_decay=True)
    assert_same(run, train_by_hand([0.4, 0.3, 0.2, 0.1], momentum=0.5))


def test_an_update_that_returns_new_arrays_trains_as_one_in_place():
    old = 'parameters[name] -= learning_rate * gradients["d" + name]'
    new = "parameters = parameters | {name: parameters[name] - learning_rate"
    other = edited((old, f'{new} * gradients["d" + name]}}'))
    run = other.model(X, Y, 5, 0.4, 4, batch_size=5)
    assert_same(run, train(batch_size=5))


def test_mini_batches_are_equal_and_hold_each_image_once():
    """For tiny steps, three equal batches go three times as far as one."""
    start = nn.initialize_parameters(16, 5, 3)["w1"]
    once = train(learning_rate=1e-3, iterations=1)[0]["w1"] - start
    run = train(learning_rate=1e-3, iterations=1, batch_size=5)
    assert run[0]["w1"] - start == approx(3 * once, rel=0.02, abs=1e-6)


def test_a_shift_moves_by_whole_pixels_and_fills_with_background():
    image, rng = np.arange(1.0, 26).reshape(5, 5), default_rng(0)
    moved = [nn.move(image.reshape(25, 1), 2, 0, rng) for _ in range(300)]
    padded = np.pad(image, 2)
    crops = [padded[i : i + 5, j : j + 5] for i, j in np.ndindex(5, 5)]
    assert {(*m.flat,) for m in moved} == {(*c.flat,) for c in crops}


def test_a_distortion_keeps_the_centre_and_moves_the_rest_so_far():
    image, rng = np.zeros((21, 21)), default_rng(0)
    image[10, 10], image[2, 10] = 5, 7
    places = []
    for _ in range(300):
        moved = nn.move(image.reshape(-1, 1), 0, 0.4, rng).reshape(21, 21)
        assert moved[10, 10] == 5
        places += [*np.argwhere(moved == 7) - 10]
    along, across = np.array(places).T
    assert 4 <= across.max() <= 6  # slanted: it was 0
    assert along.max() in (-5, -6) and along.min() == -10  # stretched: -8


def test_the_images_of_a_batch_move_in_several_ways_at_random():
    x = np.tile(np.arange(1.0, 26)[:, None], 8)  # the same image eight times
    moved = nn.augment(x, 2, 0.3, default_rng(0))
    assert moved.shape == x.shape
    assert 1 < len({column.tobytes() for column in moved.T})
    assert nn.augment(x[:, :1], 2, 0.3, default_rng(0)).shape == (25, 1)
    assert train(max_shift=1)[1] != train()[1] != train(max_distortion=0.3)[1]


def test_costs_are_printed_reported_and_kept_and_ctrl_c_loses_nothing(capsys):
    def report(iteration, cost, parameters):
        a2 = nn.forward_propagation(X, parameters)["a2"]
        assert cost == approx(nn.cost_function(a2, Y))
        reports.append((iteration, cost))
        if iteration == 10:
            raise KeyboardInterrupt

    reports = []
    run = train(iterations=30, report=report)
    assert reports == [*enumerate(run[1])] and len(reports) == 11
    assert_same(run, train(iterations=10))
    said = capsys.readouterr().out.splitlines()
    costs = [f"Cost after {i} iterations is : {c:.4f}" for i, c in reports]
    assert said[:5] == [*costs[::3], "Stopped in iteration 11 of 30."]


def test_a_training_that_diverges_ends_early_and_says_so(capsys):
    _, costs = train(learning_rate=1e6, iterations=50)
    *_, said = capsys.readouterr().out.splitlines()
    assert len(costs) < 50 and f" {costs[-1]:g}." in said
    assert "diverged" in said and "Lower learning_rate." in said


def test_the_network_learns_to_read_new_digits(data, network):
    assert nn.accuracy(*data[2:], network) > 90  # about 95, give or take 1


def test_the_training_follows_the_settings_at_the_top(monkeypatch):
    settings = {"n_h": 5, "learning_rate": 0.4, "iterations": 4, "seed": 3}
    settings |= {"activation": "relu", "batch_size": 7, "momentum": 0.5}
    settings |= {"max_shift": 1, "max_distortion": 0.3}
    settings["learning_rate_decay"] = False
    for name, value in settings.items():
        monkeypatch.setattr(nn, name, value)
    costs = []
    run = nn.train_with_settings(X, Y, lambda _, cost, __: costs.append(cost))
    assert costs == run[1] == nn.model(X, Y, **settings)[1]  # at random, too
    assert costs[0] != train()[1][0]  # another seed, another first network


# ------------------------------------------------------ what the functions got
NETWORK = nn.initialize_parameters(16, 5, 3)
WRONG = {  # a function, what it got, and what is said of that
    "one image": (nn.describe_answer, [X[:, 0], NETWORK], "x of shape (16,)"),
    "up to 255": (nn.model, [255 * X, Y, 5, 0.4, 1], "x up to 25"),
    "no number": (nn.predict, [X * np.nan, NETWORK], "x up to nan"),
    "plain digits": (nn.accuracy, [X, Y[0], NETWORK], "y of shape (12,)"),
    "a row of digits": (nn.accuracy, [X, Y[:1], NETWORK], "y of shape (1,"),
    "a label too few": (nn.model, [X, Y[:, 1:], 5, 0.4, 1], "y of shape (3"),
}


@pytest.mark.parametrize("function, given, said", WRONG.values(), ids=WRONG)
def test_wrong_images_or_labels_are_told_in_one_line(function, given, said):
    message = rf"\AFound {re.escape(said)}.* expected.*\Z"
    with pytest.raises(nn.InputError, match=message):
        function(*given)


def test_standardised_images_may_have_a_few_huge_pixels():
    x = X - X.mean(axis=1, keepdims=True)
    x[0, 3] = 5e7  # a pixel that was 0 in all others, divided by 1e-8
    nn.predict(x, NETWORK)
