"""A two-layer neural network that learns to read handwritten digits, in plain NumPy.

Run this file: it trains the network on 4,000 digits, prints its accuracy on 1,000
digits it has never seen, and shows pictures. Then read it, from here to the end of
`main`. Each part builds on the ones above it, and `main` puts them together.

An image is one column: its pixels, row by row, each a number from 0 (background) to 1
(full ink). A matrix x of shape (n_x, m) holds m images side by side, one column each,
with one row per pixel. The right answers, called labels, are y (n_y, m), with one row
per class, here the ten digits. Column i has a 1 in the row of the class that image i
shows, and 0 elsewhere; such labels are called one-hot.

A neuron multiplies each of its inputs by a weight, adds up the products, adds one more
number, its bias, and passes this sum z through a curve, its activation, to get its
output a. A layer is a group of neurons with the same inputs. The first layer, called
hidden, looks at the pixels. The second, the output layer, looks at the outputs of the
first, and its activation, softmax, turns its sums into one probability per class.

At first the weights are random, so the network can only guess. The cost measures how
wrong its answers are. Training repeats three steps: run some images forward through the
network; go backward to find the gradients, which tell how the cost changes with each
weight and bias; and update them all a little, so that the cost falls. These images are
a mini-batch, drawn at random. When all images have had their turn, one iteration is
over. (Many books call it an epoch.)
"""

import math
import shutil
import sys
import time
import warnings
from pathlib import Path

try:
    import matplotlib.pyplot as plt
    import numpy as np
    from matplotlib.widgets import Button
    from PIL import Image, ImageDraw, ImageFilter, ImageOps
except ImportError as error:
    sys.exit(f"{error}. Install what is missing: pip install -r requirements.txt")

# ------------------------------------------------------------------- settings
# To change one, edit it, save the file and run it again. Put text in quotes ("relu"),
# and write decimals with a point (0.02).
n_h = 1000  # number of hidden neurons
learning_rate = 0.02  # an update moves the weights by this times the gradients
iterations = 100  # number of passes over the training images
activation = "tanh"  # curve of the hidden neurons: "tanh" or "relu"
batch_size = 128  # images per mini-batch; None: all images at once
momentum = 0.98  # share of each update that carries over into the next; 0: none
max_shift = 1  # training images move by up to this many pixels; 0: no shift
max_distortion = 0.3  # how much they turn, slant and stretch; 0: no distortion
learning_rate_decay = True  # lower the learning rate step by step towards zero
seed = 0  # where the random numbers start: the same seed gives the same result
data_folder = "."  # where the four CSV files with the digits are, relative to this file
own_digits = []  # picture files of your own digits, such as ["seven.png"]


# ---------------------------------------------------------------- activations
# An activation gives a neuron's output a = activation(z). Without one, two layers with
# the weights w1 and w2 would collapse into a single layer: w2 (w1 x) = (w2 w1) x.
def tanh(z):
    """Return the hyperbolic tangent of z, an S-shaped curve between -1 and 1."""
    return np.tanh(z)


def tanh_derivative(a):
    """Return tanh's slope, computed from its output a = tanh(z)."""
    return 1 - a**2


def relu(z):
    """Return z where it is positive and 0 elsewhere: the rectified linear unit."""
    return np.maximum(z, 0)


def relu_derivative(a):
    """Return ReLU's slope, computed from its output a = relu(z): 1 if a > 0, else 0."""
    return (a > 0).astype(a.dtype)


ACTIVATIONS = {"tanh": (tanh, tanh_derivative), "relu": (relu, relu_derivative)}


def hidden_activation(parameters):
    """Return the hidden layer's activation and its derivative, two functions."""
    return ACTIVATIONS[str(parameters["activation"])]  # np.load makes it an array


def softmax(z):
    """Turn each column of z (n_y, m) into probabilities: positive, with a sum of 1."""
    # Subtracting the maximum only prevents an overflow: it scales e and its sum alike.
    e = np.exp(z - z.max(axis=0))
    return e / e.sum(axis=0)


