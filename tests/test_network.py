"""Facts about the network: its equations by hand, its gradients, its training."""

import math
import re
from functools import partial
from unittest.mock import Mock

import numpy as np
import pytest
from pytest import approx

import neural_network as nn

WEIGHTS = ("w1", "b1", "w2", "b2")


def problem(m=12, n_x=16, n_y=3, dtype=np.float64):
    """Return images whose class is the brightest of their first n_y pixels."""
    x = np.random.default_rng(1).random((n_x, m)).astype(dtype)
    return x, np.eye(n_y, dtype=dtype)[:, x[:n_y].argmax(axis=0)]


def cost(x, y, parameters):
    return nn.cost_function(nn.forward_propagation(x, parameters)["a2"], y)


def gradients(x, y, parameters):
    return nn.backward_prop(x, y, parameters, nn.forward_propagation(x, parameters))


def learned(*settings, **options):
    return nn.model(*problem(), 5, 0.1, *settings, **options)[0]["w1"]


def test_activations_and_softmax_by_hand():
    z, a = np.array([[-2.0, 0.0, 0.5]]), np.array([[-0.5, 0.0, 0.8]])
    assert nn.tanh(z) == approx(np.array([[-0.9640276, 0, 0.4621172]]))
    assert nn.tanh_derivative(a) == approx(np.array([[0.75, 1, 0.36]]))
    assert nn.relu(z).tolist() == [[0, 0, 0.5]]
    assert nn.relu_derivative(a).tolist() == [[0, 0, 1]]
    z, huge = np.log([[1.0, 2.0], [3.0, 2.0]]), [[1000.0, -1000.0], [-1000.0, -1000.0]]
    assert nn.softmax(z) == approx(np.array([[0.25, 0.5], [0.75, 0.5]]))
    assert nn.softmax(np.array(huge)).tolist() == [[1, 0.5], [0, 0.5]]


def test_forward_propagation_predictions_and_accuracy_by_hand():
    w1, w2 = np.array([[1.0, -1.0], [0.5, 2.0]]), np.array([[1.0, 0.0], [0.0, -1.0]])
    b1, b2 = np.array([[0.5], [-1.0]]), np.array([[0.0], [0.25]])
    parameters = {"w1": w1, "b1": b1, "w2": w2, "b2": b2, "activation": "tanh"}
    x = np.array([[1.0, -0.5], [0.5, 1.0]])
    cache = nn.forward_propagation(x, parameters)
    assert cache["z1"].tolist() == [[1.0, -1.0], [0.5, 0.75]]
    a1 = np.array([[0.7615942, -0.7615942], [0.4621172, 0.6351490]])
    assert cache["a1"] == approx(a1)
    z2 = np.array([[0.7615942, -0.7615942], [-0.2121172, -0.3851490]])
    assert cache["z2"] == approx(z2)
    assert cache["a2"] == approx(np.exp(z2) / np.exp(z2).sum(axis=0))
    x, y = np.tile(x, 1100), np.tile(np.eye(2), 1100)
    assert nn.predict(x, parameters).tolist() == [0, 1] * 1100
    assert nn.accuracy(x, y, parameters) == 100
    y[:, :550] = y[::-1, :550]
    assert nn.accuracy(x, y, parameters) == 75


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cost_function_by_hand(dtype):
    a2, y = np.array([[0.5, 0.2], [0.5, 0.8]], dtype), np.eye(2, dtype=dtype)
    assert nn.cost_function(a2, y) == approx(-math.log(0.5 * 0.8) / 2)
    assert nn.cost_function(y, y) == 0
    worst = nn.cost_function(1 - y, y)  # sure of the wrong class: large, but finite
    assert worst == approx(-math.log(np.finfo(dtype).tiny), rel=1e-5)


