"""Facts about the network: its equations by hand, its gradients, training."""

import math
import re
from unittest.mock import Mock

import numpy as np
import pytest
from pytest import approx

import neural_network as nn

WEIGHTS = ("w1", "b1", "w2", "b2")


def problem(m=12, n_x=16, n_y=3, dtype=np.float32):
    """Return m images whose class is the brightest of the first n_y pixels."""
    x = np.random.default_rng(1).random((n_x, m)).astype(dtype)
    return x, np.eye(n_y, dtype=dtype)[:, x[:n_y].argmax(axis=0)]


def untrained(n_x, n_h, n_y, activation="tanh", seed=0):
    rng = np.random.default_rng(seed)
    return nn.initialize_parameters(n_x, n_h, n_y, activation, rng)


def cost_of(x, y, parameters):
    return nn.cost_function(nn.forward_propagation(x, parameters)["a2"], y)


def gradients_of(x, y, parameters):
    return nn.backward_prop(
        x, y, parameters, nn.forward_propagation(x, parameters)
    )


def train(iterations=2, **settings):
    """Train a small network on the problem; return what model returns."""
    return nn.model(*problem(), 5, 0.1, iterations, **settings)


def test_tanh_and_its_slope_from_its_output():
    assert nn.tanh(np.array([-2.0, 0, 0.5])) == approx(
        [-0.9640276, 0, 0.4621172]
    )
    assert nn.tanh_derivative(np.array([-0.5, 0, 0.8])) == approx(
        [0.75, 1, 0.36]
    )


def test_relu_and_its_slope_from_its_output():
    assert nn.relu(np.array([-2.0, 0, 0.5])).tolist() == [0, 0, 0.5]
    assert nn.relu_derivative(np.array([0, 0, 0.5])).tolist() == [0, 0, 1]


def test_softmax_makes_each_column_probabilities():
    z = np.log([[1.0, 2.0], [3.0, 2.0]])
    assert nn.softmax(z) == approx(np.array([[0.25, 0.5], [0.75, 0.5]]))


def test_softmax_does_not_overflow():
    z = np.array([[1000.0, -1000.0], [-1000.0, -1000.0]])
    assert nn.softmax(z).tolist() == [[1, 0.5], [0, 0.5]]


@pytest.fixture
def by_hand():
    """Two images of two pixels, and a network of two and two neurons."""
    x = np.array([[1.0, -0.5], [0.5, 1.0]])
    w1, w2 = (
        np.array([[1.0, -1.0], [0.5, 2.0]]),
        np.array([[1.0, 0.0], [0.0, -1.0]]),
    )
    b1, b2 = np.array([[0.5], [-1.0]]), np.array([[0.0], [0.25]])
    return x, {"w1": w1, "b1": b1, "w2": w2, "b2": b2, "activation": "tanh"}


def test_forward_propagation_by_hand(by_hand):
    cache = nn.forward_propagation(*by_hand)

    a1 = np.array([[0.7615942, -0.7615942], [0.4621172, 0.6351490]])
    z2 = np.array([[0.7615942, -0.7615942], [-0.2121172, -0.3851490]])
    assert cache["z1"].tolist() == [[1.0, -1.0], [0.5, 0.75]]
    assert cache["a1"] == approx(a1)
    assert cache["z2"] == approx(z2)
    assert cache["a2"] == approx(np.exp(z2) / np.exp(z2).sum(axis=0))


def test_the_prediction_is_the_most_likely_class(by_hand):
    assert nn.predict(*by_hand).tolist() == [0, 1]


def test_the_accuracy_is_the_percentage_of_right_predictions(by_hand):
    x, parameters = by_hand
    labels = np.array(
        [[1, 0, 0, 0], [0, 1, 1, 1]]
    )  # the third of them is wrong
    assert nn.accuracy(np.tile(x, 2), labels, parameters) == 75


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_cost_is_the_mean_of_minus_log_of_the_right_class(dtype):
    a2, y = np.array([[0.5, 0.2], [0.5, 0.8]], dtype), np.eye(2, dtype=dtype)
    assert nn.cost_function(a2, y) == approx(
        -(math.log(0.5) + math.log(0.8)) / 2
    )


