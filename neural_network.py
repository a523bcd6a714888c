# /// script
# requires-python = ">=3.10"
# dependencies = ["numpy>=1.24", "matplotlib>=3.6"]
# ///
"""A two-layer neural network that learns to read handwritten digits, in plain NumPy.

`python neural_network.py` trains it, prints how many digits that it has never seen
it reads right, and shows pictures. Then change a setting below and run it again.

Read it from the top, in the order of the data: settings, activations, network,
training, judging, data files, own digits, pictures, main block. An image is a column
of numbers, one a pixel, and m images stand side by side in a matrix: x has the shape
(n_x, m). Their labels y have the shape (n_y, m), where n_y is the number of classes
(the ten digits), and are one-hot: a 1 in the row of the column's class, else 0.

Left out on purpose: more layers (one hidden layer shows it all), weight decay and
dropout (they gained nothing), automatic differentiation (it is the lesson).
"""

import math
import sys
import time
import warnings
from pathlib import Path

try:
    import matplotlib.image
    import numpy as np
except ImportError as error:
    sys.exit(f"{error}. Install what is missing: pip install -r requirements.txt")
except ValueError as error:  # its environment variable MPLBACKEND makes no sense
    sys.exit(f"Matplotlib can't start: {error}")
except KeyboardInterrupt:
    sys.exit("Stopped.")

# ------------------------------------------------------------------- settings
n_h = 1000  # neurons in the hidden layer
learning_rate = 0.02  # how far an update moves the weights
iterations = 100  # passes over the training images
activation = "tanh"  # of the hidden neurons: "tanh" or "relu"
batch_size = 64  # images per update; None: all of them
momentum = 0.95  # share of an update that carries on in the next one; 0: none
max_shift = 1  # pixels by which images move at random in training; 0: they don't
max_distortion = 0.3  # how far moving images also turn, slant and stretch; 0: not
decay = True  # let the learning rate fall linearly to zero over the run
seed = 0  # of the random numbers: same seed, same result
data_folder = Path(__file__).parent  # where the four CSV files are
own_digits = []  # pictures of digits that you wrote, such as ["seven.png"]


# ---------------------------------------------------------------- activations
# Without a bend between them, two layers would be no more than one matrix.
# A derivative is taken from the activation's output a, which is already known.
def tanh(z):
    """Return the hyperbolic tangent of z, between -1 and 1, in z's shape."""
    return np.tanh(z)


def tanh_derivative(a):
    """Return the slope of tanh where its output is a: 1 - a²."""
    slope = a**2
    return np.subtract(1, slope, out=slope)  # in place: a new array costs time


def relu(z):
    """Return z where it is positive and 0 elsewhere, in z's shape."""
    return np.maximum(z, 0)


def relu_derivative(a):
    """Return the slope of ReLU where its output is a: 1 if a > 0, else 0."""
    return (a > 0).astype(a.dtype)


ACTIVATIONS = {"tanh": (tanh, tanh_derivative), "relu": (relu, relu_derivative)}


def softmax(z):
    """Turn each column of z (n_y, m) into probabilities: positive, with the sum 1.

    Subtracting the column's maximum changes nothing but keeps exp from overflowing.
    """
    e = np.exp(z - z.max(axis=0))
    return e / e.sum(axis=0)


# -------------------------------------------------------------------- network
def initialize_parameters(n_x, n_h, n_y, activation="tanh", seed=0, dtype=np.float64):
    """Return the parameters of an untrained network for n_x pixels and n_y classes.

    w1 (n_h, n_x) and w2 (n_y, n_h) are random weights around 0, b1 (n_h, 1) and b2
    (n_y, 1) biases of 0. A sum of n random terms of either sign is about √n large, so
    the weights are divided by that (LeCun et al., "Efficient BackProp", 1998). w1 is
    larger again, as most pixels are 0, and w2 smaller, so that at first all classes
    are about equally likely. seed may also be a generator of random numbers. The name
    of an activation other than tanh is kept with the weights, which work only with it.
    """
    rng = np.random.default_rng(seed)
    parameters = {
        "w1": (rng.standard_normal((n_h, n_x)) * 2.5 / np.sqrt(n_x)).astype(dtype),
        "b1": np.zeros((n_h, 1), dtype),
        "w2": (rng.standard_normal((n_y, n_h)) * 0.1 / np.sqrt(n_h)).astype(dtype),
        "b2": np.zeros((n_y, 1), dtype),
    }
    if activation != "tanh":
        parameters["activation"] = activation
    return parameters