# -------------------------------------------------------------------- network
def initialize_parameters(n_x, n_h, n_y, activation="tanh", seed=0, dtype=np.float64):
    """Return the weights and biases of an untrained network, called its parameters.

    Row j of w1 (n_h, n_x) holds the weights of hidden neuron j, one per pixel; row j of
    b1 (n_h, 1) is its bias. w2 (n_y, n_h) and b2 (n_y, 1) are the same for the output
    neurons. seed is a number or a NumPy random generator.
    """
    rng = np.random.default_rng(seed)
    # The weights are random, because neurons that start out identical would stay so. A
    # sum of n random products has a size of about √n, so the weights are divided by √n
    # (LeCun et al., "Efficient BackProp", 1998). 2.5 makes up for pixels that are 0.
    w1 = rng.standard_normal((n_h, n_x)) * 2.5 / np.sqrt(n_x)
    # 0.1 keeps the first answers undecided: all classes are about equally likely.
    w2 = rng.standard_normal((n_y, n_h)) * 0.1 / np.sqrt(n_h)
    return {
        "w1": w1.astype(dtype),
        "b1": np.zeros((n_h, 1), dtype),
        "w2": w2.astype(dtype),
        "b2": np.zeros((n_y, 1), dtype),
        "activation": activation,
    }


def forward_propagation(x, parameters):
    """Return the network's answer a2 to the images x (n_x, m), and the steps to it.

    z1 (n_h, m) are the hidden neurons' sums, and a1 (n_h, m) their outputs. z2 and a2
    (n_y, m) are the output layer's. a2[k, i] is the probability of class k for image i.
    """
    activation, _ = hidden_activation(parameters)
    z1 = parameters["w1"] @ x + parameters["b1"]  # b1 is added to every column
    a1 = activation(z1)
    z2 = parameters["w2"] @ a1 + parameters["b2"]
    a2 = softmax(z2)
    return {"z1": z1, "a1": a1, "z2": z2, "a2": a2}


def cost_function(a2, y):
    """Return the cost: how wrong the answers a2 (n_y, m) are, given the labels y.

    It is the cross-entropy: -log of the probability that the network gave to the right
    class, averaged over the m images. An image costs 0 if the network is sure of the
    right class, log(n_y) if it has no idea, and more if it is sure of a wrong one.
    """
    m = y.shape[1]
    log_a2 = np.log(np.maximum(a2, np.finfo(a2.dtype).tiny))  # never log(0)
    return float(-1 / m * np.sum(y * log_a2))  # y is 1 for the right class only


def backward_prop(x, y, parameters, forward_cache):
    """Return the gradients dw1, db1, dw2, db2, each in the shape of its parameter.

    dw1 holds the derivative, or slope, of the cost with respect to each entry of w1,
    and so on. forward_cache is what forward_propagation returned for x. The chain rule
    gives the slopes layer by layer, from the output back to the input. This is called
    backpropagation (Rumelhart, Hinton and Williams, "Learning representations by
    back-propagating errors", 1986).
    """
    a1, a2, w2 = forward_cache["a1"], forward_cache["a2"], parameters["w2"]
    _, activation_derivative = hidden_activation(parameters)
    m = x.shape[1]

    # An image of class k costs -log(a2[k]) = log(sum(exp(z2))) - z2[k], by softmax. The
    # slope of the first term with respect to z2[c] is exp(z2[c]) / sum(exp(z2)), which
    # is a2[c]. The slope of z2[k] is 1 if c = k and 0 otherwise, which is y[c].
    dz2 = a2 - y  # (n_y, m): column i tells how image i's cost changes with its z2
    # z2[c] contains w2[c, j] * a1[j]. So the slope of w2[c, j] is dz2[c] * a1[j].
    # The matrix product adds this up over all images; 1 / m makes it the average.
    dw2 = (1 / m * dz2) @ a1.T  # (n_y, n_h): the inputs of the output layer are a1
    db2 = 1 / m * dz2.sum(axis=1, keepdims=True)  # (n_y, 1): a bias multiplies 1

    # Hidden neuron j affects the cost through all n_y outputs: z2[c] contains w2[c, j]
    # * a1[j]. So the slope of a1[j] is the sum of w2[c, j] * dz2[c] over all classes c.
    da1 = w2.T @ dz2  # (n_h, m): how each image's cost changes with its a1
    dz1 = da1 * activation_derivative(a1)  # (n_h, m): chain rule, a1 = activation(z1)
    dw1 = (1 / m * dz1) @ x.T  # (n_h, n_x): as dw2, but the inputs are the pixels
    db1 = 1 / m * dz1.sum(axis=1, keepdims=True)  # (n_h, 1): as db2
    return {"dw1": dw1, "db1": db1, "dw2": dw2, "db2": db2}


def update_parameters(parameters, gradients, learning_rate):
    """Move the parameters a little against the gradients: this is gradient descent."""
    for name in ("w1", "b1", "w2", "b2"):
        parameters[name] -= learning_rate * gradients["d" + name]
    return parameters


