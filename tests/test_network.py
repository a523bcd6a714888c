"""Facts about the network: its equations, its gradients and its training."""

import math
import re

import numpy as np
import pytest
from conftest import untrained
from pytest import approx

import neural_network as nn

LEARNED = ("w1", "b1", "w2", "b2")


def problem(m=12, dtype=np.float32):
    """Return m images; the brightest of their first three pixels tells."""
    x = np.random.default_rng(1).random((16, m)).astype(dtype)
    return x, np.eye(3, dtype=dtype)[:, x[:3].argmax(axis=0)]


def cost_of(x, y, parameters):
    return nn.cost_function(nn.forward_propagation(x, parameters)["a2"], y)


def gradients_of(x, y, parameters):
    cache = nn.forward_propagation(x, parameters)
    return nn.backward_prop(x, y, parameters, cache)


def train(iterations=2, **settings):
    """Train a small network on the problem; return what model returns."""
    return nn.model(*problem(), 5, 0.4, iterations, **settings)


def assert_equal(one, other):
    """Two networks must be equal, but for rounding."""
    for name in LEARNED:
        assert one[name] == approx(other[name], rel=1e-5, abs=1e-6)
    assert one["activation"] == other["activation"]


CURVES = {  # a function, what goes in, and what comes out
    "tanh": (nn.tanh, [-2.0, 0, 0.5], [-0.9640276, 0, 0.4621172]),
    "the slope of tanh": (nn.tanh_derivative, [-0.5, 0.8], [0.75, 0.36]),
    "relu": (nn.relu, [-2.0, 0, 0.5], [0, 0, 0.5]),
    "the slope of relu": (nn.relu_derivative, [0, 0.5, 2], [0, 1, 1]),
}


@pytest.mark.parametrize("curve, given, expected", CURVES.values(), ids=CURVES)
def test_a_curve_and_its_slope_from_its_output(curve, given, expected):
    assert curve(np.array(given)) == approx(expected)


def test_softmax_makes_each_column_probabilities_and_does_not_overflow():
    z = np.log([[1.0, 2.0], [3.0, 2.0]])
    assert nn.softmax(z) == approx(np.array([[0.25, 0.5], [0.75, 0.5]]))
    z = np.array([[1000.0, -1000.0], [-1000.0, -1000.0]])
    assert nn.softmax(z).tolist() == [[1, 0.5], [0, 0.5]]


def test_the_most_likely_class_is_the_answer_and_the_accuracy_its_share():
    w = np.eye(2)  # this network thinks the class of the larger pixel likelier
    network = {"w1": w, "b1": 0, "w2": w, "b2": 0, "activation": "tanh"}
    x = np.array([[0.9, 0.1, 0.5, 0.2], [0.8, 0.2, 0.6, -0.3]])
    y = np.array([[1, 0, 0, 0], [0, 1, 1, 1]])
    assert nn.predict(x, network).tolist() == [0, 1, 1, 0]
    assert nn.accuracy(x, y, network) == 75


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_cost_is_the_mean_of_minus_log_of_the_right_class(dtype):
    a2, y = np.array([[0.5, 0.2], [0.5, 0.8]], dtype), np.eye(2, dtype=dtype)
    mean = -(math.log(0.5) + math.log(0.8)) / 2
    assert nn.cost_function(a2, y) == approx(mean)
    sure_and_wrong = -math.log(np.finfo(dtype).tiny)  # but not infinity
    assert nn.cost_function(y, y) == 0
    assert nn.cost_function(1 - y, y) == approx(sure_and_wrong)


def test_an_update_subtracts_the_gradients_times_the_learning_rate_in_place():
    parameters = {name: np.array([[1.0, 2.0]]) for name in LEARNED}
    gradients = {f"d{name}": np.array([[0.5, -0.5]]) for name in LEARNED}
    assert nn.update_parameters(parameters, gradients, 0.1) is parameters
    assert all(parameters[name].tolist() == [[0.95, 2.05]] for name in LEARNED)


# ------------------------------------------------------------------- gradients
def numerical_gradient(function, array):
    """Return the slope of function() along each entry of an array.

    The five-point stencil: with f(t) the function's value if t is added to the
    entry, the slope is (f(-2h) - 8 f(-h) + 8 f(h) - f(2h)) / 12h. Its error is
    of the order of h**4, which for h = 0.001 is too small to matter.
    """
    h, slope = 1e-3, np.zeros_like(array)
    for place in np.ndindex(array.shape):
        kept = array[place]
        for steps, weight in ((-2, 1), (-1, -8), (1, 8), (2, -1)):
            array[place] = kept + steps * h
            slope[place] += weight * function() / (12 * h)
        array[place] = kept
    return slope


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_gradients_agree_with_numerical_differentiation(activation):
    parameters = untrained(n_x=16, n_h=7, n_y=3, activation=activation)
    rng = np.random.default_rng(14)  # none comes close to the corner of ReLU
    for name in LEARNED:
        parameters[name] = rng.standard_normal(parameters[name].shape)
    batch = *problem(dtype=np.float64), parameters
    gradients = gradients_of(*batch)
    for name in LEARNED:
        true = numerical_gradient(lambda: cost_of(*batch), parameters[name])
        assert gradients[f"d{name}"] == approx(true, rel=1e-7, abs=1e-9)