def activation_of(parameters):
    """Return the hidden layer's activation and its derivative, as two functions."""
    return ACTIVATIONS[str(parameters.get("activation", "tanh"))]


def forward_propagation(x, parameters):
    """Return the network's answer to the images x (n_x, m) and the steps towards it.

    z1 and a1 (n_h, m) are the hidden layer before and after its activation; z2 and
    a2 (n_y, m) the output layer. a2[k, i] is the probability of class k for image i.
    """
    w1, b1, w2, b2 = (parameters[name] for name in ("w1", "b1", "w2", "b2"))
    activation, _ = activation_of(parameters)
    z1 = w1 @ x + b1
    a1 = activation(z1)
    z2 = w2 @ a1 + b2
    a2 = softmax(z2)
    return {"z1": z1, "a1": a1, "z2": z2, "a2": a2}


def cost_function(a2, y):
    """Return the cross-entropy: -log of the right class's probability, on average.

    It is 0 for a network that is right and sure of it, log(n_y) for one that guesses.
    """
    m = y.shape[1]
    log_a2 = np.log(np.maximum(a2, np.finfo(a2.dtype).tiny))  # log(0) is infinite
    return float(-1 / m * np.sum(y * log_a2))


def backward_prop(x, y, parameters, forward_cache):
    """Return the gradients dw1, db1, dw2, db2: the cost's slope along each parameter.

    The chain rule, from the output back to the input (Rumelhart, Hinton and Williams,
    1986): dz2 and dz1 are the slopes along z2 and z1. With softmax, an image's cost is
    log(sum(exp(z2))) less z2 of the right class: that has the slope a2 - y.
    """
    a1, a2 = forward_cache["a1"], forward_cache["a2"]
    _, activation_derivative = activation_of(parameters)
    m = x.shape[1]
    dz2 = a2 - y
    dw2 = dz2 @ a1.T / m
    db2 = dz2.sum(axis=1, keepdims=True) / m
    dz1 = parameters["w2"].T @ dz2 * activation_derivative(a1)
    dw1 = dz1 @ x.T / m
    db1 = dz1.sum(axis=1, keepdims=True) / m
    return {"dw1": dw1, "db1": db1, "dw2": dw2, "db2": db2}


def update_parameters(parameters, gradients, learning_rate):
    """Move each parameter against its slope: W - learning_rate * dW, in place."""
    for name in ("w1", "b1", "w2", "b2"):
        parameters[name] -= learning_rate * gradients["d" + name]
    return parameters


# ------------------------------------------------------------------- training
def mini_batches(x, y, batch_size, rng):
    """Yield x and y in shuffled portions of batch_size images; None: x and y whole."""
    m = x.shape[1]
    if batch_size is None or batch_size >= m:
        yield x, y
        return
    order = rng.permutation(m)
    for start in range(0, m, batch_size):
        chosen = order[start : start + batch_size]
        yield x[:, chosen], y[:, chosen]


