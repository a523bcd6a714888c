# /// script
# requires-python = ">=3.10"
# dependencies = ["numpy>=1.24", "matplotlib>=3.6"]
# ///
"""A two-layer neural network that learns to read handwritten digits, in plain NumPy.

It trains, prints how many digits that it has never seen it reads right, and shows
pictures. Read on to the end of `main`: that is all it does, in the order it happens.

An image is a column of numbers, one a pixel, from 0 (background) to 1 (ink). m images
side by side are a matrix x (n_x, m): a row a pixel, a column an image. Their labels
y (n_y, m) tell which of n_y classes, here the ten digits, each image shows: a column
holds a 1 in the row of its image's class and 0 elsewhere.
"""

import math
import sys
import time
import warnings
from contextlib import contextmanager
from pathlib import Path

try:
    import matplotlib.pyplot as plt
    import numpy as np
    from matplotlib.widgets import Button
    from PIL import Image, ImageDraw, ImageFilter, ImageOps
except ImportError as error:
    sys.exit(f"{error}. Install what is missing: pip install -r requirements.txt")

# ------------------------------------------------------------------- settings
# Text needs quotes ("relu"), a fraction a point (0.02).
n_h = 1000  # neurons in the hidden layer
learning_rate = 0.02  # how far an update moves the weights
iterations = 100  # passes over the training images
activation = "tanh"  # of the hidden neurons: "tanh" or "relu"
batch_size = 128  # images per update; None: all of them
momentum = 0.98  # share of an update that carries on in the next one; 0: none
max_shift = 1  # pixels by which images move at random in training; 0: they don't
max_distortion = 0.3  # how far moving images also turn, slant and stretch; 0: not
decay = True  # let the learning rate fall linearly to zero over the run
seed = 0  # of the random numbers: same seed, same result
data_folder = "."  # where the four CSV files are, seen from this file's folder
own_digits = []  # pictures of digits that you wrote, such as ["seven.png"]


# ---------------------------------------------------------------- activations
# A layer multiplies by a matrix. Two layers in a row would be no more than one, whose
# matrix is the product of theirs; so an activation bends what the first layer gives.
def tanh(z):
    """Return the hyperbolic tangent of z, between -1 and 1, in z's shape."""
    return np.tanh(z)


def tanh_derivative(a):
    """Return the slope of tanh where its output is a, which is already worked out."""
    return 1 - a**2


def relu(z):
    """Return z where it is positive and 0 elsewhere, in z's shape."""
    return np.maximum(z, 0)


def relu_derivative(a):
    """Return the slope of ReLU where its output is a: 1 if a > 0, else 0."""
    return (a > 0).astype(a.dtype)


ACTIVATIONS = {"tanh": (tanh, tanh_derivative), "relu": (relu, relu_derivative)}


def softmax(z):
    """Turn each column of z (n_y, m) into probabilities: positive, with the sum 1."""
    e = np.exp(z - z.max(axis=0))  # e**-max cancels out, but prevents overflow
    return e / e.sum(axis=0)


# -------------------------------------------------------------------- network
def initialize_parameters(n_x, n_h, n_y, activation="tanh", seed=0, dtype=np.float64):
    """Return the parameters of an untrained network for n_x pixels and n_y classes.

    A row of w1 (n_h, n_x) and of b1 (n_h, 1) is a hidden neuron: it adds up the pixels,
    each times a weight, and a bias. w2 (n_y, n_h) and b2 (n_y, 1) do so with the hidden
    neurons' outputs. Biases start at 0; weights at random, or all neurons would stay
    alike. They are divided by √n, as a sum of n such terms is about √n large (LeCun et
    al., "Efficient BackProp", 1998); 2.5 makes up for most pixels being 0, and with 0.1
    all classes are about equally likely at first. seed may be a generator.
    """
    rng = np.random.default_rng(seed)
    return {
        "w1": (rng.standard_normal((n_h, n_x)) * 2.5 / np.sqrt(n_x)).astype(dtype),
        "b1": np.zeros((n_h, 1), dtype),
        "w2": (rng.standard_normal((n_y, n_h)) * 0.1 / np.sqrt(n_h)).astype(dtype),
        "b2": np.zeros((n_y, 1), dtype),
        "activation": activation,
    }


