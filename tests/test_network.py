"""Facts about the network: its equations, its gradients and its training."""

import inspect
import math

import numpy as np
import pytest
from conftest import LEARNED, one_line
from pytest import approx

import neural_network as nn


def problem(m=12, dtype="f4"):
    """Return m images; the brightest of their first three pixels tells."""
    x = np.random.default_rng(1).random((16, m)).astype(dtype)
    return x, np.eye(3, dtype=dtype)[:, x[:3].argmax(axis=0)]


def cost_of(x, y, parameters):
    return nn.cost_function(nn.probabilities(x, parameters), y)


def gradients_of(x, y, parameters):
    cache = nn.forward_propagation(x, parameters)
    return nn.backward_prop(x, y, parameters, cache)


def train(iterations=2, m=12, **settings):
    """Train a small network on the problem; return what model returns."""
    return nn.model(*problem(m), 5, 0.4, iterations, **settings)


def assert_equal(one, other):
    """Two networks must be equal, but for rounding."""
    for name in LEARNED:
        assert one[name] == approx(other[name], rel=1e-4, abs=1e-6)


# --------------------------------------------------------------- each function
def test_the_curves_and_their_slopes_from_their_outputs():
    a = nn.tanh(np.array([-2.0, 0, 0.5]))
    assert a == approx([-0.9640276, 0, 0.4621172])
    assert nn.tanh_slope_from(a) == approx([0.0706508, 1, 0.7864477])
    a = nn.relu(np.array([-2.0, 0, 0.5, 3]))
    assert a.tolist() == [0, 0, 0.5, 3]
    assert nn.relu_slope_from(a).tolist() == [0, 0, 1, 1]


def test_softmax_makes_each_column_probabilities_and_does_not_overflow():
    z = np.log([[1.0, 2.0], [3.0, 2.0]])
    assert nn.softmax(z) == approx(np.array([[0.25, 0.5], [0.75, 0.5]]))
    z = np.array([[1000.0, -1000.0], [-1000.0, -1000.0]])
    assert nn.softmax(z).tolist() == [[1, 0.5], [0, 0.5]]


def test_the_cost_is_the_mean_of_minus_log_of_the_right_class():
    a2, y = np.array([[0.5, 0.2], [0.5, 0.8]], "f4"), np.eye(2, dtype="f4")
    assert nn.cost_function(a2, y) == approx(-math.log(0.5 * 0.8) / 2)
    assert nn.cost_function(y, y) == 0
    assert 20 < nn.cost_function(1 - y, y) < math.inf  # sure, and wrong


def test_the_most_likely_class_is_the_answer_and_the_accuracy_its_share():
    w = np.eye(2)  # this network thinks the class of the larger pixel likelier
    network = {"w1": w, "b1": 0, "w2": w, "b2": 0, "activation": "tanh"}
    x = np.array([[0.9, 0.1, 0.5, 0.2], [0.8, 0.2, 0.6, 0.1]])
    y = np.array([[1, 0, 0, 0], [0, 1, 1, 1]])
    assert nn.predict(x, network).tolist() == [0, 1, 1, 0]
    assert nn.accuracy(x, y, network) == 75


def test_an_update_subtracts_the_gradients_times_the_learning_rate_in_place():
    parameters = {name: np.array([[1.0, 2.0]]) for name in LEARNED}
    gradients = {f"d{name}": np.array([[0.5, -0.5]]) for name in LEARNED}
    assert nn.update_parameters(parameters, gradients, 0.1) is parameters
    assert all(parameters[name].tolist() == [[0.95, 2.05]] for name in LEARNED)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_the_gradients_are_the_measured_slopes_of_the_cost(activation):
    parameters = nn.initialize_parameters(16, 7, 3, activation, 0)
    rng = np.random.default_rng(14)  # none comes close to the corner of ReLU
    for name in LEARNED:
        parameters[name] = rng.standard_normal(parameters[name].shape)
    batch = *problem(dtype=float), parameters
    measured = nn.measure_gradients(*batch)
    for name, gradient in gradients_of(*batch).items():
        assert gradient == approx(measured[name], rel=1e-6, abs=1e-8)