def move(x, max_shift, max_distortion, rng):
    """Return the square images x (n_x, m), all moved in one random way.

    Each pixel of the result copies the pixel at the place where it comes from: its
    own position, times a matrix close to the identity (which turns, slants and
    stretches), plus a shift of whole pixels. What comes from outside is background, 0.
    A digit that moved is still the same digit, so one image stands for many.
    """
    side = math.isqrt(len(x))
    centre = (side - 1) / 2
    position = np.indices((side, side)).reshape(2, side * side) - centre
    matrix = np.eye(2) + rng.uniform(-max_distortion, max_distortion, (2, 2))
    shift = rng.integers(-max_shift, max_shift, (2, 1), endpoint=True)
    row, column = np.rint(matrix @ position + centre + shift).astype(int)
    inside = (row >= 0) & (row < side) & (column >= 0) & (column < side)
    moved = np.zeros_like(x)
    moved[inside] = x[(row * side + column)[inside]]
    return moved


@np.errstate(over="ignore", invalid="ignore")  # the check of the cost says it in words
def model(
    x,
    y,
    n_h,
    learning_rate,
    iterations,
    activation="tanh",
    batch_size=None,
    momentum=0,
    max_shift=0,
    max_distortion=0,
    decay=False,
    seed=0,
    report=None,
):
    """Train a network on the images x (n_x, m) and their one-hot labels y (n_y, m).

    The settings are those at the top of the file; left out, they mean plain gradient
    descent. Training runs in the precision of x and changes neither x nor y. Momentum
    (Polyak, 1964) adds up what the gradients of many mini-batches agree on: with 0.95,
    up to 1 / (1 - 0.95) = 20 of them, so it needs a smaller learning rate.

    Returns the parameters and cost_list: cost_list[i] is the cost after i iterations.
    It is that of up to 1,000 images, to save time, but of all of them if no images are
    moved and each update uses them all. report(i, cost), if given, is called with each.
    Ctrl-C ends the training and returns what was learned so far. Raises
    FloatingPointError if the cost isn't finite or is 20 times that of guessing.
    """
    dtype = np.result_type(x.dtype, np.float32)
    n_x, m = x.shape
    rng = np.random.default_rng(seed)
    parameters = initialize_parameters(n_x, n_h, len(y), activation, rng, dtype)
    # The weights of a pixel that is 0 in all images never change: they sit out.
    w1, used = parameters["w1"], x.any(axis=1) | (max_shift > 0)
    parameters["w1"] = w1.compress(used, axis=1)
    x = np.asarray(x.T.compress(used, axis=1).T, dtype, order="F")
    y = np.asarray(y, dtype, order="F")
    velocity, cost_list = {}, []
    diverged = f"The training diverged. Lower learning_rate (now {learning_rate})."
    whole = (batch_size is None or batch_size >= m) and not max_shift
    step = 1 if whole else math.ceil(m / 1000)
    x_cost, y_cost = x[:, ::step], y[:, ::step]
    try:
        for iteration in range(iterations):
            forward_cache = forward_propagation(x_cost, parameters)
            cost_list.append(cost_function(forward_cache["a2"], y_cost))
            if not cost_list[-1] <= 20 * cost_list[0]:  # nor is a nan
                raise FloatingPointError(diverged)
            if report:
                report(iteration, cost_list[-1])
            rate = learning_rate * (1 - iteration / iterations if decay else 1)
            for x_batch, y_batch in mini_batches(x, y, batch_size, rng):
                if max_shift:
                    x_batch = move(x_batch, max_shift, max_distortion, rng)
                if not whole:  # else it is already there
                    forward_cache = forward_propagation(x_batch, parameters)
                gradients = backward_prop(x_batch, y_batch, parameters, forward_cache)
                for name, gradient in gradients.items():
                    if momentum and name in velocity:
                        velocity[name] *= momentum
                        velocity[name] += gradient
                    else:
                        velocity[name] = gradient
                update_parameters(parameters, velocity, rate)  # in place of gradients
        if not all(np.isfinite(parameters[name]).all() for name in ("w1", "w2")):
            raise FloatingPointError(diverged)
    except KeyboardInterrupt:
        pass
    w1[:, used] = parameters["w1"]
    return parameters | {"w1": w1}, cost_list