def zeros(*args, make=nn.initialize_parameters):
    """Return the parameters of a network in which all weights are zero."""
    parameters = make(*args)
    return parameters | {name: 0 * parameters[name] for name in LEARNED}


ADDED = {  # activations that a student might add
    "none": (lambda z: z, np.ones_like),
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a)),
}


@pytest.mark.parametrize("activation", ["tanh", "relu", *ADDED])
def test_the_check_is_silent_if_all_is_right(monkeypatch, capsys, activation):
    monkeypatch.setattr(nn, "ACTIVATIONS", nn.ACTIVATIONS | ADDED)
    monkeypatch.setattr(nn, "initialize_parameters", zeros)
    nn.check_gradients(activation)
    assert capsys.readouterr().out == ""


SLIPS = {  # a wrong version of the right gradients g, and what is wrong in it
    "a little off": (lambda g: g | {"dw1": 1.0001 * g["dw1"]}, "dw1"),
    "no number": (lambda g: g | {"db2": np.nan * g["db2"]}, "db2"),
}


@pytest.mark.parametrize("slip, name", SLIPS.values(), ids=SLIPS)
def test_the_check_names_the_wrong_gradient(monkeypatch, capsys, slip, name):
    right = nn.backward_prop
    monkeypatch.setattr(nn, "backward_prop", lambda *args: slip(right(*args)))
    nn.check_gradients("tanh")
    found = re.findall(r"Gradient check: (\w+)", capsys.readouterr().out)
    assert found == [name]


# -------------------------------------------------------------------- training
def test_the_first_weights_are_random_and_think_all_classes_equally_likely():
    parameters = untrained(n_x=784, n_h=1000, n_y=10)
    shapes = [parameters[name].shape for name in LEARNED]
    assert shapes == [(1000, 784), (1000, 1), (10, 1000), (10, 1)]
    assert not parameters["b1"].any() and not parameters["b2"].any()
    assert parameters["w1"].std() == approx(2.5 / math.sqrt(784), rel=0.01)
    assert parameters["w2"].std() == approx(0.1 / math.sqrt(1000), rel=0.03)
    a2 = nn.forward_propagation(np.ones((784, 1)), parameters)["a2"]
    assert a2 == approx(0.1, abs=0.03)


def train_slowly(
    activation="tanh",
    batch_size=12,
    momentum=0,
    max_shift=0,
    max_distortion=0,
    learning_rates=(0.4, 0.4, 0.4, 0.4),
    seed=0,
):
    """Train a network as the README says; return it and its five costs."""
    (x, y), rng = problem(), np.random.default_rng(seed)
    parameters = nn.initialize_parameters(16, 5, 3, activation, rng)
    velocity = dict.fromkeys(("dw1", "db1", "dw2", "db2"), 0)
    costs = [cost_of(x, y, parameters)]
    for rate in learning_rates:
        order = rng.permutation(12) if batch_size < 12 else np.arange(12)
        for batch in np.split(order, range(batch_size, 12, batch_size)):
            images = x[:, batch]
            if max_shift or max_distortion:
                images = nn.augment(images, max_shift, max_distortion, rng)
            gradients = gradients_of(images, y[:, batch], parameters)
            for name, slope in gradients.items():
                velocity[name] = momentum * velocity[name] + slope
            nn.update_parameters(parameters, velocity, rate)
        costs.append(cost_of(x, y, parameters))
    return parameters, costs


TRAININGS = [
    {},
    {"momentum": 0.5, "activation": "relu", "seed": 1},
    {"batch_size": 1, "momentum": 0.9},
    {"batch_size": 5, "max_shift": 1},
    {"batch_size": 6, "max_distortion": 0.5},
    {"max_shift": 1, "max_distortion": 0.2},
    {"batch_size": 100},  # more than there are
]


@pytest.mark.parametrize("settings", TRAININGS, ids=str)
def test_training_is_forward_backward_momentum_update_in_a_loop(settings):
    expected, costs = train_slowly(**settings)
    parameters, cost_list = train(4, **settings)
    assert cost_list == approx(costs, rel=1e-5)
    assert_equal(parameters, expected)