# ------------------------------------------------------------------- training
def augment(x, max_shift, max_distortion, rng):
    """Return the square images x (n_x, m), all shifted and distorted in one random way.

    A digit that has moved a little is still the same digit, so one image can stand for
    many, and the network can't memorise images that change every time. This is called
    augmentation. Each new pixel takes the value of the old pixel nearest to its source.
    The source is the new pixel's own position, measured from the centre of the image,
    times a random matrix, which turns, slants and stretches, plus a random shift. One
    move for the whole mini-batch is quick, and works as well as one move per image.
    """
    side = math.isqrt(len(x))
    centre = (side - 1) / 2  # as rows and columns are numbered from 0
    position = np.indices((side, side)).reshape(2, side * side) - centre  # row, column
    matrix = np.eye(2) + rng.uniform(-max_distortion, max_distortion, (2, 2))
    shift = rng.integers(-max_shift, max_shift, (2, 1), endpoint=True)
    source = np.rint(matrix @ position + centre + shift).astype(int)  # (2, n_x)
    inside = np.all((source >= 0) & (source < side), axis=0)  # (n_x,): in the old image
    source_row, source_column = source
    index = np.where(inside, source_row * side + source_column, 0)  # which row of x
    return x[index] * inside[:, np.newaxis]  # what lies outside counts as background


def train_step(x, y, parameters, velocity, learning_rate, momentum):
    """Update the network once, in place, from the images x and their labels y.

    The velocity is a running sum of gradients: at each update it is multiplied by the
    momentum, and the new gradients are added (Polyak, 1964). What many mini-batches
    agree on adds up, and their differences average out. With a momentum of 0.98, a
    gradient that stays the same adds up to 1 + 0.98 + 0.98² + ... = 50 times itself.
    That is why the learning rate is so low: 0.02 then works like 1 without momentum.
    """
    forward_cache = forward_propagation(x, parameters)
    gradients = backward_prop(x, y, parameters, forward_cache)
    for name, gradient in gradients.items():
        velocity[name] *= momentum
        velocity[name] += gradient
    update_parameters(parameters, velocity, learning_rate)  # instead of the gradients


def measure_cost(x, y, parameters):
    """Return the cost of at most 1,000 of the images, to save time."""
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
    learning_rate_decay=False,
    seed=0,
    report=lambda iteration, cost, parameters: None,
):
    """Train a network on the images x (n_x, m) and their labels y (n_y, m).

    The settings mean what they mean at the top of the file. With the defaults, this is
    plain gradient descent: one update per iteration, on all images, left as they are.
    Return the parameters and cost_list: the cost before the first iteration and after
    each one. Each time, report(iteration, cost, parameters) is called. Ctrl-C ends the
    training early and keeps what was learned. Raise FloatingPointError if the cost is
    no longer a number, or more than 20 times the first one.
    """
    x = np.asarray(x, np.result_type(x.dtype, np.float32))  # float32, or finer
    y = np.asarray(y, x.dtype)
    n_x, m = x.shape
    rng = np.random.default_rng(seed)
    parameters = initialize_parameters(n_x, n_h, len(y), activation, rng, x.dtype)
    names = ("w1", "b1", "w2", "b2")
    velocity = {f"d{name}": np.zeros_like(parameters[name]) for name in names}
    cost_list = [measure_cost(x, y, parameters)]
    try:
        report(0, cost_list[0], parameters)
        for iteration in range(iterations):
            rate = learning_rate
            if learning_rate_decay:
                rate = learning_rate * (1 - iteration / iterations)
            batches = [slice(None)]  # one batch with all images
            if batch_size:  # or the numbers of the images in random order, cut up
                shuffled = rng.permutation(m)
                batches = np.split(shuffled, range(batch_size, m, batch_size))
            for batch in batches:
                x_batch = x[:, batch]
                if max_shift or max_distortion:
                    x_batch = augment(x_batch, max_shift, max_distortion, rng)
                train_step(x_batch, y[:, batch], parameters, velocity, rate, momentum)
            cost = measure_cost(x, y, parameters)
            if not np.isfinite(cost) or cost > 20 * cost_list[0]:
                problem = f"The training diverged: the cost is {cost:.3g}."
                advice = f"Lower learning_rate, which is {learning_rate} now."
                raise FloatingPointError(f"{problem} {advice}")
            cost_list.append(cost)
            report(iteration + 1, cost, parameters)
    except KeyboardInterrupt:
        pass
    return parameters, cost_list


# ----------------------------------------------------------------- evaluation
def predict(x, parameters):
    """Return the most likely class of each image in x (n_x, m), as numbers (m,)."""
    return forward_propagation(x, parameters)["a2"].argmax(axis=0)


def accuracy(x, y, parameters):
    """Return the percentage of the images x that the network classifies correctly."""
    return 100 * float(np.mean(predict(x, parameters) == y.argmax(axis=0)))