# -------------------------------------------------------------------- judging
def probabilities(x, parameters):
    """Return a2 (n_y, m) for the images x (n_x, m), however many they are."""
    portions = [x[:, i : i + 1000] for i in range(0, x.shape[1], 1000)]  # saves memory
    answers = [forward_propagation(portion, parameters)["a2"] for portion in portions]
    return np.concatenate(answers, axis=1)


def predict(x, parameters):
    """Return the most likely class of each image in x (n_x, m), as numbers (m,)."""
    return probabilities(x, parameters).argmax(axis=0)


def accuracy(x, y, parameters):
    """Return how many percent of the images x are read as their labels y say."""
    return 100 * float(np.mean(predict(x, parameters) == y.argmax(axis=0)))


# --------------------------------------------- settings and data files, checked
def fail(where, found, expected, advice):
    """Raise a ValueError that tells a person in one line what to mend."""
    raise ValueError(f"{where}: found {found}, expected {expected}. {advice}.")


def check_settings(settings):
    """Raise ValueError for the first of the settings, a dictionary, that can't work."""

    def whole(v, least=1):
        return type(v) is int and least <= v < 10**9

    def number(v):
        return type(v) is not bool and isinstance(v, (int, float)) and 0 <= v < 1e308

    def names(v):
        return type(v) is list and all(isinstance(name, (str, Path)) for name in v)

    rules = {
        "n_h iterations": (whole, "a whole number from 1 up"),
        "batch_size": (lambda v: v is None or whole(v), "a whole number or None"),
        "max_shift seed": (lambda v: whole(v, 0), "a whole number from 0 up"),
        "learning_rate": (lambda v: number(v) and v > 0, "a number above 0"),
        "momentum max_distortion": (
            lambda v: number(v) and v < 1,
            "0 or more, below 1",
        ),
        "activation": (lambda v: v in list(ACTIVATIONS), '"tanh" or "relu"'),
        "decay": (lambda v: type(v) is bool, "True or False"),
        "data_folder": (lambda v: isinstance(v, (str, Path)), "the name of a folder"),
        "own_digits": (names, 'a list of pictures, such as ["seven.png"]'),
    }
    for group, (is_right, expected) in rules.items():
        for name in group.split():
            if not is_right(settings.get(name)):
                where, found = f"neural_network.py, setting {name}", settings.get(name)
                fail(where, repr(found), expected, "Change it at the top of the file")


def load_csv(path):
    """Return the table of numbers in a CSV file: as bytes if they fit, else as floats.

    Raises ValueError for a file that can't be read and for the first row that keeps it
    from being such a table.
    """
    try:
        for dtype in (np.uint8, np.float32):  # bytes are read several times faster
            with open(path, encoding="utf-8-sig") as file, warnings.catch_warnings():
                warnings.simplefilter("error")  # NumPy merely warns of an empty file
                try:
                    rows = filter(str.strip, file)
                    return np.loadtxt(rows, dtype, None, ",", ndmin=2)
                except (ValueError, Warning):
                    continue
        lines = path.read_text("utf-8-sig", errors="replace").split("\n")
    except OSError as error:
        advice = "Put it there, or change data_folder at the top of neural_network.py"
        fail(path, f"no readable file ({error.strerror})", "a CSV file", advice)
    columns = None
    for row, line in enumerate(filter(str.strip, lines), 1):
        where, cells = f"{path}, row {row}", line.split(",")
        columns = columns or len(cells)
        if len(cells) != columns:
            advice = "Complete the row; perhaps the file was cut off"
            fail(where, f"{len(cells)} columns", f"{columns} as before", advice)
        for column, cell in enumerate(cells, 1):
            try:
                float(cell)
            except ValueError:
                found = f"{cell.strip()[:20]!r} in column {column}"
                advice = (
                    "Mend it; save the file as plain CSV, unpacked, without a header"
                )
                fail(where, found, "numbers separated by commas", advice)
    fail(path, "no table of numbers", "one", "Check that it is the right file")


def is_one_hot(rows):
    """Tell of each row whether it is a single 1 and otherwise 0."""
    return ((rows == 0) | (rows == 1)).all(axis=1) & (rows.sum(axis=1) == 1)