def test_the_first_weights_are_random_and_think_all_classes_equally_likely():
    parameters = nn.initialize_parameters(784, 1000, 10, rng=0)
    shapes = [parameters[name].shape for name in LEARNED]
    assert shapes == [(1000, 784), (1000, 1), (10, 1000), (10, 1)]
    assert not parameters["b1"].any() and not parameters["b2"].any()
    assert parameters["w1"].std() == approx(2.5 / math.sqrt(784), rel=0.01)
    a2 = nn.probabilities(np.ones((784, 1)), parameters)
    assert a2 == approx(0.1, abs=0.03)


ORDERED = {  # the arguments that suffice, in this order
    nn.initialize_parameters: "n_x n_h n_y",
    nn.forward_propagation: "x parameters",
    nn.cost_function: "a2 y",
    nn.backward_prop: "x y parameters forward_cache",
    nn.update_parameters: "parameters gradients learning_rate",
    nn.model: "x y n_h learning_rate iterations",
}


def test_the_ordered_arguments_suffice_and_model_prints_the_costs(printed):
    for function, names in ORDERED.items():
        arguments = inspect.signature(function).parameters.values()
        needed = [a.name for a in arguments if a.default is a.empty]
        assert needed == names.split()
    _, costs = nn.model(*problem(), 5, 0.4, 30)
    said = [
        f"Cost after {i} iterations is : {costs[i]:.4f}" for i in range(31)
    ]
    assert printed().splitlines() == said[::3]


# -------------------------------------------------------------------- training
def train_slowly(rates, activation="tanh", n=1, momentum=0, moves=(0, 0)):
    """Train with n mini-batches as the README says; return model's results."""
    (x, y), rng = problem(), np.random.default_rng(1)
    parameters = nn.initialize_parameters(16, 5, 3, activation, rng)
    velocity = dict.fromkeys((f"d{name}" for name in LEARNED), 0)
    costs = [cost_of(x, y, parameters)]
    for rate in rates:
        for batch in np.array_split(rng.permutation(12), n):
            images = nn.augment(x[:, batch], *moves, rng)
            gradients = gradients_of(images, y[:, batch], parameters)
            for name, slope in gradients.items():
                velocity[name] = momentum * velocity[name] + slope
            nn.update_parameters(parameters, velocity, rate)
        costs.append(cost_of(x, y, parameters))
    return parameters, costs


def test_training_is_forward_backward_update_in_a_loop_with_the_ideas_added():
    expected, costs = train_slowly([0.4] * 4)
    parameters, cost_list = train(4, seed=1)
    assert cost_list == approx(costs, rel=1e-4)
    assert_equal(parameters, expected)
    ideas = {"activation": "relu", "momentum": 0.5}
    rates = (0.4, 0.3, 0.2, 0.1)
    expected, costs = train_slowly(rates, n=3, moves=(1, 0.2), **ideas)
    ideas |= {"batch_size": 5, "max_shift": 1, "max_distortion": 0.2}
    parameters, cost_list = train(4, learning_rate_decay=True, seed=1, **ideas)
    assert cost_list == approx(costs, rel=1e-4)
    assert_equal(parameters, expected)


@pytest.mark.parametrize("m, sizes", [(12, {4}), (13, {4, 5}), (3, {3})])
def test_mini_batches_hold_each_image_once_and_are_nearly_equal(
    m, sizes, patch
):
    seen, step = [], nn.train_step

    def look(x, *rest):
        seen.append(x)
        return step(x, *rest)

    patch(nn, "train_step", look)
    train(1, m, batch_size=5)
    assert {x.shape[1] for x in seen} == sizes
    assert sorted(np.hstack(seen)[0]) == sorted(problem(m)[0][0])


def test_a_shift_moves_by_whole_pixels_and_fills_with_background():
    image, rng = np.arange(1.0, 26).reshape(5, 5), np.random.default_rng(0)
    moved = [nn.move(image.reshape(25, 1), 2, 0, rng) for _ in range(300)]
    padded = np.pad(image, 2)
    crops = [padded[i : i + 5, j : j + 5] for i, j in np.ndindex(5, 5)]
    # All 25 shifts by -2 to 2 pixels, down and across:
    assert {(*image.flat,) for image in moved} == {(*c.flat,) for c in crops}