def forward_propagation(x, parameters):
    """Return the network's answer to the images x (n_x, m) and the steps towards it.

    z1 and a1 (n_h, m) are the hidden layer before and after its activation; z2 and
    a2 (n_y, m) the output layer. a2[k, i] is the probability of class k for image i.
    """
    activation, _ = ACTIVATIONS[str(parameters["activation"])]  # a str, if saved
    z1 = parameters["w1"] @ x + parameters["b1"]
    a1 = activation(z1)
    z2 = parameters["w2"] @ a1 + parameters["b2"]
    a2 = softmax(z2)
    return {"z1": z1, "a1": a1, "z2": z2, "a2": a2}


def cost_function(a2, y):
    """Return the cost (the cross-entropy): how wrong the answers a2 are, on average.

    An image costs -log of the probability that the network gives to its right class: 0
    if it is sure of it, log(n_y) if it takes all n_y classes for equally likely.
    """
    m = y.shape[1]
    log_a2 = np.log(np.maximum(a2, np.finfo(a2.dtype).tiny))  # log(0) is infinite
    return float(-1 / m * np.sum(y * log_a2))


def backward_prop(x, y, parameters, forward_cache):
    """Return the gradients dw1, db1, dw2, db2: the cost's slope along each parameter.

    The chain rule, from the output back to the input (Rumelhart, Hinton and Williams,
    "Learning representations by back-propagating errors", 1986). A column of dz2 or dz1
    is the slope of one image's cost along its z2 or z1. With softmax, that cost is
    log(sum(exp(z2))), with the slope a2, minus z2 of the right class, with the slope y.
    w2.T passes dz2 back to a1, and the activation's slope to z1. A weight's slope is
    that of the z it adds to, times what it multiplies. @ and sum add up the images, and
    1 / m makes it the slope of the mean cost.
    """
    a1, a2, w2 = forward_cache["a1"], forward_cache["a2"], parameters["w2"]
    _, activation_derivative = ACTIVATIONS[str(parameters["activation"])]
    m = x.shape[1]
    dz2 = a2 - y
    dw2 = 1 / m * dz2 @ a1.T
    db2 = 1 / m * dz2.sum(axis=1, keepdims=True)
    dz1 = (w2.T @ dz2) * activation_derivative(a1)
    dw1 = 1 / m * dz1 @ x.T
    db1 = 1 / m * dz1.sum(axis=1, keepdims=True)
    return {"dw1": dw1, "db1": db1, "dw2": dw2, "db2": db2}


def update_parameters(parameters, gradients, learning_rate):
    """Move each parameter against its slope: W - learning_rate * dW, in place."""
    for name in ("w1", "b1", "w2", "b2"):
        parameters[name] -= learning_rate * gradients["d" + name]
    return parameters


# ------------------------------------------------------------------- training
def move(x, max_shift, max_distortion, rng):
    """Return the square images x (n_x, m), all moved in one random way.

    A digit that moved is still the same digit, so one image stands for many. Each pixel
    copies the one at the place it comes from: its own position, seen from the centre,
    times a matrix close to the identity (which turns, slants and stretches), plus a
    shift of whole pixels. What comes from outside the image is background, 0.
    """
    side = math.isqrt(len(x))
    centre = (side - 1) / 2
    position = np.indices((side, side)).reshape(2, side * side) - centre
    matrix = np.eye(2) + rng.uniform(-max_distortion, max_distortion, (2, 2))
    shift = rng.integers(-max_shift, max_shift, (2, 1), endpoint=True)
    row, column = np.rint(matrix @ position + centre + shift).astype(int)
    inside = (row >= 0) & (row < side) & (column >= 0) & (column < side)
    return x[np.where(inside, row * side + column, 0)] * inside[:, np.newaxis]