def check_pair(x, y, x_path, y_path):
    """Raise ValueError unless the rows of x are images and those of y their labels."""
    both, one_hot = f"{x_path} and {y_path.name}", is_one_hot(y)
    if not one_hot.all() and is_one_hot(x).all():
        fail(both, "labels in the first", "images", "Swap the names of the two files")
    if y.shape[1] == 1:
        advice, name = "Convert it: import numpy as np; ", repr(str(y_path))
        advice += f"np.savetxt({name}, np.eye(10)[np.loadtxt({name}, dtype=int)], "
        advice += 'fmt="%d", delimiter=",")'
        fail(y_path, "one column", "one-hot labels: a column a class", advice)
    if not one_hot.all():
        where, advice = f"{y_path}, row {one_hot.argmin() + 1}", "Mend or delete it"
        fail(where, "no one-hot label", "a single 1 and otherwise 0", advice)
    if not (x.min() >= 0 and x.max() <= 255):  # a nan is neither
        row, column = np.argwhere(~((x >= 0) & (x <= 255)))[0]
        where = f"{x_path}, row {row + 1}, column {column + 1}"
        advice = "Correct it, or delete the row if it is a header"
        fail(where, x[row, column], "a pixel from 0 to 255", advice)
    if x.shape[1] == 785:
        advice = "Delete the first one, which seems to hold labels or row numbers"
        fail(x_path, "785 columns", "784, one a pixel", advice)
    if len(x) != len(y):
        fail(both, f"{len(x)} and {len(y)} rows", "equally many", "Make them match")


def load_data(data_folder, max_shift=0):
    """Return x_train, y_train, x_test, y_test from the four CSV files in a folder.

    A row of a file becomes a column: x (n_x, m) holds pixels from 0 to 1, y (n_y, m)
    one-hot labels, in single precision. Raises ValueError if the files can't be used
    for training with this max_shift.
    """
    data = []
    for part in ("train", "test"):
        paths = [Path(data_folder, f"{part}_{kind}.csv") for kind in ("X", "label")]
        x, y = load_csv(paths[0]), load_csv(paths[1])
        check_pair(x, y, *paths)
        for path, table, known in zip(paths, (x, y), data):
            if table.shape[1] != len(known):
                found = f"{table.shape[1]} columns"
                expected = f"{len(known)} as in {path.name.replace('test', 'train')}"
                fail(path, found, expected, "Use files that belong together")
        x, y = x.astype(np.float32), y.astype(np.float32)
        if x.max() > 1:
            x /= 255
        data += [x.T, y.T]
    n_x, side = len(data[0]), math.isqrt(len(data[0]))
    if max_shift and (side * side != n_x or max_shift >= side):
        where = f"neural_network.py, setting max_shift for {paths[0].name}"
        found = f"{max_shift} with images of {n_x} pixels"
        expected = "square images and less than their width"
        fail(where, found, expected, "Lower it, or set it to 0 for other images")
    return data


# ------------------------------------------------------- the student's own digits
def resize(image, longer):
    """Return the image with its longer side of so many pixels, averaged from its own."""
    scale = longer / max(image.shape)
    for _ in range(2):  # the rows, then the columns
        n, k = len(image), max(1, round(len(image) * scale))
        covered = np.clip(np.linspace(0, n, k + 1)[:, None] - np.arange(n), 0, 1)
        image = (np.diff(covered, axis=0) * k / n @ image).T
    return image


def windows(image):
    """Return the 3×3 pixels around each pixel, 0 beyond the edge: (h, w, 3, 3)."""
    return np.lib.stride_tricks.sliding_window_view(np.pad(image, 1), (3, 3))


