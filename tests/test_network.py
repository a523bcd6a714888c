"""Facts about the network: its equations by hand, its gradients, its training."""

import math

import numpy as np
import pytest

import neural_network as nn

WEIGHTS = ("w1", "b1", "w2", "b2")


def problem(m=12, n_x=16, n_y=3, dtype=np.float64):
    """Return images whose class is the brightest of their first n_y pixels."""
    x = np.random.default_rng(1).random((n_x, m)).astype(dtype)
    return x, np.eye(n_y, dtype=dtype)[:, x[:n_y].argmax(axis=0)]


def small_network():
    return {
        "w1": np.array([[1.0, -1.0], [0.5, 2.0]]),
        "b1": np.array([[0.5], [-1.0]]),
        "w2": np.array([[1.0, 0.0], [0.0, -1.0]]),
        "b2": np.array([[0.0], [0.25]]),
    }


def test_activations_by_hand():
    z = np.array([[-2.0, 0.0, 0.5]])
    assert nn.tanh(z) == pytest.approx(np.array([[-0.9640276, 0, 0.4621172]]))
    assert nn.relu(z).tolist() == [[0, 0, 0.5]]
    a = np.array([[-0.5, 0.0, 0.8]])
    assert nn.tanh_derivative(a) == pytest.approx(np.array([[0.75, 1, 0.36]]))
    assert nn.relu_derivative(a).tolist() == [[0, 0, 1]]


def test_softmax_of_logarithms_and_of_huge_numbers():
    z = np.log(np.array([[1.0, 2.0], [3.0, 2.0]]))
    assert nn.softmax(z) == pytest.approx(np.array([[0.25, 0.5], [0.75, 0.5]]))
    huge = nn.softmax(np.array([[1000.0, -1000.0], [-1000.0, -1000.0]]))
    assert huge.tolist() == [[1, 0.5], [0, 0.5]]


def test_forward_propagation_by_hand():
    x = np.array([[1.0, 0.0], [0.5, 1.0]])
    cache = nn.forward_propagation(x, small_network())
    assert cache["z1"].tolist() == [[1.0, -0.5], [0.5, 1.0]]
    a1 = np.array([[0.7615942, -0.4621172], [0.4621172, 0.7615942]])
    assert cache["a1"] == pytest.approx(a1)
    z2 = np.array([[0.7615942, -0.4621172], [-0.2121172, -0.5115942]])
    assert cache["z2"] == pytest.approx(z2)
    first = 1 / (1 + np.exp(z2[1] - z2[0]))
    assert cache["a2"] == pytest.approx(np.array([first, 1 - first]))