def test_backward_prop_and_the_update_in_place_by_hand():
    w1, b1, w2, b2 = map(np.array, ([[1.0]], [[0.0]], [[2.0], [-1.0]], [[0.0], [0.0]]))
    parameters = {"w1": w1, "b1": b1, "w2": w2, "b2": b2, "activation": "tanh"}
    a1, a2 = np.array([[0.5, 0.0]]), np.array([[0.75, 0.5], [0.25, 0.5]])
    x, y, cache = np.array([[1.0, 3.0]]), np.eye(2), {"a1": a1, "a2": a2}
    slopes = nn.backward_prop(x, y, parameters, cache)
    assert nn.update_parameters(parameters, slopes, 2) is parameters
    values = [[[-2.9375]], [[-0.9375]], [[2.125], [-1.125]], [[-0.25], [0.25]]]
    assert [parameters[name].tolist() for name in WEIGHTS] == values
    # dz2 = [[-0.25, 0.5], [0.25, -0.5]]; w2.T dz2 = [[-0.75, 1.5]]; slopes 0.75 and 1
    by_hand = {"dw2": [[-0.0625], [0.0625]], "db2": [[0.125], [-0.125]]}
    by_hand |= {"dw1": [[(-0.5625 + 4.5) / 2]], "db1": [[(-0.5625 + 1.5) / 2]]}
    assert {name: slope.tolist() for name, slope in slopes.items()} == by_hand


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_gradients_agree_with_numerical_differentiation(activation):
    x, y = problem()
    # With this seed no hidden neuron comes within a step of ReLU's bend.
    parameters = nn.initialize_parameters(16, 7, 3, activation, seed=6)
    parameters |= {"b1": parameters["b1"] + 0.1, "w2": 20 * parameters["w2"]}
    for name in WEIGHTS:
        numerical = np.zeros_like(parameters[name])
        for place in np.ndindex(numerical.shape):
            kept = parameters[name][place]
            for step, weight in ((-2, 1), (-1, -8), (1, 8), (2, -1)):
                parameters[name][place] = kept + step * 1e-3
                numerical[place] += weight * cost(x, y, parameters) / (12 * 1e-3)
            parameters[name][place] = kept
        error = np.linalg.norm(gradients(x, y, parameters)["d" + name] - numerical)
        assert error <= 1e-7 * np.linalg.norm(numerical)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_an_untrained_network_guesses(activation):
    x, y = problem(400, 784, 10)
    parameters = nn.initialize_parameters(784, 1000, 10, activation)
    shapes = [parameters[name].shape for name in WEIGHTS]
    assert shapes == [(1000, 784), (1000, 1), (10, 1000), (10, 1)]
    assert not parameters["b1"].any() and not parameters["b2"].any()
    assert parameters["w1"].std() == approx(2.5 / 28, rel=0.01)
    assert parameters["w2"].std() == approx(0.1 / math.sqrt(1000), rel=0.03)
    assert cost(x, y, parameters) == approx(math.log(10), abs=0.02)


@pytest.mark.parametrize("given", [[], ["tanh"], ["relu"]])
def test_the_activation_stays_with_the_weights_even_in_a_file(given, tmp_path):
    (x, y), kept = problem(), given[0] if given else "tanh"
    assert nn.initialize_parameters(4, 3, 2, *given)["activation"] == kept
    parameters, _ = nn.model(x, y, 5, 0.1, 1, *given)
    assert {*parameters} == {*WEIGHTS, "activation"}
    assert parameters["activation"] == kept
    a1 = nn.forward_propagation(x, parameters)["a1"]
    assert a1.min() == 0 if kept == "relu" else -1 < a1.min() < 0
    np.savez(tmp_path / "network.npz", **parameters)
    with np.load(tmp_path / "network.npz") as file:
        loaded = dict(file)
    assert (nn.probabilities(x, loaded) == nn.probabilities(x, parameters)).all()
    assert (gradients(x, y, loaded)["dw1"] == gradients(x, y, parameters)["dw1"]).all()