# ----------------------------------------------------------------------- main
def main():
    """Load the images, train the network, print its accuracy and show the pictures."""
    settings = check_settings(globals())  # a dictionary of those at the top of the file
    folder = Path(globals().get("__file__", "")).parent  # "" in a notebook: no file
    x_train, y_train, x_test, y_test = load_data(folder / settings.pop("data_folder"))
    check_image_size(len(x_train), max_shift, max_distortion, own_digits)
    paths = [folder / name for name in settings.pop("own_digits")]
    digits = [read_picture(path, math.isqrt(len(x_train))) for path in paths]

    # The settings that are left are arguments of model.
    report = make_report(iterations)
    parameters, cost_list = model(x_train, y_train, **settings, report=report)
    if len(cost_list) <= iterations:
        print(f"Stopped in iteration {len(cost_list)} of {iterations}.".ljust(60))
    print(f"Accuracy of Train Dataset {accuracy(x_train, y_train, parameters):.1f} %")
    print(f"Accuracy of Test Dataset {accuracy(x_test, y_test, parameters):.1f} %")

    figures = [
        draw_cost(cost_list),
        draw_answers("training images", x_train, y_train, parameters, seed),
        draw_answers("test images", x_test, y_test, parameters, seed),
        draw_neurons(x_test, parameters),
    ]
    if digits:
        figures.append(show_own_digits(paths, digits, parameters))
    save_figures(figures, folder / "figures")
    open_pad(parameters)
    plt.show()


# ====== The lesson ends here. The rest serves it, and you can skip it. ======
# -------------------------------------------------- checks of settings and files
def is_whole(value, least):
    return type(value) is int and least <= value <= 10**9


def is_number(value, least, below):
    return type(value) in (int, float) and least <= value < below


def is_names(value):
    return type(value) is list and all(type(name) is str for name in value)


RULES = {  # for each setting: whether a value v is right, and what is expected
    "n_h": (lambda v: is_whole(v, 1), "a whole number from 1 up"),
    "learning_rate": (lambda v: v != 0 and is_number(v, 0, 1e9), "a number above 0"),
    "iterations": (lambda v: is_whole(v, 1), "a whole number from 1 up"),
    "activation": (lambda v: v in [*ACTIVATIONS], f"one of {[*ACTIVATIONS]}"),
    "batch_size": (lambda v: v is None or is_whole(v, 1), "1, 2, ... or None"),
    "momentum": (lambda v: is_number(v, 0, 1), "a number from 0 to below 1"),
    "max_shift": (lambda v: is_whole(v, 0), "a whole number from 0 up"),
    "max_distortion": (lambda v: is_number(v, 0, 1), "a number from 0 to below 1"),
    "learning_rate_decay": (lambda v: type(v) is bool, "True or False"),
    "seed": (lambda v: is_whole(v, 0), "a whole number from 0 up"),
    "data_folder": (lambda v: type(v) is str, 'the name of a folder, such as "."'),
    "own_digits": (is_names, 'a list of file names, such as ["seven.png"]'),
}


def check_settings(namespace):
    """Return the settings among these names; raise ValueError for a wrong one."""
    for name, (is_right, expected) in RULES.items():
        found = repr(namespace[name]) if name in namespace else "no such name"
        if name not in namespace or not is_right(namespace[name]):
            raise ValueError(
                f"neural_network.py, setting {name}: found {found}, "
                f"expected {expected}. Change it at the top of the file."
            )
    return {name: namespace[name] for name in RULES}


def check_image_size(n_x, max_shift, max_distortion, own_digits):
    """Raise ValueError if these settings don't go with images of n_x pixels."""
    side = math.isqrt(n_x)
    if side**2 != n_x and (max_shift or max_distortion or own_digits):
        raise ValueError(
            f"train_X.csv: found images of {n_x} pixels, expected square ones. Is a column"
            " the label? Move it to train_label.csv. If not, set max_shift = 0,"
            " max_distortion = 0 and own_digits = []."
        )
    if max_shift and max_shift >= side:
        raise ValueError(
            f"neural_network.py, setting max_shift: found {max_shift}, expected less than "
            f"{side}, the width of the images. Change it at the top of the file."
        )