def train_step(x, y, parameters, velocity, learning_rate, momentum):
    """Update the network once, in place, from the images x and their labels y.

    The velocity is a running sum of gradients: each time, a share of it carries on, the
    momentum (Polyak, 1964). What many mini-batches agree on adds up in it, their noise
    cancels out. With 0.98, it holds up to 1 + 0.98 + 0.98² + ... = 50 gradients.
    """
    forward_cache = forward_propagation(x, parameters)
    gradients = backward_prop(x, y, parameters, forward_cache)
    for name, gradient in gradients.items():
        velocity[name] *= momentum
        velocity[name] += gradient
    update_parameters(parameters, velocity, learning_rate)


def measure_cost(x, y, parameters):
    """Return the cost of up to 1,000 of the images, evenly chosen: that saves time."""
    step = math.ceil(x.shape[1] / 1000)
    a2 = forward_propagation(x[:, ::step], parameters)["a2"]
    return cost_function(a2, y[:, ::step])


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
    """Train a network on the images x (n_x, m) and their labels y (n_y, m).

    The settings are those at the top of the file; left out, they mean plain gradient
    descent: an update an iteration, from all images as they are. Training runs in the
    precision of x. Ctrl-C ends it and keeps what was learned. Returns the parameters
    and cost_list: cost_list[i] is the cost after i iterations, which report(i, cost) is
    told. Raises FloatingPointError if it isn't finite or is 20 times the first.
    """
    dtype = np.result_type(x.dtype, np.float32)  # single precision at least
    x, y = np.asarray(x, dtype), np.asarray(y, dtype)
    m = x.shape[1]
    rng = np.random.default_rng(seed)
    parameters = initialize_parameters(len(x), n_h, len(y), activation, rng, dtype)
    velocity = {f"d{name}": 0 * parameters[name] for name in ("w1", "b1", "w2", "b2")}
    cost_list = [measure_cost(x, y, parameters)]
    try:
        for iteration in range(iterations):
            if report:
                report(iteration, cost_list[-1])
            rate = learning_rate * (1 - iteration / iterations if decay else 1)
            batches = [slice(None)]  # all images at once
            if batch_size:  # or the images' numbers, shuffled and cut up
                batches = np.split(rng.permutation(m), range(batch_size, m, batch_size))
            for batch in batches:
                x_batch = x[:, batch]
                if max_shift:
                    x_batch = move(x_batch, max_shift, max_distortion, rng)
                train_step(x_batch, y[:, batch], parameters, velocity, rate, momentum)
            cost_list.append(measure_cost(x, y, parameters))
            if not cost_list[-1] <= 20 * cost_list[0]:  # true for nan, too
                raise FloatingPointError(
                    f"The training diverged. Lower learning_rate (now {learning_rate})."
                )
    except KeyboardInterrupt:
        pass
    return parameters, cost_list[:iterations]  # the last cost was for the check


# -------------------------------------------------------------------- judging
def probabilities(x, parameters):
    """Return a2 (n_y, m) for the images x (n_x, m), in portions to save memory."""
    portions = [x[:, i : i + 1000] for i in range(0, x.shape[1], 1000)]
    return np.hstack([forward_propagation(p, parameters)["a2"] for p in portions])


def predict(x, parameters):
    """Return the most likely class of each image in x (n_x, m), as numbers (m,)."""
    return probabilities(x, parameters).argmax(axis=0)


def accuracy(x, y, parameters):
    """Return how many percent of the images x are read as their labels y say."""
    return 100 * float(np.mean(predict(x, parameters) == y.argmax(axis=0)))