@pytest.mark.parametrize("momentum, decay", [(0, False), (0.5, False), (0, True)])
def test_training_is_the_five_functions_in_a_loop(momentum, decay):
    x, y = problem()
    x[[5, 9]] = 0  # pixels that no image uses
    expected = nn.initialize_parameters(16, 5, 3)
    velocity, costs = dict.fromkeys(gradients(x, y, expected), 0), []
    for rate in (0.4, 0.3, 0.2, 0.1) if decay else (0.4,) * 4:
        costs.append(cost(x, y, expected))
        for name, slope in gradients(x, y, expected).items():
            velocity[name] = momentum * velocity[name] + slope
        nn.update_parameters(expected, velocity, rate)
    parameters, cost_list = nn.model(x, y, 5, 0.4, 4, momentum=momentum, decay=decay)
    assert cost_list == approx(costs)
    assert all(parameters[name] == approx(expected[name]) for name in WEIGHTS)


def test_training_keeps_the_precision_and_what_its_caller_owns():
    options = {"batch_size": 5, "momentum": 0.9, "max_shift": 1, "max_distortion": 0.3}
    for dtype, kept in ("f4", "f4"), ("f8", "f8"), ("f2", "f4"), ("u1", "f4"):
        x, y = problem(dtype=dtype)
        before, labels = x.copy(), y.astype(int)
        parameters, _ = nn.model(x, labels, 5, 0.1, 2, **options, decay=True)
        assert {parameters[name].dtype for name in WEIGHTS} == {np.dtype(kept)}
        assert (x == before).all() and (labels == y).all()


def test_same_seed_same_network():
    w1, same, other = (learned(2, batch_size=4, max_shift=1, seed=s) for s in (1, 1, 2))
    assert (w1 == same).all() and (w1 != other).any()


@pytest.mark.parametrize("batch_size", [1, 5, 6, 12, 100, None])
def test_mini_batches_are_shuffled_images_with_their_labels(monkeypatch, batch_size):
    x, batches = np.arange(12.0)[None], []
    monkeypatch.setattr(nn, "train_step", lambda x, y, *rest: batches.append((x, y)))
    nn.model(x, np.concatenate([x, 1 - x]), 5, 0.1, 2, batch_size=batch_size)
    sizes = {1: [1] * 12, 5: [5, 5, 2], 6: [6, 6]}.get(batch_size, [12])
    assert [part.shape[1] for part, _ in batches] == 2 * sizes
    assert all((labels == [*part, *(1 - part)]).all() for part, labels in batches)
    together = np.concatenate([part for part, _ in batches], axis=1).reshape(2, 12)
    assert (np.sort(together) == x).all()
    for one, other in ((together[0], x), (together[0], together[1])):
        assert (one != other).any() == (batch_size is not None)


def test_move_shifts_by_whole_pixels_and_moves_background_in():
    image, rng, seen = np.arange(1.0, 26).reshape(5, 5), np.random.default_rng(0), set()
    x, padded = np.stack([image.flat, 100 + image.ravel()], axis=1), np.pad(image, 2)
    for _ in range(300):
        moved = nn.move(x, 2, 0, rng)
        assert (moved[:, 1] == (moved[:, 0] + 100) * (moved[:, 0] > 0)).all()
        seen.add(tuple(moved[:, 0]))
    assert seen == {(*padded[i : i + 5, j : j + 5].flat,) for i, j in np.ndindex(5, 5)}


def test_move_distorts_about_the_centre():
    rng, places, image = np.random.default_rng(0), [], np.zeros((21, 21))
    image[10, 10], image[2, 10] = 5, 7
    for _ in range(300):
        moved = nn.move(image.reshape(-1, 1), 0, 0.4, rng).reshape(21, 21)
        assert moved[10, 10] == 5
        places += [tuple(place) for place in np.argwhere(moved == 7)]
    rows, columns = np.array(places).T
    assert {columns.min(), columns.max()} <= {4, 5, 6, 14, 15, 16}
    assert rows.min() == 0 and rows.max() in (4, 5) and abs(columns.mean() - 10) < 0.5