def test_certainty_costs_nothing_if_right_and_much_but_not_infinity_if_wrong():
    y = np.eye(2)
    assert nn.cost_function(y, y) == 0
    assert nn.cost_function(1 - y, y) == approx(
        -math.log(np.finfo(float).tiny)
    )


def test_backward_prop_by_hand():
    # dz2 = [[-0.25, 0.5], [0.25, -0.5]]; da1 = [[-0.75, 1.5]]; slopes 0.75, 1
    parameters = {"w2": np.array([[2.0], [-1.0]]), "activation": "tanh"}
    cache = {
        "a1": np.array([[0.5, 0.0]]),
        "a2": np.array([[0.75, 0.5], [0.25, 0.5]]),
    }

    slopes = nn.backward_prop(
        np.array([[1.0, 3.0]]), np.eye(2), parameters, cache
    )

    assert slopes["dw2"].tolist() == [[-0.0625], [0.0625]]
    assert slopes["db2"].tolist() == [[0.125], [-0.125]]
    assert slopes["dw1"].tolist() == [[(-0.5625 * 1 + 1.5 * 3) / 2]]
    assert slopes["db1"].tolist() == [[(-0.5625 + 1.5) / 2]]


def test_an_update_subtracts_the_gradients_times_the_learning_rate_in_place():
    parameters = {name: np.array([[1.0, 2.0]]) for name in WEIGHTS}
    gradients = {f"d{name}": np.array([[0.5, -0.5]]) for name in WEIGHTS}
    assert nn.update_parameters(parameters, gradients, 0.1) is parameters
    assert all(parameters[name].tolist() == [[0.95, 2.05]] for name in WEIGHTS)


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


@pytest.fixture(params=["tanh", "relu"])
def small(request):
    """Return images, labels and a random network, in double precision."""
    x, y = problem(dtype=np.float64)
    parameters = untrained(16, 7, 3, request.param)
    rng = np.random.default_rng(14)  # none comes close to the corner of ReLU
    for name in WEIGHTS:
        parameters[name] = rng.standard_normal(parameters[name].shape)
    return x, y, parameters


def test_gradients_agree_with_numerical_differentiation(small):
    parameters = small[2]
    gradients, measured = gradients_of(*small), nn.measure_gradients(*small)
    for name in WEIGHTS:
        true = numerical_gradient(lambda: cost_of(*small), parameters[name])
        assert gradients[f"d{name}"] == approx(true, rel=1e-7, abs=1e-9)
        assert measured[f"d{name}"] == approx(true, rel=1e-6, abs=1e-9)


def test_measuring_the_gradients_leaves_the_network_as_it_was(small):
    before = {name: small[2][name].copy() for name in WEIGHTS}
    nn.measure_gradients(*small)
    assert all((small[2][name] == before[name]).all() for name in WEIGHTS)


ADDED = {  # activations that a student might add
    "none": (lambda z: z, np.ones_like),
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a)),
}


@pytest.mark.parametrize("activation", ["tanh", "relu", *ADDED])
def test_the_gradient_check_is_silent_if_all_is_right(
    monkeypatch, capsys, activation
):
    monkeypatch.setattr(nn, "ACTIVATIONS", nn.ACTIVATIONS | ADDED)
    nn.check_gradients(activation)
    assert capsys.readouterr().out == ""


def test_the_gradient_check_does_not_need_random_first_weights(
    monkeypatch, capsys
):
    right = nn.initialize_parameters

    def zeros(*arguments):
        parameters = right(*arguments)
        return parameters | {name: 0 * parameters[name] for name in WEIGHTS}

    monkeypatch.setattr(nn, "initialize_parameters", zeros)
    nn.check_gradients("tanh")
    assert capsys.readouterr().out == ""


M = 6  # images in the gradient check
SLIPS = {  # a wrong version g of the right gradients, and what is wrong in it
    "all divided by m again": (
        lambda g: {name: slope / M for name, slope in g.items()},
        ["dw1", "db1", "dw2", "db2"],
    ),
    "a forgotten 1/m": (lambda g: g | {"db1": M * g["db1"]}, ["db1"]),
    "a wrong sign": (lambda g: g | {"dw2": -g["dw2"]}, ["dw2"]),
    "a little off": (lambda g: g | {"dw1": 1.0001 * g["dw1"]}, ["dw1"]),
    "a transposed product": (lambda g: g | {"dw2": g["dw2"].T}, ["dw2"]),
    "no column": (lambda g: g | {"db2": g["db2"][:, 0]}, ["db2"]),
    "zeros": (lambda g: g | {"dw1": 0 * g["dw1"]}, ["dw1"]),
    "no number": (lambda g: g | {"db1": np.nan * g["db1"]}, ["db1"]),
}