def find_ink(grey):
    """Return how much each pixel of a grey picture differs from paper, and the ink.

    The paper's shade is a smooth surface (a plane, or one curved like x² + xy + y²),
    fitted by weighted least squares again and again: the further a pixel is from it,
    above all on the ink's side, the less it weighs. The first fit shows which side that
    is, as paper, of which there is more, is nearer. Ink is what stands out from noise.
    """
    row, column = np.indices(grey.shape).reshape(2, -1) / max(grey.shape) - 0.5
    terms = [row**0, row, column, row**2, row * column, column**2]
    terms = np.stack(terms[: 6 if max(grey.shape) > 50 else 3])
    weight, sign = np.ones(grey.size), 0
    for _ in range(20):
        weighted = terms * weight
        paper = np.linalg.lstsq(weighted @ terms.T, weighted @ grey.ravel(), None)[0]
        ink = grey.ravel() - paper @ terms
        sign = sign or np.sign((ink**3).sum())
        weight = np.where(ink * sign < 0, 4, 1) / (np.abs(ink) + 1e-3)
    ink = (ink * sign).reshape(grey.shape)
    noise, strongest = -np.quantile(ink, 0.1), np.quantile(ink, 0.998)
    is_ink = ink > max(11 * noise, strongest / 3, 0.04)
    return ink, is_ink & (windows(is_ink).sum(axis=(2, 3)) > 2)  # but no lone specks


def read_digit(path, side=28):
    """Return the digit in a picture file as a column of pixels 0-1: (side * side, 1).

    As in MNIST (LeCun et al., "Gradient-based learning applied to document
    recognition", 1998), the ink is light, the digit's longer side is 20/28 of the
    frame, and its centre of mass in the middle. Lines thinner than there are thickened.
    Raises ValueError if the file can't be read or seems to be blank.
    """
    try:
        picture = np.atleast_3d(matplotlib.image.imread(path, "jpg"))  # or any other
    except Exception as error:  # each kind of broken file raises another one
        found = "no file" if isinstance(error, FileNotFoundError) else "no picture"
        advice = "Check own_digits at the top of neural_network.py."
        message = f"{path}: found {found}, expected a PNG or JPEG file. {advice}"
        raise ValueError(message) from error
    grey = picture[..., :3].mean(axis=2)
    grey /= grey.max() or 1
    if picture.shape[2] == 4:  # the fourth number is opacity: let the ink stand out
        opacity = picture[..., 3] / (picture[..., 3].max() or 1)
        ground = (grey * opacity).sum() < opacity.sum() / 2
        grey = grey * opacity + ground * (1 - opacity)
    for longer in (200, 100):  # find the digit, then look closely
        grey = resize(grey, min(longer, max(grey.shape)))
        ink, is_ink = find_ink(grey)
        if is_ink.sum() < 4:
            advice = "Write the digit larger or darker"
            fail(path, "a blank picture", "a digit", advice)
        ends = [np.flatnonzero(is_ink.any(axis=axis))[[0, -1]] for axis in (1, 0)]
        margin = np.ptp(ends, axis=1).max() // 4 + 1
        (top, bottom), (left, right) = np.add(ends, (-margin, margin + 1)).clip(0)
        grey = grey[top:bottom, left:right]
    strokes = windows(is_ink).any(axis=(2, 3))
    ink = np.clip(ink / np.median(ink[is_ink]), 0, 1) * strokes
    (top, bottom), (left, right) = np.add(ends, (0, 1))
    ink, is_ink = ink[top:bottom, left:right], is_ink[top:bottom, left:right]
    outline = sum(np.diff(np.pad(is_ink, 1), axis=axis).sum() for axis in (0, 1))
    width = 2.5 * is_ink.sum() / outline  # of the line: its area by its length
    for _ in range(round((0.12 * max(ink.shape) - width) / 2)):
        ink = windows(np.pad(ink, 1)).max(axis=(2, 3))
    ink = resize(ink, round(side * 20 / 28))
    ink = np.clip(ink / np.quantile(ink[ink > 0.1], 0.75), 0, 1)
    image = np.zeros((side, side))
    image[: len(ink), : len(ink[0])] = np.where(ink < 0.1, 0, ink)
    for axis, n in enumerate(ink.shape):
        centre = np.average(np.arange(n), weights=ink.sum(axis=1 - axis))
        image = np.roll(image, np.clip(round(side / 2 - centre), 0, side - n), axis)
    return image.reshape(-1, 1)