# ----------------------------------------------------------------------- main
def main():
    """Check the settings, load the images, train, report, and show the pictures."""
    folder = Path(__file__).parent
    training = {
        "n_h": n_h,
        "learning_rate": learning_rate,
        "iterations": iterations,
        "activation": activation,
        "batch_size": batch_size,
        "momentum": momentum,
        "max_shift": max_shift,
        "max_distortion": max_distortion,
        "decay": decay,
        "seed": seed,
    }
    check_settings(training | {"data_folder": data_folder, "own_digits": own_digits})
    x_train, y_train, x_test, y_test = load_data(folder / data_folder, max_shift)
    with progress(iterations) as report:
        parameters, cost_list = model(x_train, y_train, **training, report=report)
    if len(cost_list) < iterations:
        print(f"Stopped in iteration {len(cost_list)}.", file=sys.stderr)
    print(f"Accuracy of Train Dataset {accuracy(x_train, y_train, parameters):.1f} %")
    print(f"Accuracy of Test Dataset {accuracy(x_test, y_test, parameters):.1f} %")
    unread = read_own_digits([folder / name for name in own_digits], parameters)

    draw_cost(cost_list)
    draw_answers("training_images", x_train, y_train, parameters, seed)
    draw_answers("test_images", x_test, y_test, parameters, seed)
    draw_neurons(x_test, parameters)
    save_pictures(folder / "figures")
    open_pad(parameters)
    plt.show()
    return 1 if unread else 0


# ========== The lesson ends here: nothing below is about neural networks. ==========
# -------------------------------------------------- checks of settings and files
NUMBER, NAME = [int, float], [str, type(Path())]
RULES = {  # of each setting: its types, whether a value v is right, what is expected
    "n_h": ([int], lambda v: 0 < v < 1e9, "a whole number from 1 up"),
    "learning_rate": (NUMBER, lambda v: 0 < v < 1e308, "a number above 0"),
    "iterations": ([int], lambda v: 0 < v < 1e9, "a whole number from 1 up"),
    "activation": ([str], lambda v: v in ACTIVATIONS, '"tanh" or "relu"'),
    "batch_size": (
        [int, type(None)],
        lambda v: v is None or v > 0,
        "1, 2, ... or None",
    ),
    "momentum": (NUMBER, lambda v: 0 <= v < 1, "a number from 0 to below 1"),
    "max_shift": ([int], lambda v: 0 <= v < 1e9, "a whole number from 0 up"),
    "max_distortion": (NUMBER, lambda v: 0 <= v < 1, "a number from 0 to below 1"),
    "decay": ([bool], lambda v: True, "True or False"),
    "seed": ([int], lambda v: v >= 0, "a whole number from 0 up"),
    "data_folder": (NAME, lambda v: True, "the name of a folder"),
    "own_digits": ([list], lambda v: {*map(type, v)} <= {*NAME}, 'as in ["7.png"]'),
}


def check_settings(settings):
    """Raise ValueError for the first of the settings, a dictionary, that can't work."""
    for name, value in settings.items():
        types, is_right, expected = RULES[name]
        if type(value) not in types or not is_right(value):
            raise ValueError(
                f"neural_network.py, setting {name}: found {value!r}, "
                f"expected {expected}. Change it at the top of the file."
            )


def load_csv(path, highest):
    """Return the table in a CSV file; raise ValueError unless all is from 0 to highest."""
    try:
        text = path.read_text("utf-8-sig", errors="replace")
    except OSError as error:
        raise ValueError(
            f"{path}: found {error.strerror}, expected a CSV file. Check data_folder."
        ) from None
    lines = [line for line in text.split("\n") if line.strip()]
    dtype = np.float32 if any(mark in text for mark in ".eE") else np.int32  # faster
    problem = "found no table"
    try:
        table = np.loadtxt(lines, dtype, None, ",", ndmin=2)
        if table.size and ((table >= 0) & (table <= highest)).all():
            return table
    except ValueError as error:
        problem = str(error).split(";")[0]  # without advice on loadtxt
    for row, line in enumerate(lines, 1):
        for column, cell in enumerate(line.split(","), 1):
            try:
                is_right = 0 <= float(cell) <= highest
            except ValueError:
                is_right = False
            if not is_right:
                raise ValueError(
                    f"{path}, row {row}: found {cell.strip()[:20]!r} in column {column}, "
                    f"expected numbers from 0 to {highest} between commas. Mend it, or see README.md."
                )
    raise ValueError(f"{path}: {problem}, expected rows of equal length. Mend it.")