@pytest.mark.parametrize("slip, names", SLIPS.values(), ids=SLIPS)
def test_the_gradient_check_names_just_the_wrong_gradients(
    monkeypatch, capsys, slip, names
):
    right = nn.backward_prop
    monkeypatch.setattr(nn, "backward_prop", lambda *args: slip(right(*args)))
    nn.check_gradients("tanh")
    lines = capsys.readouterr().out.splitlines()
    found = [
        re.match(r"Gradient check: (\w+)(\[| is)", line) for line in lines
    ]
    assert [match[1] for match in found] == names


DERIVATIVES = {
    "tanh of what went through tanh": ("tanh", lambda a: 1 - np.tanh(a) ** 2),
    "a slope of 1 where relu gives 0": ("relu", lambda a: 1.0 * (a >= 0)),
    "a slope of 0 where relu gives little": ("relu", lambda a: 1.0 * (a > 1)),
    "a slope of 0 where relu gives much": ("relu", lambda a: 1.0 * (a < 1)),
}


@pytest.mark.parametrize("name, wrong", DERIVATIVES.values(), ids=DERIVATIVES)
def test_a_wrong_slope_of_the_activation_spoils_the_first_layers_gradients(
    monkeypatch, capsys, name, wrong
):
    monkeypatch.setitem(nn.ACTIVATIONS, name, (getattr(nn, name), wrong))
    nn.check_gradients(name)
    lines = capsys.readouterr().out.splitlines()
    assert [line[:19] for line in lines] == [
        "Gradient check: dw1",
        "Gradient check: db1",
    ]


def test_a_wrong_gradient_is_told_with_its_worst_entry(monkeypatch, capsys):
    right, said = nn.backward_prop, []

    def wrong(*arguments):
        gradients = right(*arguments)
        said.append(gradients["dw2"][1, 3])
        gradients["dw2"][0, 0] += 0.5
        gradients["dw2"][1, 3] -= 1
        return gradients

    monkeypatch.setattr(nn, "backward_prop", wrong)
    nn.check_gradients("tanh")
    assert capsys.readouterr().out == (
        f"Gradient check: dw2[1, 3] is {said[0] - 1:.5f} in backward_prop, "
        f"but measured {said[0]:.5f}.\n"
    )


def test_a_gradient_of_another_shape_is_told_with_both_shapes(
    monkeypatch, capsys
):
    right = nn.backward_prop
    monkeypatch.setattr(
        nn, "backward_prop", lambda *args: right(*args) | {"dw1": np.ones(7)}
    )
    nn.check_gradients("relu")
    message = "Gradient check: dw1 is (7,), but should be (5, 4).\n"
    assert capsys.readouterr().out == message


# -------------------------------------------------------- an untrained network
def test_the_first_weights_are_random_and_the_biases_zero():
    parameters = untrained(784, 1000, 10)
    shapes = [parameters[name].shape for name in WEIGHTS]
    assert shapes == [(1000, 784), (1000, 1), (10, 1000), (10, 1)]
    assert not parameters["b1"].any() and not parameters["b2"].any()
    assert parameters["w1"].std() == approx(2.5 / math.sqrt(784), rel=0.01)
    assert parameters["w2"].std() == approx(0.1 / math.sqrt(1000), rel=0.03)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_an_untrained_network_takes_all_classes_for_equally_likely(activation):
    x, y = problem(400, 784, 10)
    parameters = untrained(784, 1000, 10, activation)
    assert cost_of(x, y, parameters) == approx(math.log(10), abs=0.02)


def test_the_hidden_neurons_use_tanh_unless_told_otherwise():
    assert train()[0]["activation"] == "tanh"


def test_relu_has_no_negative_output():
    parameters, _ = train(activation="relu")
    assert nn.forward_propagation(problem()[0], parameters)["a1"].min() == 0