# ------------------------------------------------------------------- pictures
def show_image(axes, pixels, title, colour="black"):
    """Draw one image (n_x,) as dark ink on white paper, framed in the colour."""
    side = math.isqrt(len(pixels))
    shape = (side, side) if side * side == len(pixels) else (1, len(pixels))
    axes.imshow(pixels.reshape(shape), "gray_r", vmin=0, vmax=1, aspect="auto")
    axes.set(xticks=[], yticks=[], box_aspect=1)
    axes.set_title(title, color=colour, fontsize=9)
    axes.spines[:].set_color(colour)
    axes.spines[:].set_linewidth(1 if colour == "black" else 2.5)


def draw_cost(figure, cost_list):
    """Draw the cost over the iterations."""
    axes = figure.add_subplot(xlabel="iterations", ylabel="cost (logarithmic scale)")
    axes.plot(cost_list, marker="." if len(cost_list) < 20 else None)
    axes.set(yscale="log", title="The cost while the network learns")
    axes.grid(which="both", alpha=0.3)


def draw_training(figure, x, y, rng):
    """Draw up to 32 random training images with their labels."""
    figure.suptitle("Some of the images that the network learns from")
    for place, i in enumerate(rng.permutation(x.shape[1])[:32], 1):
        show_image(figure.add_subplot(4, 8, place), x[:, i], f"{y[:, i].argmax()}")


def draw_answers(figure, x, y, parameters, rng):
    """Draw up to 32 test images with answers: the 8 surest mistakes, then any."""
    figure.suptitle(
        "The network's answers to images it has never seen, and how sure it is\n"
        "red: wrong (its surest mistakes come first); blue: right"
    )
    answers = probabilities(x, parameters)
    answer, sure, right = answers.argmax(axis=0), answers.max(axis=0), y.argmax(axis=0)
    wrong = np.flatnonzero(answer != right)
    worst = wrong[np.argsort(-sure[wrong])][:8]
    others = np.setdiff1d(rng.permutation(len(sure)), worst, assume_unique=True)
    for place, i in enumerate([*worst, *others][:32], 1):
        title, colour = f"{answer[i]}  ({sure[i]:.0%})", "tab:blue"
        if answer[i] != right[i]:
            title, colour = f"{answer[i]}, not {right[i]}  ({sure[i]:.0%})", "tab:red"
        show_image(figure.add_subplot(4, 8, place), x[:, i], title, colour)


def draw_own_digits(figure, digits):
    """Draw each own digit: its picture, what the network sees, and its answer.

    digits holds for each its path, its image (n_x, 1) and the probabilities (n_y, 1).
    """
    figure.set_size_inches(7, min(max(3, 2.2 * len(digits)), 12))
    all_axes = figure.subplots(len(digits), 3, squeeze=False)
    for axes, (path, image, chances) in zip(all_axes, digits):
        axes[0].imshow(matplotlib.image.imread(path, "jpg"), "gray")
        axes[0].set(xticks=[], yticks=[], facecolor="silver")  # if it is transparent
        axes[0].set_title(path.name, fontsize=9, parse_math=False)
        show_image(axes[1], image[:, 0], "what the network sees")
        axes[2].bar(range(len(chances)), chances[:, 0])
        axes[2].set(xticks=range(len(chances)), ylim=(0, 1), box_aspect=1)
        axes[2].set_title("how sure it is of each", fontsize=9)