def load_data(data_folder, max_shift=0):
    """Return x_train, y_train, x_test, y_test from the four CSV files in a folder.

    A row of a file becomes a column: x (n_x, m) holds pixels from 0 to 1, y (n_y, m)
    one-hot labels, in single precision. Raises ValueError if they or max_shift can't be.
    """
    data = []
    for part in ("train", "test"):
        x_path, y_path = (Path(data_folder, f"{part}_{k}.csv") for k in ("X", "label"))
        x, y = load_csv(x_path, 255), load_csv(y_path, 1)
        (m, n_x), n_y, both = x.shape, y.shape[1], f"{x_path} and {y_path.name}"
        is_label = (y.max(axis=1) == 1) & (y.sum(axis=1) == 1) & (n_y > 1)
        if not is_label.all():
            raise ValueError(
                f"{y_path}, row {is_label.argmin() + 1}: found no one-hot label, expected "
                "a single 1 among 0s. Mend or delete it; README.md tells more."
            )
        if len(y) != m:
            raise ValueError(f"{both}: found {m} and {len(y)} rows. Make them match.")
        if n_x == 785:
            raise ValueError(
                f"{x_path}: found 785 columns, expected 784. Move labels to {y_path.name}."
            )
        if data and [n_x, n_y] != [len(table) for table in data]:
            raise ValueError(
                f"{both}: found {n_x} and {n_y} columns, expected {len(data[0])} and "
                f"{len(data[1])} as for training. Make them match."
            )
        x, y = x.T.astype(np.float32), y.T.astype(np.float32)
        data += [x / np.float32(255) if x.max() > 1 else x, y]
    if max_shift and (math.isqrt(n_x) ** 2 != n_x or max_shift**2 >= n_x):
        raise ValueError(
            f"neural_network.py, setting max_shift: found {max_shift}, with {n_x} pixels "
            f"in {x_path.name}, expected square images, wider than that. Lower it, or "
            f"set it to 0; move a column of labels to {y_path.name}."
        )
    return data


# -------------------------------------------------------- the student's own digits
def open_picture(path):
    """Return the picture in a file, upright, at most 200 pixels long, without opacity."""
    try:
        with Image.open(path) as picture:
            if picture.mode.startswith("I"):  # 16 bits a pixel
                picture = picture.convert("I").point(lambda v: v / 257).convert("L")
            if picture.mode in ("1", "P"):
                picture = picture.convert("RGBA")  # a palette's numbers have no mean
            picture.thumbnail((200, 200), Image.Resampling.BOX)
            picture = ImageOps.exif_transpose(picture).convert("RGBA")
    except Exception as error:  # each kind of broken file raises another one
        raise ValueError(
            f"{path}: found {getattr(error, 'strerror', None) or 'no picture'}, expected "
            "a PNG, JPEG, WebP, GIF or BMP file. Check own_digits; save .heic as JPEG."
        ) from error
    sheets = [Image.new("RGBA", picture.size, ground) for ground in ("white", "black")]
    sheets = [Image.alpha_composite(sheet, picture).convert("RGB") for sheet in sheets]
    return max(sheets, key=np.std)


def remove_paper(picture):
    """Return how much darker each pixel is than the paper around it: ink 0-1 (h, w)."""
    grey = picture.convert("L")
    small = np.pad(grey.resize((48, 48), Image.Resampling.BOX), 10, "symmetric")
    paper = Image.fromarray(small).filter(ImageFilter.MedianFilter(21))
    paper = paper.crop((10, 10, 58, 58)).resize(grey.size)
    grey, paper = np.asarray(grey) + 1.0, np.asarray(paper) + 1.0
    if ((grey - paper) ** 3).sum() > 0:  # light ink on dark paper
        grey, paper = 257 - grey, 257 - paper
    ink = 1 - grey / paper
    return np.where(ink > max(-4 * np.quantile(ink, 0.2), 0.08), ink, 0)  # no noise