# -------------------------------------------------------------------- training
@pytest.mark.parametrize("momentum", [0, 0.5])
@pytest.mark.parametrize("rates", [[0.4, 0.4, 0.4, 0.4], [0.4, 0.3, 0.2, 0.1]])
def test_training_is_forward_backward_momentum_update_in_a_loop(
    momentum, rates
):
    x, y = problem()
    expected = untrained(16, 5, 3)
    velocity, costs = dict.fromkeys(gradients_of(x, y, expected), 0), []
    for rate in rates:
        costs.append(cost_of(x, y, expected))
        for name, slope in gradients_of(x, y, expected).items():
            velocity[name] = momentum * velocity[name] + slope
        nn.update_parameters(expected, velocity, rate)
    costs.append(cost_of(x, y, expected))

    falls = rates[-1] < rates[0]
    options = {"momentum": momentum, "learning_rate_decay": falls}
    parameters, cost_list = nn.model(x, y, 5, 0.4, 4, **options)

    assert cost_list == approx(costs, rel=1e-5)
    assert all(parameters[name] == approx(expected[name]) for name in WEIGHTS)


def test_it_learns():
    x, y = problem(200)
    parameters, cost_list = nn.model(x, y, 20, 0.5, 300, momentum=0.9)
    assert cost_list[-1] < 0.1 * cost_list[0]
    assert nn.accuracy(x, y, parameters) == 100


@pytest.mark.parametrize("dtype", ["f4", "f8", "u1"])
def test_training_is_in_single_precision_and_keeps_the_images(dtype):
    x, y = problem(dtype=dtype)
    before = x.copy()
    parameters, _ = nn.model(
        x, y.astype(int), 5, 0.1, 2, batch_size=5, max_shift=1
    )
    assert {parameters[name].dtype for name in WEIGHTS} == {np.dtype("f4")}
    assert (x == before).all()


def test_the_same_seed_gives_the_same_network_and_another_seed_another():
    one, same, other = (
        train(batch_size=4, max_shift=1, seed=s)[0] for s in (1, 1, 2)
    )
    assert (one["w1"] == same["w1"]).all()
    assert (one["w1"] != other["w1"]).any()


SIZES = {1: [1] * 12, 5: [5, 5, 2], 6: [6, 6], 100: [12], None: [12]}


@pytest.mark.parametrize("batch_size", SIZES)
def test_every_iteration_shuffles_all_images_into_mini_batches(
    monkeypatch, batch_size
):
    batches, x = [], np.arange(12.0)[np.newaxis]
    monkeypatch.setattr(
        nn, "train_step", lambda x, y, *rest: batches.append((x, y))
    )

    nn.model(x, np.concatenate([x, 100 - x]), 5, 0.1, 2, batch_size=batch_size)

    assert [image.shape[1] for image, _ in batches] == 2 * SIZES[batch_size]
    assert all((y == np.concatenate([x, 100 - x])).all() for x, y in batches)
    first, second = (
        np.hstack([x[0] for x, _ in batches]).reshape(2, 12).tolist()
    )
    assert sorted(first) == sorted(second) == [*range(12)]
    is_shuffled = first != sorted(first) and first != second
    assert is_shuffled == (batch_size is not None)


def test_a_shift_moves_by_whole_pixels_and_fills_with_background():
    image, rng, seen = (
        np.arange(1.0, 26).reshape(5, 5),
        np.random.default_rng(0),
        set(),
    )
    for _ in range(300):
        seen.add(tuple(nn.augment(image.reshape(25, 1), 2, 0, rng)[:, 0]))

    padded = np.pad(image, 2)
    crops = {
        (*padded[i : i + 5, j : j + 5].flat,) for i, j in np.ndindex(5, 5)
    }
    assert seen == crops  # all 25 shifts by -2 to 2 pixels, down and across


def test_all_images_of_a_mini_batch_move_alike():
    image = np.arange(1.0, 26)
    x = np.stack([image, 100 + image], axis=1)
    moved = nn.augment(x, 2, 0.3, np.random.default_rng(0))
    assert (moved[:, 1] == (100 + moved[:, 0]) * (moved[:, 0] > 0)).all()