def show_pictures(pictures, folder):
    """Open each picture as a window or, without a screen, save it in the folder.

    pictures holds, for each name, a function that draws on a figure and its arguments.
    """
    import matplotlib.pyplot as plt  # only here: it takes a second to load

    try:
        plt.switch_backend(plt.get_backend())
    except (ImportError, RuntimeError):  # it asks for a screen that isn't there
        plt.switch_backend("agg")
    for name, (draw, *arguments) in pictures.items():
        draw(plt.figure(name, figsize=(10, 6.5), layout="constrained"), *arguments)
    backend = plt.get_backend().lower()
    files = ("agg", "cairo", "pdf", "pgf", "ps", "svg", "template")
    if backend not in files and "inline" not in backend:  # a notebook's
        return plt.show()
    try:
        folder.mkdir(exist_ok=True)
        for name in pictures:
            plt.figure(name).savefig(folder / f"{name}.png", dpi=100)
            print(f"Picture saved: {folder / name}.png")
    except OSError as error:
        print(f"{folder}: can't save pictures ({error.strerror})", file=sys.stderr)


# ----------------------------------------------------------------- main block
def status(line=""):
    """Show a line in the terminal that the next output overwrites; else nothing."""
    if sys.stdout.isatty():
        print(f"\r{line:60}\r", end="", flush=True)


def reporter(iterations):
    """Return a function that reports on the training, for model to call."""
    start = time.monotonic()

    def report(iteration, cost):
        if iteration in [tenth * iterations // 10 for tenth in range(10)]:
            status()
            print(f"Cost after {iteration} iterations is : {cost:.4f}", flush=True)
        left = (time.monotonic() - start) / max(iteration, 1) * (iterations - iteration)
        about = f", about {left:.0f} s left" if iteration else ""
        status(f"Training: {iteration} of {iterations} iterations{about}")

    return report


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="backslashreplace")  # for any name in any terminal
    warnings.simplefilter("ignore")  # such as: a font lacks a letter of a file's name
    matplotlib.set_loglevel("error")
    here = Path(__file__).parent
    try:
        check_settings(globals())
        x_train, y_train, x_test, y_test = load_data(here / data_folder, max_shift)
        side = math.isqrt(len(x_train))
        if own_digits and side * side != len(x_train):
            where, found = "neural_network.py, setting own_digits", f"{own_digits}"
            fail(where, found, "[], as images aren't square", "Empty it")
        digits = []
        for name in own_digits:
            try:
                digits.append((here / name, read_digit(here / name, side)))
            except ValueError as error:
                print(error, file=sys.stderr)
        training = [n_h, learning_rate, iterations, activation, batch_size, momentum]
        training += [max_shift, max_distortion, decay, seed, reporter(iterations)]
        try:
            parameters, cost_list = model(x_train, y_train, *training)
        finally:
            status()
        if len(cost_list) < iterations:
            print(f"Stopped in iteration {len(cost_list)}.", file=sys.stderr)
        train_accuracy = accuracy(x_train, y_train, parameters)
        print(f"Accuracy of Train Dataset {train_accuracy:.1f} %")
        test_accuracy = accuracy(x_test, y_test, parameters)
        print(f"Accuracy of Test Dataset {test_accuracy:.1f} %", flush=True)
        digits = [(*digit, probabilities(digit[1], parameters)) for digit in digits]
        for path, _, chances in digits:
            answer = f"{chances.argmax()} ({100 * chances.max():.1f} %)"
            print(f"Our model says {path.name} is : {answer}", flush=True)
        rng = np.random.default_rng(seed)
        pictures = {
            "cost": (draw_cost, cost_list),
            "training_images": (draw_training, x_train, y_train, rng),
            "test_images": (draw_answers, x_test, y_test, parameters, rng),
        } | ({"own_digits": (draw_own_digits, digits)} if digits else {})
        show_pictures(pictures, here / "figures")
        sys.exit(1 if len(digits) < len(own_digits) else 0)
    except (ValueError, FloatingPointError, OSError) as error:
        sys.exit(str(error))
    except (MemoryError, OverflowError) as error:
        sys.exit(f"Out of memory ({error}): lower n_h, or set a smaller batch_size.")
    except KeyboardInterrupt:
        sys.exit("Stopped.")