def remove_lines(ink):
    """Return ink (h, w) without lines that run from the left border to the right."""
    (height, width), column = ink.shape, np.arange(ink.shape[1])
    dots, tall = max(ink.shape) // 80 * 2 + 1, max(ink.shape) // 30 + 1
    covered = Image.fromarray(np.uint8(ink > 0)).filter(ImageFilter.MaxFilter(dots))
    covered, is_line = np.asarray(covered), np.zeros(ink.shape, bool)
    for tilt in range(-height // 8, height // 8 + 1, 2):  # of a ruler at each height
        row = np.arange(height)[:, np.newaxis] + np.linspace(-tilt / 2, tilt / 2, width)
        row = np.rint(row).astype(int).clip(0, height - 1)
        is_line[row[covered[row, column].mean(axis=1) > 0.9], column] = True
    stroke = np.all([np.roll(ink > 0, i, axis=0) for i in range(tall)], axis=0)
    stroke = np.any([np.roll(stroke, -i, axis=0) for i in range(tall)], axis=0)
    return np.where(is_line & ~stroke, 0, ink)


def remove_surroundings(ink):
    """Return ink (h, w) without parts that are small, far out or cut by the border."""
    number, before = np.arange(1, ink.size + 1).reshape(ink.shape) * (ink > 0), None
    while not np.array_equal(number, before):  # until each part has a single number
        grown = Image.fromarray(np.int32(number)).filter(ImageFilter.MaxFilter(3))
        before, number = number, np.append(0, number)[grown * (ink > 0)]
    middle = np.outer(*[np.hanning(n + 2)[1:-1] for n in ink.shape])
    weight = np.bincount(number.ravel(), (ink * middle).ravel())
    weight[np.r_[number[0], number[-1], number[:, 0], number[:, -1]]] /= 100
    return np.where(weight[number] > max(weight.max() / 10, ink.size / 4000), ink, 0)


def frame_digit(ink, side):
    """Return ink 0-1 (h, w) as an image like MNIST's: pixels 0-1 (side * side, 1).

    It is 20/28 long, its centre of mass in the middle (LeCun et al., "Gradient-based
    learning applied to document recognition", 1998), its strokes not too thin.
    """
    picture = Image.fromarray(np.uint8(255 * ink))
    longer = max(picture.crop(picture.getbbox()).size)
    picture = ImageOps.expand(picture, longer // 8 + 1)  # room for thicker strokes
    area, grown = np.sum(picture), np.sum(picture.filter(ImageFilter.MaxFilter(3)))
    missing = max(0, round(longer / 18 - area / (grown - area)))
    picture = picture.filter(ImageFilter.MaxFilter(2 * missing + 1))
    picture, size = picture.crop(picture.getbbox()), [round(side * 20 / 28)] * 2
    picture = ImageOps.contain(picture, size, Image.Resampling.BILINEAR)
    frame, corner = Image.new("L", (side, side)), []
    for axis, n in enumerate(picture.size):
        centre = np.average(np.arange(n) + 0.5, weights=np.sum(picture, axis=axis))
        corner.append(int(np.clip(round(side / 2 - centre), 0, side - n)))
    frame.paste(picture, corner)
    return np.reshape(frame, (-1, 1)) / np.max(frame)


def read_digit(path, side=28):
    """Return the digit in a picture file as a column of pixels 0-1: (side * side, 1)."""
    ink = remove_paper(open_picture(path))
    ink = remove_surroundings(remove_lines(remove_lines(ink).T).T)
    if not ink.any():
        raise ValueError(
            f"{path}: found a blank picture, expected a digit. Write it larger or darker."
        )
    return frame_digit((ink / np.median(ink[ink > 0])).clip(0, 1), side)


def read_own_digits(paths, parameters):
    """Print and draw what the network reads in each picture; tell if one is unreadable."""
    n_x, digits = parameters["w1"].shape[1], []
    for path in paths:
        try:
            image = read_digit(path, math.isqrt(n_x))
            if len(image) != n_x:
                raise ValueError(
                    f"{path}: found images of {n_x} pixels to compare it with, expected "
                    "square ones. Empty own_digits at the top of neural_network.py."
                )
        except ValueError as error:
            print(error, file=sys.stderr)
            continue
        chances = probabilities(image, parameters)[:, 0]
        answer = f"{chances.argmax()} ({100 * chances.max():.1f} %)"
        print(f"Our model says {path.name} is : {answer}")
        digits.append((path.name, open_picture(path), image[:, 0], chances))
    if digits:
        figure = new_picture("own_digits", "Your own digits")
        figure.set_size_inches(7, min(max(3, 2.2 * len(digits)), 12))
        for row, digit in zip(figure.subplots(len(digits), 3, squeeze=False), digits):
            show_reading(row, *digit)
    return len(digits) < len(paths)


# ------------------------------------------------------------------- pictures
def new_picture(name, title):
    """Return a new figure for the functions below to draw on."""
    try:
        figure = plt.figure(name, figsize=(10, 6.5), layout="constrained")
    except ImportError:  # Matplotlib was told to use a screen, and there is none
        plt.switch_backend("agg")
        return new_picture(name, title)
    figure.suptitle(title)
    return figure


def show_image(axes, pixels, title, colours="gray_r", least=0):
    """Draw an image (n_x,), its pixels from least to 1, in these colours."""
    side = math.isqrt(len(pixels))
    image = pixels.reshape(side if side**2 == len(pixels) else 1, -1)
    axes.set_title(title, fontsize=9)
    axes.set(xticks=[], yticks=[], box_aspect=1)
    return axes.imshow(image, colours, vmin=least, vmax=1, aspect="auto")


def show_reading(row, title, picture, image, chances):
    """Draw a picture, the image (n_x,) that the network sees in it, and its answer."""
    given, seen, answer = row
    given.set_title(title, fontsize=9, parse_math=False)
    given.set(xticks=[], yticks=[])
    answer.set_title("how sure it is of each", fontsize=9)
    answer.set(xticks=range(len(chances)), ylim=(0, 1), box_aspect=1)
    drawn = given.imshow(picture, "gray_r", vmin=0, vmax=255)
    shown = show_image(seen, image, "what the network sees")
    return drawn, shown, answer.bar(range(len(chances)), chances)


def draw_cost(cost_list):
    """Draw the cost over the iterations."""
    axes = new_picture("cost", "The cost while the network learns").add_subplot()
    axes.plot(cost_list, marker="." if len(cost_list) < 20 else None)
    axes.set(xlabel="iterations", ylabel="cost (logarithmic scale)", yscale="log")
    axes.grid(which="both", alpha=0.3)


def draw_answers(name, x, y, parameters, seed):
    """Draw up to 32 of the images x with answers: the 8 surest mistakes, then others."""
    title = f"{name}: the network's answers. Red: wrong, the surest mistakes first"
    figure, a2 = new_picture(name, title), probabilities(x, parameters)
    answer, sure, right = a2.argmax(axis=0), a2.max(axis=0), y.argmax(axis=0)
    worst = np.argsort(np.where(answer == right, 0, -sure))[:8]
    others = np.random.default_rng(seed).permutation(x.shape[1])
    chosen = [*worst, *np.setdiff1d(others, worst, assume_unique=True)][:32]
    for place, i in enumerate(chosen, 1):
        title, colours = f"{answer[i]} ({sure[i]:.0%})", "Blues"
        if answer[i] != right[i]:
            title, colours = f"{answer[i]}, not {right[i]} ({sure[i]:.0%})", "Reds"
        show_image(figure.add_subplot(4, 8, place), x[:, i], title, colours)


def draw_neurons(x, parameters):
    """Draw the weights of the 32 hidden neurons with the most say over the images x."""
    title = "Neurons fire for ink where they are red, against it where they are blue"
    figure = new_picture("hidden_neurons", title)
    w1, w2 = parameters["w1"], parameters["w2"]
    # How much a neuron's output varies, times its largest outgoing weight.
    say = forward_propagation(x, parameters)["a1"].std(axis=1) * np.abs(w2).max(axis=0)
    for place, j in enumerate(np.argsort(-say)[:32], 1):
        title = f"for {w2[:, j].argmax()}, against {w2[:, j].argmin()}"
        weights = w1[j] / np.abs(w1[j]).max()
        show_image(figure.add_subplot(4, 8, place), weights, title, "bwr", -1)


def save_pictures(folder):
    """Save all pictures as PNG files in the folder."""
    try:
        folder.mkdir(exist_ok=True)
        for name in plt.get_figlabels():
            plt.figure(name).savefig(folder / f"{name}.png")
            print(f"Picture saved: {folder / name}.png")
    except OSError as error:
        print(
            f"{folder}: can't save pictures ({error.strerror}). Move it.",
            file=sys.stderr,
        )


def open_pad(parameters):
    """Where there is a screen, open a window to draw a digit in, which is read at once."""
    n_y, n_x = len(parameters["b2"]), parameters["w1"].shape[1]
    side, sheet, last = math.isqrt(n_x), Image.new("L", (200, 200)), None
    pen = ImageDraw.Draw(sheet)
    if side**2 != n_x or not plt.gcf().canvas.required_interactive_framework:
        return
    with plt.rc_context({"toolbar": "None"}):  # its tools would be in the way
        figure = new_picture("pad", "Draw a digit with the left mouse button held down")
    figure.set_size_inches(10, 4.5)
    row, blank = figure.subplots(1, 3), (np.zeros(n_x), np.zeros(n_y))
    drawn, seen, bars = show_reading(row, "your digit", sheet, *blank)
    button = Button(figure.add_axes([0.08, 0.02, 0.2, 0.09]), "Clear (or right click)")
    frames = [spine for axes in row for spine in axes.spines.values()]

    def handle(event):
        nonlocal last
        pressed = event.name == "button_press_event"
        if pressed and (event.button == 3 or event.inaxes is button.ax):
            sheet.paste(0, (0, 0, 200, 200))
            last = None
        elif event.button == 1 and event.inaxes is row[0]:
            x, y = event.xdata, event.ydata
            start = (x, y) if pressed or not last else last
            pen.line([start, (x, y)], 255, 16)
            pen.ellipse([x - 8, y - 8, x + 8, y + 8], 255)
            last = x, y
        else:
            last = None
            return
        image, chances = blank
        if sheet.getbbox():
            image = frame_digit(np.asarray(sheet) / 255, side)
            chances = probabilities(image, parameters)[:, 0]
        drawn.set_data(sheet)
        seen.set_data(image.reshape(side, side))
        for bar, chance in zip(bars, chances):
            bar.set(height=chance, color="C1" if chance == chances.max() else "C0")
        for artist in (drawn, seen, row[2].patch, *bars, *frames):  # what has changed
            figure.draw_artist(artist)
        figure.canvas.blit()

    for name in ("button_press_event", "motion_notify_event"):
        figure.canvas.mpl_connect(name, handle)


# ------------------------------------------------------------- progress and start
@contextmanager
def progress(iterations):
    """Provide model's report: it prints ten costs and, in a terminal, the time left."""
    start, erase = time.monotonic(), f"\r{'':60}\r" if sys.stdout.isatty() else ""

    def report(iteration, cost):
        if iteration in [tenth * iterations // 10 for tenth in range(10)]:
            print(f"{erase}Cost after {iteration} iterations is : {cost:.4f}")
        if erase and iteration:
            left = (time.monotonic() - start) / iteration * (iterations - iteration)
            print(f"{erase}Training: {iteration} of {iterations} iterations", end="")
            print(f", about {left:.0f} s left", end="", flush=True)

    try:
        yield report
    finally:
        print(erase, end="")


if __name__ == "__main__":
    # A picture's name may have letters that the terminal or Matplotlib's font lacks.
    sys.stdout.reconfigure(errors="backslashreplace", line_buffering=True)
    warnings.simplefilter("ignore")
    plt.set_loglevel("error")
    try:
        sys.exit(main())
    except (ValueError, FloatingPointError, OSError) as error:
        sys.exit(str(error))
    except NameError as error:
        sys.exit(f"neural_network.py: {error}. Did a setting at its top lose its name?")
    except (MemoryError, OverflowError) as error:
        sys.exit(f"Out of memory ({error}): lower n_h, or set a smaller batch_size.")
    except KeyboardInterrupt:
        sys.exit("Stopped.")