def test_a_distortion_keeps_the_centre_and_moves_the_rest_so_far():
    image, rng, places = np.zeros((21, 21)), np.random.default_rng(0), []
    image[10, 10], image[2, 10] = 5, 7
    for _ in range(300):
        moved = nn.augment(image.reshape(-1, 1), 0, 0.4, rng).reshape(21, 21)
        assert moved[10, 10] == 5
        places += [tuple(place) for place in np.argwhere(moved == 7)]

    rows, columns = np.array(places).T  # from 8 pixels above the centre
    assert rows.min() == 0 and rows.max() in (4, 5)
    assert {columns.min(), columns.max()} <= {4, 5, 6, 14, 15, 16}
    assert abs(columns.mean() - 10) < 0.5


@pytest.mark.parametrize(
    "shift, distortion", [(0, 0), (1, 0), (0, 0.5), (1, 0.5)]
)
def test_each_mini_batch_moves_if_a_shift_or_a_distortion_is_set(
    monkeypatch, shift, distortion
):
    moves = Mock(wraps=nn.augment)
    monkeypatch.setattr(nn, "augment", moves)
    parameters, _ = train(
        batch_size=5, max_shift=shift, max_distortion=distortion
    )
    is_moved = shift > 0 or distortion > 0
    assert moves.call_count == (
        6 if is_moved else 0
    )  # 2 iterations of 3 mini-batches
    assert all(
        call.args[1:3] == (shift, distortion) for call in moves.mock_calls
    )
    plain, _ = train(batch_size=5)
    assert (parameters["w1"] != plain["w1"]).any() == is_moved


# ----------------------------------------------------- costs, reports, the end
def test_cost_list_holds_the_cost_before_training_and_after_each_iteration():
    _, cost_list = train(iterations=4, batch_size=8)
    for iterations in range(5):
        parameters, _ = train(iterations, batch_size=8)
        assert cost_list[iterations] == approx(cost_of(*problem(), parameters))
    assert len(cost_list) == 5


@pytest.mark.parametrize("m, step", [(1000, 1), (1001, 2), (2002, 3)])
def test_the_cost_is_measured_on_a_thousand_images_evenly_spread(m, step):
    x, y = problem(m)
    parameters = untrained(16, 5, 3)
    expected = cost_of(x[:, ::step], y[:, ::step], parameters)
    assert nn.measure_cost(x, y, parameters) == approx(expected, rel=1e-12)


def test_each_cost_is_reported_with_the_network_as_it_is_then():
    reports = []
    _, cost_list = train(
        report=lambda i, cost, p: reports.append(
            (i, cost, cost_of(*problem(), p))
        )
    )
    assert [number for number, _, _ in reports] == [0, 1, 2]
    assert cost_list == [cost for _, cost, _ in reports]
    assert cost_list == approx([true_cost for _, _, true_cost in reports])


@pytest.mark.parametrize("reports, costs", [(0, 1), (3, 4), (9, 10)])
def test_ctrl_c_keeps_what_was_learned_until_then(reports, costs):
    interrupted = Mock(side_effect=[*[None] * reports, KeyboardInterrupt])
    parameters, cost_list = train(9, report=interrupted)
    assert len(cost_list) == costs
    assert (parameters["w1"] == train(costs - 1)[0]["w1"]).all()


@pytest.mark.parametrize("rate, activation", [(1e30, "relu"), (1e20, "tanh")])
@pytest.mark.filterwarnings("ignore")
def test_divergence_names_the_setting_to_lower(rate, activation):
    with pytest.raises(nn.InputError) as caught:
        nn.model(*problem(), 5, rate, 50, activation)
    said, advice = (
        "The training diverged: the cost is ",
        "Lower learning_rate, ",
    )
    assert str(caught.value).startswith(said)
    assert str(caught.value).endswith(f". {advice}which is {rate} now.")


def test_a_cost_of_more_than_20_times_the_first_is_divergence(monkeypatch):
    costs = iter([3, 2, 60, 1, 3, 61])
    monkeypatch.setattr(nn, "cost_function", lambda a2, y: next(costs))
    assert train(3)[1] == [3, 2, 60, 1]
    with pytest.raises(nn.InputError):
        train(1)