def test_a_distortion_keeps_the_centre_and_moves_the_rest_so_far():
    image, rng = np.zeros((21, 21)), np.random.default_rng(0)
    image[10, 10], image[2, 10], image[10, 2] = 5, 7, 9
    above, left = [], []
    for _ in range(300):
        moved = nn.move(image.reshape(-1, 1), 0, 0.4, rng).reshape(21, 21)
        assert moved[10, 10] == 5
        above += [*np.argwhere(moved == 7)]
        left += [*np.argwhere(moved.T == 9)]
    for places in (above, left):  # from 8 pixels beside the centre
        rows, columns = np.array(places).T
        assert rows.min() == 0 and rows.max() in (4, 5)
        assert {columns.min(), columns.max()} <= {4, 5, 6, 14, 15, 16}


def test_each_part_of_a_mini_batch_moves_in_its_own_way():
    x = np.tile(np.arange(1.0, 26)[:, None], 8)  # the same image 8 times
    moved = nn.augment(x, 2, 0.3, np.random.default_rng(0))
    assert len({column.tobytes() for column in moved.T}) == 4
    assert (moved[:, ::2] == moved[:, 1::2]).all()
    one = nn.augment(x[:, :1], 2, 0.3, np.random.default_rng(0))
    assert one.shape == (25, 1)  # though three parts are empty


# ----------------------------------------------------- costs, reports, the end
def test_each_cost_is_reported_with_the_network_as_it_is_then():
    reports, costs = [], []

    def report(iteration, cost, parameters):
        reports.append((iteration, cost))
        costs.append(cost_of(*problem(), parameters))

    _, cost_list = train(report=report)
    assert reports == [*enumerate(cost_list)] and len(reports) == 3
    assert cost_list == approx(costs)


@pytest.mark.parametrize("iteration", [1, 3])
def test_ctrl_c_keeps_what_was_learned_until_then(iteration, printed):
    def report(number, cost, parameters):
        if number == iteration:
            raise KeyboardInterrupt

    parameters, cost_list = train(9, report=report)
    said = f"Stopped in iteration {iteration + 1} of 9.\n"
    assert printed().endswith(said)
    assert len(cost_list) == iteration + 1
    assert_equal(parameters, train(iteration)[0])


def test_a_training_that_diverges_ends_early_and_says_so(printed):
    _, cost_list = nn.model(*problem(), 5, 1e6, 50)
    said = f"The training diverged: the cost is {cost_list[-1]:g}.\n"
    assert len(cost_list) < 50 and printed().endswith(said)


# ------------------------------------------------------ what the functions got
X, Y = problem()
WRONG = {  # x, y, and what is found and expected
    "one image": (X[:, 0], Y[:, :1], "x .*(16,).* expected .*n_x, m"),
    "pixels up to 255": (255 * X, Y, "x .* 254.* expected .* 1"),
    "a pixel below 0": (X - 0.1, Y, "x .* -0.0.* expected .* 0"),
    "no number": (np.where(X > 0.9, np.nan, X), Y, "x .*nan.* expected .* 1"),
    "plain digits": (X, Y.argmax(axis=0), "y .*(12,).* expected .*n_y, 12"),
    "labels in a row": (X, Y[:1], "y .*(1, 12).* expected .*n_y, 12"),
    "a label too few": (X, Y[:, 1:], "y .*(3, 11).* expected .*n_y, 12"),
}


@pytest.mark.parametrize("x, y, said", WRONG.values(), ids=WRONG)
def test_the_functions_say_which_images_or_labels_they_got(x, y, said):
    network = nn.initialize_parameters(16, 5, 3, rng=0)
    calls = [(nn.model, x, y, 5, 0.4, 1), (nn.accuracy, x, y, network)]
    if x is not X:
        calls += [(nn.predict, x, network), (nn.describe_answer, x, network)]
    for function, *arguments in calls:
        with pytest.raises(nn.InputError, match=f"Found {said}") as caught:
            function(*arguments)
        one_line(str(caught.value))