def test_the_learning_rate_falls_step_by_step_towards_0():
    expected, _ = train_slowly(learning_rates=(0.4, 0.3, 0.2, 0.1))
    assert_equal(train(4, learning_rate_decay=True)[0], expected)


def test_training_is_in_single_precision_and_keeps_the_images():
    x, y = problem()
    before = x.copy()
    settings = {"n_h": 5, "learning_rate": 0.1, "iterations": 2}
    single, _ = nn.model(x, y, **settings, max_shift=1)
    doubles = np.float64(x), np.float64(y)
    same, _ = nn.model(*doubles, **settings, max_shift=1)
    for name in LEARNED:
        assert np.array_equal(single[name], same[name])
        assert single[name].dtype == np.float32
    assert (x == before).all()


def test_a_shift_moves_by_whole_pixels_and_fills_with_background():
    image, rng = np.arange(1.0, 26).reshape(5, 5), np.random.default_rng(0)
    moved = [nn.augment(image.reshape(25, 1), 2, 0, rng) for _ in range(300)]
    padded = np.pad(image, 2)
    crops = [padded[i : i + 5, j : j + 5] for i, j in np.ndindex(5, 5)]
    # All 25 shifts by -2 to 2 pixels, down and across:
    assert {(*image.flat,) for image in moved} == {(*c.flat,) for c in crops}


def test_a_distortion_keeps_the_centre_and_moves_the_rest_so_far():
    image, rng = np.zeros((21, 21)), np.random.default_rng(0)
    image[10, 10], image[2, 10], image[10, 2] = 5, 7, 9
    above, left = [], []
    for _ in range(300):
        moved = nn.augment(image.reshape(-1, 1), 0, 0.4, rng).reshape(21, 21)
        assert moved[10, 10] == 5
        above += [*np.argwhere(moved == 7)]
        left += [*np.argwhere(moved.T == 9)]

    for places in (above, left):  # from 8 pixels beside the centre
        rows, columns = np.array(places).T
        assert rows.min() == 0 and rows.max() in (4, 5)
        assert {columns.min(), columns.max()} <= {4, 5, 6, 14, 15, 16}
        assert abs(columns.mean() - 10) < 0.5


def test_all_images_of_a_mini_batch_move_alike():
    image = np.arange(1.0, 26)
    x = np.stack([image, 100 + image], axis=1)
    moved = nn.augment(x, 2, 0.3, np.random.default_rng(0))
    assert (moved[:, 1] == (100 + moved[:, 0]) * (moved[:, 0] > 0)).all()


# ----------------------------------------------------- costs, reports, the end
def test_each_cost_is_reported_with_the_network_as_it_is_then():
    reports, true_costs = [], []

    def report(iteration, cost, parameters):
        reports.append((iteration, cost))
        true_costs.append(cost_of(*problem(), parameters))

    _, cost_list = train(report=report)
    assert reports == list(enumerate(cost_list)) and len(reports) == 3
    assert cost_list == approx(true_costs)


@pytest.mark.parametrize("m, step", [(1000, 1), (1001, 2), (2002, 3)])
def test_the_cost_is_measured_on_a_thousand_images_evenly_spread(m, step):
    x, y = problem(m)
    network = untrained(n_x=16, n_h=5, n_y=3)
    expected = cost_of(x[:, ::step], y[:, ::step], network)
    assert nn.measure_cost(x, y, network) == approx(expected, rel=1e-12)


@pytest.mark.parametrize("iteration", [0, 3, 9])
def test_ctrl_c_keeps_what_was_learned_until_then(iteration):
    def report(number, cost, parameters):
        if number == iteration:
            raise KeyboardInterrupt

    parameters, cost_list = train(9, report=report)
    assert len(cost_list) == iteration + 1
    assert_equal(parameters, train(iteration)[0])


def test_ctrl_c_in_the_middle_of_an_update_leaves_a_network(monkeypatch):
    def update_half(parameters, gradients, learning_rate):
        parameters["w1"] -= learning_rate * gradients["dw1"]
        raise KeyboardInterrupt

    monkeypatch.setattr(nn, "update_parameters", update_half)
    parameters, cost_list = train()
    assert len(cost_list) == 1
    assert cost_of(*problem(), parameters) < cost_list[0]


def test_a_cost_of_more_than_20_times_the_first_is_divergence():
    nn.stop_if_diverged(60, 3, 0.1)
    for cost in (60.1, math.nan, math.inf):
        said = f"the cost is {cost}. Lower learning_rate, which is 0.1 now."
        with pytest.raises(nn.InputError, match=said):
            nn.stop_if_diverged(cost, 3, 0.1)