def load_csv(path, highest):
    """Return the table in a CSV file; all its numbers must be from 0 to highest."""
    try:
        text = path.read_text("utf-8-sig", errors="replace")
    except OSError as error:
        problem = f"found {error.strerror}, expected a CSV file"
        raise ValueError(f"{path}: {problem}. Check data_folder.") from None
    lines = [line for line in text.split("\n") if line.strip()]
    if not lines:
        raise ValueError(f"{path}: found no rows, expected numbers between commas.")
    columns = np.array([line.count(",") + 1 for line in lines])
    usual = np.bincount(columns).argmax()
    row = np.argmax(columns != usual)  # the first one that differs, or else 0
    if columns[row] != usual:
        problem = f"found {columns[row]} columns, expected {usual} as in most rows"
        raise ValueError(f"{path}, row {row + 1}: {problem}. Mend or delete it.")
    has_decimals = any(mark in text for mark in ".eE")
    dtype = np.float32 if has_decimals else np.int32  # which loads five times as fast
    try:
        table = np.loadtxt(lines, dtype, comments=None, delimiter=",", ndmin=2)
    except ValueError:  # Some cell is no number. This is slow, but returns nan for it.
        table = np.genfromtxt(lines, delimiter=",", comments=None, ndmin=2)
    is_right = (table >= 0) & (table <= highest)
    if not is_right.all():
        row, column = np.argwhere(~is_right)[0]
        cell = lines[row].split(",")[column].strip()[:20]
        raise ValueError(
            f"{path}, row {row + 1}: found {cell!r} in column {column + 1}, expected a "
            f"number from 0 to {highest}. Mend it, or see README.md."
        )
    return table


def load_data(data_folder):
    """Return x_train, y_train, x_test, y_test from the four CSV files in a folder.

    Row i of a file becomes column i: x (n_x, m) holds pixels from 0 to 1, y (n_y, m)
    one-hot labels, in single precision. Raises ValueError if a file can't be used.
    """
    data = []
    for part in ("train", "test"):
        x_path = Path(data_folder, f"{part}_X.csv")
        y_path = Path(data_folder, f"{part}_label.csv")
        x, y = load_csv(x_path, 255), load_csv(y_path, 1)
        is_one_hot = (y.max(axis=1) == 1) & (y.sum(axis=1) == 1) & (y.shape[1] > 1)
        if not is_one_hot.all():
            row = is_one_hot.argmin() + 1
            problem = "found no one-hot label, expected a single 1 among 0s"
            raise ValueError(f"{y_path}, row {row}: {problem}. README.md tells more.")
        if len(x) != len(y):
            problem = f"found {len(x)} images and {len(y)} labels, expected one each"
            raise ValueError(f"{x_path} and {y_path.name}: {problem}. Mend them.")
        x, y = x.T.astype(np.float32), y.T.astype(np.float32)
        data += [x / np.float32(255) if x.max() > 1 else x, y]
    sizes = [len(table) for table in data]
    if sizes[2:] != sizes[:2]:
        problem = f"found {sizes[2:]} columns, expected {sizes[:2]} as for training"
        test_files = f"{Path(data_folder, 'test_X.csv')} and test_label.csv"
        raise ValueError(f"{test_files}: {problem}. Mend them.")
    return data


# -------------------------------------------------------- the student's own digits
def open_picture(path):
    """Return the picture in a file, upright, at most 200 pixels long, on paper."""
    try:
        with Image.open(path) as picture:
            if picture.mode.startswith("I"):  # 16 bits per pixel
                picture = picture.convert("I").point(lambda v: v / 257).convert("L")
            if picture.mode in ("1", "P"):  # numbers of colours, which have no mean
                picture = picture.convert("RGBA")
            picture.thumbnail((200, 200), Image.Resampling.BOX)
            return flatten(ImageOps.exif_transpose(picture).convert("RGBA"))
    except Exception as error:  # each kind of broken file raises another one
        found = getattr(error, "strerror", None) or "no picture"
        advice = "a PNG, JPEG, WebP, GIF or BMP file (save .heic as JPEG)"
        raise ValueError(f"{path}: found {found}, expected {advice}.") from error


def flatten(picture):
    """Return an RGBA picture on white or black paper, whichever shows more of it."""
    papers = [Image.new("RGBA", picture.size, colour) for colour in ("white", "black")]
    flat = [Image.alpha_composite(paper, picture).convert("RGB") for paper in papers]
    return max(flat, key=np.std)


def subtract_background(picture):
    """Return the ink (h, w) of a picture: how much darker than its paper it is, 0-1."""
    # The paper's brightness at a place is the median of the surroundings, because ink
    # covers less than half of them. On a small copy of the picture, this is quick.
    grey = picture.convert("L")
    small = np.pad(grey.resize((48, 48), Image.Resampling.BOX), 10, "symmetric")
    median = Image.fromarray(small).filter(ImageFilter.MedianFilter(21))
    background = median.crop((10, 10, 58, 58)).resize(grey.size)
    grey, background = np.asarray(grey) + 1.0, np.asarray(background) + 1.0  # never 0
    skewness = ((grey - background) ** 3).sum()  # what stands out: is it light or dark?
    if skewness > 0:  # light ink on dark paper: take the negative
        grey, background = 257 - grey, 257 - background
    ink = 1 - grey / background
    noise = -np.quantile(ink, 0.2)  # where ink is negative, there is nothing but noise
    threshold = max(4 * noise, 0.1)
    return np.where(ink > threshold, ink, 0)