@pytest.mark.parametrize("batch_size", [None, 5])
def test_images_move_in_training_if_max_shift_is_above_0(monkeypatch, batch_size):
    moves, move = [], nn.move
    monkeypatch.setattr(nn, "move", lambda *a: moves.append(a[1:3]) or move(*a))
    moving = partial(learned, 2, "tanh", batch_size, 0)
    assert (moving() == moving(0, 0.5)).all() and moves == []
    assert (moving() != moving(1, 0)).any() and (moving(1) != moving(1, 0.5)).any()
    each = 2 * (3 if batch_size else 1)  # each mini-batch anew
    assert moves == [(1, 0)] * 2 * each + [(1, 0.5)] * each


def test_costs_are_those_of_the_network_after_so_many_iterations():
    (x, y), options = problem(30), {"batch_size": 8, "momentum": 0.5, "max_shift": 1}
    _, cost_list = nn.model(x, y, 5, 0.2, 4, **options)
    assert len(cost_list) == 4
    for iterations in (1, 3):
        parameters, _ = nn.model(x, y, 5, 0.2, iterations, **options)
        assert cost_list[iterations] == approx(cost(x, y, parameters))


@pytest.mark.parametrize("batch_size", [None, 500, 3000])
@pytest.mark.parametrize("m, step", [(1000, 1), (1001, 2), (2002, 3)])
def test_the_cost_is_that_of_a_thousand_images_spread_evenly(m, step, batch_size):
    x, y = problem(m)
    _, cost_list = nn.model(x, y, 5, 0.2, 1, batch_size=batch_size)
    expected = cost(x[:, ::step], y[:, ::step], nn.initialize_parameters(16, 5, 3))
    assert cost_list == [approx(expected, rel=1e-12)]


@pytest.mark.parametrize("dtype, iterations", [("f4", 1), ("f4", 50), ("f8", 50)])
@pytest.mark.parametrize("rate, activation", [(1e308, "relu"), (1e20, "tanh")])
@pytest.mark.filterwarnings("ignore")
def test_divergence_names_the_setting_to_lower(dtype, iterations, rate, activation):
    said = f"learning_rate .*{re.escape(str(rate))}"
    with pytest.raises(FloatingPointError, match=said):
        nn.model(*problem(dtype=dtype), 5, rate, iterations, activation)


def test_a_cost_of_over_20_times_the_first_is_divergence(monkeypatch):
    costs = iter([3, 2, 60, 1, 3, 61])
    monkeypatch.setattr(nn, "cost_function", lambda a2, y: next(costs))
    assert nn.model(*problem(), 5, 0.1, 3)[1] == [3, 2, 60]
    with pytest.raises(FloatingPointError):
        nn.model(*problem(), 5, 0.1, 3)


def test_each_iteration_is_reported_before_it_begins(monkeypatch):
    story, step = [], nn.train_step
    monkeypatch.setattr(nn, "train_step", lambda *a: story.append("step") or step(*a))
    _, costs = nn.model(*problem(), 5, 0.1, 2, report=lambda *said: story.append(said))
    assert story == [(0, costs[0]), "step", (1, costs[1]), "step"]


def test_ctrl_c_keeps_what_was_learned():
    interrupt = Mock(side_effect=[0, 0, 0, KeyboardInterrupt])
    stopped, cost_list = nn.model(*problem(), 5, 0.1, 9, report=interrupt)
    assert len(cost_list) == 4 and (stopped["w1"] == learned(3)).all()


def test_it_learns():
    x, y = problem(200)
    parameters, cost_list = nn.model(x, y, 20, 0.5, 300, momentum=0.9)
    assert cost_list[-1] < 0.1 * cost_list[0] and nn.accuracy(x, y, parameters) == 100