def test_cost_function_by_hand():
    a2 = np.array([[0.5, 0.2], [0.5, 0.8]])
    y = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert nn.cost_function(a2, y) == pytest.approx(-(math.log(0.5 * 0.8)) / 2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_cost_of_certainty_in_the_wrong_class_is_large_but_finite(dtype):
    a2 = np.array([[1], [0]], dtype)
    cost = nn.cost_function(a2, np.array([[0], [1]], dtype))
    assert cost == pytest.approx(-math.log(np.finfo(dtype).tiny), rel=1e-5)
    assert nn.cost_function(a2, a2) == 0


def test_backward_prop_by_hand():
    parameters = {
        "w1": np.array([[1.0]]),
        "b1": np.zeros((1, 1)),
        "w2": np.array([[2.0], [-1.0]]),
        "b2": np.zeros((2, 1)),
    }
    x, y = np.array([[1.0, 3.0]]), np.array([[1.0, 0.0], [0.0, 1.0]])
    cache = {
        "a1": np.array([[0.5, 0.0]]),
        "a2": np.array([[0.75, 0.5], [0.25, 0.5]]),
    }
    gradients = nn.backward_prop(x, y, parameters, cache)
    # dz2 = [[-0.25, 0.5], [0.25, -0.5]]; w2.T dz2 = [[-0.75, 1.5]]; slopes 0.75 and 1
    assert gradients["dw2"].tolist() == [[-0.0625], [0.0625]]
    assert gradients["db2"].tolist() == [[0.125], [-0.125]]
    assert gradients["dw1"].tolist() == [[(-0.5625 + 4.5) / 2]]
    assert gradients["db1"].tolist() == [[(-0.5625 + 1.5) / 2]]


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_gradients_agree_with_numerical_differentiation(activation):
    x, y = problem()
    # With this seed no hidden neuron comes within a step of ReLU's bend.
    parameters = nn.initialize_parameters(16, 7, 3, activation, seed=6)
    parameters["b1"] += 0.1
    parameters["w2"] *= 20

    def cost():
        return nn.cost_function(nn.forward_propagation(x, parameters)["a2"], y)

    cache = nn.forward_propagation(x, parameters)
    gradients = nn.backward_prop(x, y, parameters, cache)
    for name in WEIGHTS:
        numerical = np.zeros_like(parameters[name])
        for place in np.ndindex(numerical.shape):
            kept, costs = parameters[name][place], {}
            for step in (-2, -1, 1, 2):
                parameters[name][place] = kept + step * 1e-3
                costs[step] = cost()
            parameters[name][place] = kept
            slope = 8 * (costs[1] - costs[-1]) - (costs[2] - costs[-2])
            numerical[place] = slope / (12 * 1e-3)
        error = np.linalg.norm(gradients["d" + name] - numerical)
        assert error <= 1e-7 * np.linalg.norm(numerical)


def test_update_parameters_by_hand_and_in_place():
    parameters = {name: np.array([[1.0]]) for name in WEIGHTS}
    gradients = {"d" + name: np.array([[k]]) for k, name in enumerate(WEIGHTS)}
    updated = nn.update_parameters(parameters, gradients, 0.5)
    assert [updated[name].item() for name in WEIGHTS] == [1, 0.5, 0, -0.5]
    assert updated is parameters
    assert gradients["dw2"].item() == 2


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_an_untrained_network_guesses(activation):
    x, y = problem(400, 784, 10)
    parameters = nn.initialize_parameters(784, 1000, 10, activation)
    shapes = [parameters[name].shape for name in WEIGHTS]
    assert shapes == [(1000, 784), (1000, 1), (10, 1000), (10, 1)]
    assert not parameters["b1"].any() and not parameters["b2"].any()
    assert parameters["w1"].std() == pytest.approx(2.5 / 28, rel=0.01)
    assert parameters["w2"].std() == pytest.approx(0.1 / math.sqrt(1000), rel=0.03)
    a2 = nn.forward_propagation(x, parameters)["a2"]
    assert nn.cost_function(a2, y) == pytest.approx(math.log(10), abs=0.02)


def test_the_plain_call_initializes_a_tanh_network():
    assert set(nn.initialize_parameters(4, 3, 2)) == set(WEIGHTS)


def test_a_network_keeps_its_activation():
    x, y = problem()
    parameters, _ = nn.model(x, y, 5, 0.1, 1, activation="relu")
    assert nn.forward_propagation(x, parameters)["a1"].min() == 0
    parameters, _ = nn.model(x, y, 5, 0.1, 1)
    assert nn.forward_propagation(x, parameters)["a1"].min() < 0


def test_plain_training_is_the_five_functions_in_a_loop():
    x, y = problem()
    x[[5, 9]] = 0  # pixels that no image uses
    expected, costs = nn.initialize_parameters(16, 5, 3), []
    for _ in range(4):
        cache = nn.forward_propagation(x, expected)
        costs.append(nn.cost_function(cache["a2"], y))
        gradients = nn.backward_prop(x, y, expected, cache)
        nn.update_parameters(expected, gradients, 0.3)
    parameters, cost_list = nn.model(x, y, 5, 0.3, 4)
    assert cost_list == pytest.approx(costs)
    for name in WEIGHTS:
        assert parameters[name] == pytest.approx(expected[name])


def test_plain_training_on_moving_images_moves_them_all():
    x, y = problem()
    x[[5, 9]] = 0
    rng = np.random.default_rng(0)
    expected = nn.initialize_parameters(16, 5, 3, seed=rng)
    moved = nn.move(x, 1, 0.5, rng)
    cache = nn.forward_propagation(moved, expected)
    gradients = nn.backward_prop(moved, y, expected, cache)
    nn.update_parameters(expected, gradients, 0.3)
    parameters, _ = nn.model(x, y, 5, 0.3, 1, max_shift=1, max_distortion=0.5)
    for name in WEIGHTS:
        assert parameters[name] == pytest.approx(expected[name])


@pytest.mark.parametrize("batch_size", [None, 2002, 3000])
def test_plain_training_measures_the_cost_on_all_images(batch_size):
    x, y = problem(2002)
    a2 = nn.forward_propagation(x, nn.initialize_parameters(16, 5, 3))["a2"]
    _, cost_list = nn.model(x, y, 5, 0.2, 1, batch_size=batch_size)
    assert cost_list == [pytest.approx(nn.cost_function(a2, y), rel=1e-12)]


def test_momentum_and_decay_by_hand():
    x, y = problem()
    expected, velocity = nn.initialize_parameters(16, 5, 3), None
    for rate in (0.4, 0.3, 0.2, 0.1):
        cache = nn.forward_propagation(x, expected)
        gradients = nn.backward_prop(x, y, expected, cache)
        if velocity:
            gradients = {k: 0.5 * velocity[k] + gradients[k] for k in gradients}
        velocity = gradients
        nn.update_parameters(expected, velocity, rate)
    parameters, _ = nn.model(x, y, 5, 0.4, 4, momentum=0.5, decay=True)
    for name in WEIGHTS:
        assert parameters[name] == pytest.approx(expected[name])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_training_keeps_the_precision_and_what_its_caller_owns(dtype):
    x, y = problem(dtype=dtype)
    before = x.copy(), y.copy()
    parameters, _ = nn.model(
        x, y.astype(int), 5, 0.1, 2, batch_size=5, max_shift=1, max_distortion=0.3
    )
    assert {parameters[name].dtype for name in WEIGHTS} == {np.dtype(dtype)}
    assert (x == before[0]).all() and (y == before[1]).all()


def test_same_seed_same_network():
    x, y = problem()
    first, again, other = (
        nn.model(x, y, 5, 0.1, 2, batch_size=4, max_shift=1, seed=seed)[0]["w1"]
        for seed in (1, 1, 2)
    )
    assert (first == again).all() and (first != other).any()


@pytest.mark.parametrize("batch_size", [1, 5, 12, 100, None])
def test_mini_batches_are_the_images_shuffled_with_their_labels(batch_size):
    x, y = np.arange(12)[None], -np.arange(12)[None]
    batches = list(nn.mini_batches(x, y, batch_size, np.random.default_rng(0)))
    sizes = [part.shape[1] for part, _ in batches]
    assert max(sizes) == min(batch_size or 12, 12)
    assert sum(sizes) == 12 and len(sizes) == math.ceil(12 / max(sizes))
    assert all((labels == -part).all() for part, labels in batches)
    together = np.concatenate([part for part, _ in batches], axis=1)[0]
    assert sorted(together) == list(range(12))
    shuffled = (together != np.arange(12)).any()
    assert shuffled == (batch_size in (1, 5))


def test_move_shifts_by_whole_pixels_and_moves_background_in():
    image = np.arange(1.0, 26).reshape(5, 5)
    x = np.stack([image.ravel(), 100 + image.ravel()], axis=1)
    padded = np.pad(image, 2)
    possible = {
        (row - 2, column - 2): padded[row : row + 5, column : column + 5]
        for row in range(5)
        for column in range(5)
    }
    rng, seen = np.random.default_rng(0), set()
    for _ in range(300):
        moved = nn.move(x, 2, 0, rng)
        assert (moved[:, 1] == (moved[:, 0] + 100) * (moved[:, 0] > 0)).all()
        seen |= {
            shift
            for shift, result in possible.items()
            if (moved[:, 0].reshape(5, 5) == result).all()
        }
    assert seen == set(possible)


def test_move_distorts_about_the_centre():
    rng = np.random.default_rng(0)
    image = np.zeros((21, 21))
    image[10, 10], image[2, 10] = 5, 7
    places = []
    for _ in range(300):
        moved = nn.move(image.reshape(-1, 1), 0, 0.4, rng).reshape(21, 21)
        assert moved[10, 10] == 5
        places += [tuple(place) for place in np.argwhere(moved == 7)]
    rows, columns = np.array(places).T
    assert rows.min() == 0 and rows.max() in (4, 5)
    assert {columns.min(), columns.max()} <= {4, 5, 6, 14, 15, 16}
    assert abs(columns.mean() - 10) < 0.5


def test_move_leaves_the_centre_in_place():
    rng = np.random.default_rng(0)
    image = np.zeros((21, 21))
    image[10, 10] = 5
    for _ in range(100):
        moved = nn.move(image.reshape(-1, 1), 0, 0.9, rng).reshape(21, 21)
        assert moved[10, 10] == 5


@pytest.mark.parametrize("batch_size", [None, 5])
def test_moving_and_distorting_change_what_the_network_learns(batch_size):
    x, y = problem()

    def learned(**options):
        return nn.model(x, y, 5, 0.1, 3, batch_size=batch_size, **options)[0]["w1"]

    still, shifted = learned(), learned(max_shift=1)
    assert (still != shifted).any()
    assert (learned(max_shift=1, max_distortion=0) == shifted).all()
    assert (learned(max_shift=1, max_distortion=0.5) != shifted).any()


def test_costs_are_those_of_the_network_after_so_many_iterations():
    x, y = problem(30)
    options = {"batch_size": 8, "momentum": 0.5, "max_shift": 1}
    _, cost_list = nn.model(x, y, 5, 0.2, 4, **options)
    for iterations in (1, 3):
        parameters, _ = nn.model(x, y, 5, 0.2, iterations, **options)
        a2 = nn.forward_propagation(x, parameters)["a2"]
        assert cost_list[iterations] == pytest.approx(nn.cost_function(a2, y))


def test_mini_batch_costs_are_measured_on_a_thousand_images_spread_evenly():
    x, y = problem(2002)
    _, cost_list = nn.model(x, y, 5, 0.2, 1, batch_size=500)
    parameters = nn.initialize_parameters(16, 5, 3)
    a2 = nn.forward_propagation(x[:, ::3], parameters)["a2"]
    assert cost_list == [pytest.approx(nn.cost_function(a2, y[:, ::3]), rel=1e-12)]


@pytest.mark.parametrize(
    "dtype, iterations", [(np.float32, 1), (np.float32, 50), (np.float64, 50)]
)
@pytest.mark.filterwarnings("error")
def test_divergence_names_the_setting_to_lower(dtype, iterations):
    x, y = problem(dtype=dtype)
    with pytest.raises(FloatingPointError, match="Lower learning_rate"):
        nn.model(x, y, 5, 1e308, iterations, activation="relu")


def test_a_saturated_network_has_diverged_too():
    x, y = problem(dtype=np.float32)
    with pytest.raises(FloatingPointError, match="now 1e\\+20"):
        nn.model(x, y, 5, 1e20, 50)


@pytest.mark.parametrize("highest, diverged", [(60, False), (61, True)])
def test_a_cost_of_over_20_times_the_first_is_divergence(
    monkeypatch, highest, diverged
):
    costs = iter([3, highest, 1])
    monkeypatch.setattr(nn, "cost_function", lambda a2, y: next(costs))
    if diverged:
        with pytest.raises(FloatingPointError):
            nn.model(*problem(), 5, 0.1, 3)
    else:
        assert nn.model(*problem(), 5, 0.1, 3)[1] == [3, 60, 1]


def test_ctrl_c_keeps_what_was_learned():
    x, y = problem()

    def interrupt(iteration, cost):
        if iteration == 3:
            raise KeyboardInterrupt

    stopped, cost_list = nn.model(x, y, 5, 0.1, 9, report=interrupt)
    expected, _ = nn.model(x, y, 5, 0.1, 3)
    assert len(cost_list) == 4
    assert (stopped["w1"] == expected["w1"]).all()


def test_predict_and_accuracy():
    parameters = small_network()
    x = np.tile(np.array([[2.0, -2.0], [0.0, 2.0]]), 1100)
    answers = nn.forward_propagation(x, parameters)["a2"].argmax(axis=0)
    assert (nn.predict(x, parameters) == answers).all()
    y = np.eye(2)[:, answers]
    assert nn.accuracy(x, y, parameters) == 100
    y[:, :550] = y[::-1, :550]
    assert nn.accuracy(x, y, parameters) == 75


def test_it_learns():
    x, y = problem(200)
    parameters, cost_list = nn.model(x, y, 20, 0.5, 300, momentum=0.9)
    assert cost_list[-1] < 0.1 * cost_list[0]
    assert nn.accuracy(x, y, parameters) == 100