def dilate(picture, times):
    """Return a grey picture whose bright parts have grown by so many pixels."""
    for _ in range(times):
        picture = picture.filter(ImageFilter.MaxFilter(3))
    return picture


def remove_lines(ink):
    """Return ink (h, w) without lines that run from the left border to the right."""
    height, width = ink.shape
    longer = max(height, width)
    row, column = np.indices(ink.shape)
    # Dilating closes the gaps of dotted lines.
    covered = np.asarray(dilate(Image.fromarray(np.uint8(ink > 0)), longer // 80))
    on_line = np.zeros(ink.shape, bool)
    for tilt in np.linspace(-height / 8, height / 8, 25):  # of a ruler at each height
        ruler = np.rint(row + tilt * (column / width - 0.5)).astype(int)
        ruler = ruler.clip(0, height - 1)
        inked_share = covered[ruler, column].mean(axis=1)
        on_line[ruler[inked_share > 0.9], column[0]] = True
    # An opening keeps strokes that cross a line: ink in which an upright bar fits.
    bar = range(longer // 30 + 1)
    eroded = np.all([np.roll(ink > 0, i, axis=0) for i in bar], axis=0)
    opened = np.any([np.roll(eroded, -i, axis=0) for i in bar], axis=0)
    return np.where(on_line & ~opened, 0, ink)


def connected_components(ink):
    """Return labels (h, w): a number for all ink that hangs together, 0 for no ink."""
    # At first, each pixel's label is its own number. Then each pixel looks for the
    # highest label around it, and takes the label that the pixel of that number has by
    # now. When nothing changes any more, a component has a single label.
    labels, before = np.arange(1, ink.size + 1).reshape(ink.shape) * (ink > 0), None
    while not np.array_equal(labels, before):
        highest = np.asarray(dilate(Image.fromarray(np.int32(labels)), 1)) * (ink > 0)
        before, labels = labels, np.append(0, labels)[highest]
    return labels


def select_components(ink):
    """Return ink (h, w) without parts that are small, far out or cut by the border."""
    labels = connected_components(ink)
    amount = np.bincount(labels.ravel(), ink.ravel())  # of ink in each component
    near_middle = np.outer(*[np.hanning(n + 2)[1:-1] for n in ink.shape])
    weight = np.bincount(labels.ravel(), (ink * near_middle).ravel())
    at_border = np.r_[labels[0], labels[-1], labels[:, 0], labels[:, -1]]
    amount[at_border] /= 100  # what the border cuts is hardly ever the digit
    weight[at_border] /= 100
    is_digit = (weight > weight.max() / 10) & (amount > ink.size / 4000)
    return np.where(is_digit[labels], ink, 0)


def normalize_digit(ink, side):
    """Return ink 0-1 (h, w) as an image like MNIST's: pixels 0-1 (side * side, 1)."""
    digit = Image.fromarray(np.uint8(255 * ink))
    length = max(digit.crop(digit.getbbox()).size)
    digit = ImageOps.expand(digit, length // 8 + 1)  # room for thicker strokes
    area, dilated_area = np.sum(digit), np.sum(dilate(digit, 1))
    half_width = area / (dilated_area - area)  # of a stroke, which grew on both sides
    radius = max(0, round(length / 18 - half_width))
    digit = dilate(digit, radius)
    # The digit's longer side is 20/28 of the image's, and its centre of mass is in the
    # middle (LeCun et al., "Gradient-based learning applied to document recognition").
    box = [round(side * 20 / 28)] * 2
    digit = digit.crop(digit.getbbox())
    digit = ImageOps.contain(digit, box, Image.Resampling.BICUBIC)
    width, height = digit.size
    centre_x = np.average(np.arange(width) + 0.5, weights=np.sum(digit, axis=0))
    centre_y = np.average(np.arange(height) + 0.5, weights=np.sum(digit, axis=1))
    left = min(max(0, round(side / 2 - centre_x)), side - width)
    top = min(max(0, round(side / 2 - centre_y)), side - height)
    image = Image.new("L", (side, side))
    image.paste(digit, (left, top))
    return np.reshape(image, (-1, 1)) / np.max(image)


def read_picture(path, side):
    """Return the picture in a file and the digit in it: pixels 0-1 (side * side, 1)."""
    picture = open_picture(path)
    ink = remove_lines(subtract_background(picture))
    ink = remove_lines(ink.T).T  # upright lines
    ink = select_components(ink)
    if not ink.any():
        problem = "found a blank picture, expected a digit"
        raise ValueError(f"{path}: {problem}. Write it larger or darker.")
    ink = (ink / np.median(ink[ink > 0])).clip(0, 1)
    return picture, normalize_digit(ink, side)


def read_digit(path, side=28):
    """Return the digit in a picture file as an image: pixels 0-1 (side * side, 1)."""
    return read_picture(path, side)[1]


# ------------------------------------------------------------------- pictures
def new_figure(name, title, size=(10, 6.5)):
    """Return a new figure, in place of one of that name from an earlier run."""
    plt.close(name)
    try:
        figure = plt.figure(name, size, layout="constrained")
    except ImportError:  # Matplotlib was told to use a screen, and there is none
        plt.switch_backend("agg")
        return new_figure(name, title, size)
    figure.suptitle(title)
    return figure


def show_image(axes, pixels, title, colours="gray_r", least=0):
    """Draw an image (n_x,) with pixels from least to 1, in these colours."""
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
    answer.set_title("the probability of each digit", fontsize=9)
    answer.set(xticks=range(len(chances)), ylim=(0, 1), box_aspect=1)
    drawn = given.imshow(picture, "gray_r", vmin=0, vmax=255)
    shown = show_image(seen, image, "what the network sees")
    return drawn, shown, answer.bar(range(len(chances)), chances)


def draw_cost(cost_list):
    """Draw the cost over the iterations."""
    figure = new_figure("cost", "The cost while the network learns")
    axes = figure.add_subplot()
    axes.plot(cost_list, marker="." if len(cost_list) < 20 else None)
    axes.set(xlabel="iterations", ylabel="cost (logarithmic scale)", yscale="log")
    axes.grid(which="both", alpha=0.3)
    return figure


def draw_answers(name, x, y, parameters, seed):
    """Draw up to 32 of the images x: the 8 most confident mistakes, then any others."""
    title = f"{name.capitalize()} and the network's answers, with mistakes in red"
    figure = new_figure(name.replace(" ", "_"), title)
    a2 = forward_propagation(x, parameters)["a2"]
    answer, confidence, right = a2.argmax(axis=0), a2.max(axis=0), y.argmax(axis=0)
    mistakes = np.flatnonzero(answer != right)
    worst = mistakes[np.argsort(-confidence[mistakes])[:8]]
    order = np.random.default_rng(seed).random(len(answer))
    order[worst] = -confidence[worst]  # below 0, and so before all others
    for place, i in enumerate(np.argsort(order)[:32], 1):
        text, colours = f"{answer[i]} ({confidence[i]:.0%})", "Blues"
        if answer[i] != right[i]:
            text, colours = f"{answer[i]}, not {right[i]} ({confidence[i]:.0%})", "Reds"
        show_image(figure.add_subplot(4, 8, place), x[:, i], text, colours)
    return figure


def draw_neurons(x, parameters):
    """Draw the weights of the 32 hidden neurons that matter most for the images x."""
    title = "What hidden neurons look for: ink where it is red, no ink where it is blue"
    figure = new_figure("hidden_neurons", title)
    w1, w2 = parameters["w1"], parameters["w2"]
    a1 = forward_propagation(x, parameters)["a1"]
    influence = a1.std(axis=1) * np.abs(w2).max(axis=0)  # how much it varies and counts
    for place, j in enumerate(np.argsort(-influence)[:32], 1):
        text = f"for {w2[:, j].argmax()}, against {w2[:, j].argmin()}"
        weights = w1[j] / np.abs(w1[j]).max()
        show_image(figure.add_subplot(4, 8, place), weights, text, "bwr", -1)
    return figure


def show_own_digits(paths, digits, parameters):
    """Print and draw what the network reads in the pictures from read_picture."""
    size = (7, min(max(3, 2.2 * len(digits)), 12))
    figure = new_figure("own_digits", "Your own digits", size)
    rows = figure.subplots(len(digits), 3, squeeze=False)
    for path, (picture, image), row in zip(paths, digits, rows):
        chances = forward_propagation(image, parameters)["a2"][:, 0]
        answer = f"{chances.argmax()} ({100 * chances.max():.1f} %)"
        print(f"Our model says {path.name} is : {answer}")
        show_reading(row, path.name, picture, image[:, 0], chances)
    return figure


def save_figures(figures, folder):
    """Save the figures in the folder, as PNG files."""
    try:
        folder.mkdir(exist_ok=True)
        for figure in figures:
            path = folder / f"{figure.get_label()}.png"
            figure.savefig(path)
            print(f"Picture saved: {path}")
    except OSError as error:
        print(f"{folder}: found {error.strerror}. The pictures can't be saved there.")


def open_pad(parameters):
    """If there is a screen, open a window in which the network reads what one draws."""
    n_y, n_x = len(parameters["b2"]), parameters["w1"].shape[1]
    side = math.isqrt(n_x)
    if side**2 != n_x or not plt.gcf().canvas.required_interactive_framework:
        return
    title = "Draw a digit with the left mouse button held down"
    with plt.rc_context({"toolbar": "None"}):  # its tools would be in the way
        figure = new_figure("pad", title, (10, 4.5))
    row = figure.subplots(1, 3)
    sheet = Image.new("L", (200, 200))
    pen = ImageDraw.Draw(sheet)
    stroke, rest_until = [], [0]  # the stroke's points; when to draw the window again
    blank = np.zeros(n_x), np.zeros(n_y)
    drawn, seen, bars = show_reading(row, "your digit", sheet, *blank)
    button = Button(figure.add_axes([0.08, 0.02, 0.2, 0.09]), "Clear (or right click)")
    frames = [spine for axes in row for spine in axes.spines.values()]
    plt.setp(frames, linewidth=72 / figure.dpi)  # a pixel: no soft edges that add up

    def clear():
        sheet.paste(0, (0, 0, 200, 200))

    def draw_to(x, y):
        stroke.append((x, y))
        pen.line(stroke[-2:], 255, 16)
        pen.ellipse([x - 8, y - 8, x + 8, y + 8], 255)

    def refresh():
        start = time.monotonic()
        image, chances = blank
        if sheet.getbbox():
            image = normalize_digit(np.asarray(sheet) / 255, side)
            chances = forward_propagation(image, parameters)["a2"][:, 0]
        drawn.set_data(sheet)
        seen.set_data(image.reshape(side, side))
        for bar, chance in zip(bars, chances):
            bar.set(height=chance, color="C1" if chance == chances.max() else "C0")
        for artist in (drawn, seen, row[2].patch, *bars, *frames):  # what has changed
            figure.draw_artist(artist)
        figure.canvas.blit()  # quick enough for a quick hand
        if hasattr(figure.canvas, "queue_draw"):  # GTK, whose version 4 can't blit
            figure.canvas.queue_draw()
        rest_until[0] = 2 * time.monotonic() - start  # or mouse events would get lost

    def on_mouse(event):
        is_press = event.name == "button_press_event"
        is_drawing = event.button == 1 and event.inaxes is row[0]
        if is_press or not is_drawing:
            stroke.clear()
        if is_press and (event.button == 3 or event.inaxes is button.ax):
            clear()
        elif is_drawing:
            draw_to(event.xdata, event.ydata)
        else:
            return
        if event.name != "motion_notify_event" or time.monotonic() >= rest_until[0]:
            refresh()

    for name in ("button_press_event", "motion_notify_event", "button_release_event"):
        figure.canvas.mpl_connect(name, on_mouse)


# ------------------------------------------------------------- progress and start
def make_report(iterations):
    """Return a report for model. It prints costs and, in a terminal, the time left."""
    start = time.monotonic()
    # IDLE and notebooks have a stdout of their own, which can't overwrite a line.
    in_terminal = hasattr(sys.stdout, "reconfigure") and sys.stdout.isatty()
    columns = shutil.get_terminal_size().columns or 80  # Python 3.10 may say 0
    width = min(60, columns - 1) if in_terminal else 0

    def report(iteration, cost, parameters):
        if iteration in [tenth * iterations // 10 for tenth in range(11)]:
            print(f"Cost after {iteration} iterations is : {cost:.4f}".ljust(width))
        if in_terminal and 0 < iteration < iterations:
            seconds = time.monotonic() - start
            seconds_left = seconds / iteration * (iterations - iteration)
            status = f"Iteration {iteration} of {iterations}, {seconds_left:.0f} s left"
            print(status.ljust(width)[:width] + "\r", end="", flush=True)

    return report


if __name__ == "__main__":
    if hasattr(sys.stdout, "reconfigure"):  # lines at once, and odd letters as codes
        sys.stdout.reconfigure(errors="backslashreplace", line_buffering=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as: a font lacks a letter
            main()
    except (ValueError, FloatingPointError, OSError) as error:
        sys.exit(str(error))
    except (MemoryError, OverflowError) as error:
        sys.exit(f"Out of memory ({error}): lower n_h, or set a smaller batch_size.")
    except KeyboardInterrupt:
        sys.exit("Stopped.")
