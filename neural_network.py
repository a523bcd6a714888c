"""A two-layer neural network that learns to read handwritten digits, in NumPy.

Run this file: it trains the network on 4,000 digits, prints its accuracy on
1,000 digits it has never seen, and shows pictures. Then read it, from here to
the end of `main`. Each part builds on those above it, and `main` puts them
together. The few other functions that they call stand below the lesson.

An image is stored as one column of numbers: its pixels, read line by line like
a page, each from 0 (background) to 1 (full ink). A matrix x of shape (n_x, m)
holds m images side by side, with one row per pixel. The right answers, called
labels, form y (n_y, m), with one row per class, here the ten digits. Column i
has a 1 in the row of the class that image i shows, and 0 elsewhere; such
labels are called one-hot.

A neuron multiplies each of its inputs by a weight, adds up the products, and
adds one more number, its bias. This sum z goes through a curve, the neuron's
activation, and becomes its output a. A layer is a group of neurons with the
same inputs. The first layer, called hidden, looks at the pixels. The second,
the output layer, looks at the outputs of the first. Its activation, softmax,
is no curve: it takes all sums of the layer together, and turns them into one
probability per class.

At first the weights are random, so the network can only guess. The cost
measures how wrong its answers are. Training changes the weights and biases so
that the cost falls. For each of them it needs the slope of the cost along it:
how much the cost changes if this one number grows a little, divided by how
much the number grew. (In calculus: the partial derivative.) One update runs
some images forward through the network, goes backward to find all the slopes
at once, and moves every weight and bias a little downhill. The images of one
update are a mini-batch: 128 images, drawn at random. When all 4,000 have had
their turn, after 32 updates (the last has only 32 images), one iteration is
over. (Many books call that an epoch, and a single update an iteration.)
"""

import os
import sys

# Imports: you can skip the unusual lines. They are for computers on which
# something isn't as it should be; the end of this file tells what to do.
backend = failed_import = None
if "matplotlib" not in sys.modules:
    backend = os.environ.pop("MPLBACKEND", None)
try:
    import difflib
    import math
    import time
    import warnings
    from contextlib import redirect_stderr
    from io import StringIO
    from pathlib import Path
    from statistics import mode

    with redirect_stderr(StringIO()):  # or NumPy may print a page of errors
        import matplotlib.pyplot as plt
        import numpy as np
        from matplotlib.figure import Figure
        from matplotlib.ticker import LogLocator, MaxNLocator
        from matplotlib.widgets import Button
        from numpy.random import default_rng
        from PIL import Image, ImageDraw, ImageFilter, ImageOps
except BaseException as error:
    failed_import = error

# ------------------------------------------------------------------- settings
# To change one, edit it, save the file and run it again. Put text in quotes
# ("relu"), and write decimals with a point (0.02).
n_h = 1000  # number of hidden neurons
learning_rate = 0.02  # how far an update moves the weights and biases
iterations = 100  # number of passes over the training images
activation = "tanh"  # curve of the hidden neurons: "tanh" or "relu"
batch_size = 128  # images per mini-batch; None: all images at once
momentum = 0.98  # how much of earlier updates lives on in the next; 0: nothing
max_shift = 1  # shift training images by up to this many pixels; 0: don't
max_distortion = 0.3  # turn, slant, stretch by up to this share; 0: don't
learning_rate_decay = True  # lower the learning rate step by step towards 0
seed = 0  # where the random numbers start: the same seed, the same result
data_folder = "."  # where the four CSV files are, as seen from this file
own_digits = []  # picture files of your own digits, such as ["seven.png"]


# ---------------------------------------------------------------- activations
# An activation gives a neuron's output a = activation(z). Without it, two
# layers with the weights w1 and w2 would collapse into a single layer, because
# w2 (w1 x) = (w2 w1) x. Going backward needs the slope of a along z, too. Both
# slopes below can be written with a, which is known by then. So a derivative
# takes a, not z, and nothing is computed twice.
def tanh(z):
    """Return the hyperbolic tangent of z, an S-shaped curve from -1 to 1."""
    return np.tanh(z)


def tanh_derivative(a):
    """Return the slope of a = tanh(z) along z: 1 - tanh(z)², or 1 - a²."""
    return 1 - a**2


def relu(z):
    """Return z where it is positive, else 0: the rectified linear unit."""
    return np.maximum(z, 0)


def relu_derivative(a):
    """Return the slope of a = relu(z) along z: 1 if a > 0, and else 0."""
    return (a > 0).astype(a.dtype)


ACTIVATIONS = {
    "tanh": (tanh, tanh_derivative),
    "relu": (relu, relu_derivative),
}


def softmax(z):
    """Turn each column of z (n_y, m) into probabilities.

    Raising e to the power of each number makes all of them positive. Dividing
    these powers by their sum makes them add up to 1.
    """
    # Subtracting a column's maximum divides all its powers by the same number,
    # which cancels out. It only keeps them from getting too large to store.
    powers = np.exp(z - z.max(axis=0))
    return powers / powers.sum(axis=0)


# -------------------------------------------------------------------- network
LEARNED = ("w1", "b1", "w2", "b2")  # the parameters that training changes


def initialize_parameters(n_x, n_h, n_y, activation, rng):
    """Return the parameters of an untrained network: its weights and biases.

    Row j of w1 (n_h, n_x) holds the weights of hidden neuron j, one per pixel;
    row j of b1 (n_h, 1) is its bias. w2 (n_y, n_h) and b2 (n_y, 1) are the
    same for the output neurons. rng is one of NumPy's random generators. All
    numbers are in single precision (float32): 7 digits are enough to learn.
    """
    # The weights are random, because neurons that start out identical would
    # get the same slopes and stay identical. A sum of n random numbers of size
    # 1 has a size of about √n, so the weights are divided by √n: far from 0,
    # tanh is flat and its slopes vanish (LeCun et al., "Efficient BackProp",
    # 1998). The factor of 2.5 makes up for the many pixels that are 0.
    w1 = rng.standard_normal((n_h, n_x)) * 2.5 / np.sqrt(n_x)
    # 0.1 keeps the first answers undecided: all classes about equally likely.
    w2 = rng.standard_normal((n_y, n_h)) * 0.1 / np.sqrt(n_h)
    return {
        "w1": w1.astype(np.float32),
        "b1": np.zeros((n_h, 1), np.float32),
        "w2": w2.astype(np.float32),
        "b2": np.zeros((n_y, 1), np.float32),
        "activation": activation,  # the name of the hidden neurons' curve
    }


def forward_propagation(x, parameters):
    """Return the network's answer a2 to images x (n_x, m), and its steps.

    z1 (n_h, m) holds the hidden neurons' sums, and a1 (n_h, m) their outputs.
    z2 and a2 (n_y, m) are the same for the output neurons. a2[c, i] is the
    probability that image i shows class c.
    """
    activate, _ = ACTIVATIONS[parameters["activation"]]
    z1 = parameters["w1"] @ x + parameters["b1"]  # b1 is added to each column
    a1 = activate(z1)
    z2 = parameters["w2"] @ a1 + parameters["b2"]
    a2 = softmax(z2)
    return {"z1": z1, "a1": a1, "z2": z2, "a2": a2}


def cost_function(a2, y):
    """Return the cost: how wrong the answers a2 (n_y, m) are, given labels y.

    An image costs -log (the natural logarithm) of the probability that the
    network gave to its right class: 0 if the network is sure of the right
    class, log(n_y) if it has no idea, and more if it is sure of a wrong one.
    The cost, called cross-entropy, is the average over the m images.
    """
    m = y.shape[1]
    log_a2 = np.log(np.maximum(a2, np.finfo(a2.dtype).tiny))  # never log(0)
    return float(-1 / m * np.sum(y * log_a2))  # y picks out the right class


def backward_prop(x, y, parameters, forward_cache):
    """Return the gradients dw1, db1, dw2, db2: the slopes of the cost.

    dw1[j, p] is the slope of the cost along w1[j, p], and so on: a gradient
    has the shape of its parameter. forward_cache is what forward_propagation
    returned for the images x. The chain rule gives the slopes layer by layer,
    from the output back to the input. This is backpropagation (Rumelhart,
    Hinton and Williams, "Learning representations by back-propagating
    errors", 1986).

    The d in a name has two meanings. Column i of dz2, da1 and dz1 holds the
    slopes of image i's own cost along the numbers in column i of z2, a1 and
    z1. dw1, db1, dw2 and db2 hold the slopes of the average cost along the
    parameters: the sums of the m images' own slopes, divided by m.
    """
    a1 = forward_cache["a1"]
    a2 = forward_cache["a2"]
    w2 = parameters["w2"]
    _, activation_derivative = ACTIVATIONS[parameters["activation"]]
    m = x.shape[1]

    # Take one image, leave out its number i, and let k be its right class.
    # Softmax makes a2[k] a quotient, and the log of a quotient is a
    # difference, so the image costs
    #     -log(a2[k]) = -log(exp(z2[k]) / sum(exp(z2)))
    #                 = log(sum(exp(z2))) - z2[k].
    # Now let c be any class, and change z2[c]. The slope of log(s) along s is
    # 1/s, and the slope of the sum along z2[c] is exp(z2[c]). So the slope of
    # the first term along z2[c] is exp(z2[c]) / sum(exp(z2)), which is a2[c].
    # The slope of z2[k] along z2[c] is 1 if c is k, and else 0: that is y[c].
    # The first minus the second, for all classes and images:
    dz2 = a2 - y  # (n_y, m): the answer minus the right answer

    # z2[c, i] contains w2[c, j] * a1[j, i], so its slope along w2[c, j] is
    # a1[j, i]. The chain rule multiplies it by the slope of image i's cost
    # along z2[c, i]. On average over all images,
    #     dw2[c, j] = 1/m * (sum over images i of dz2[c, i] * a1[j, i]).
    # That is row c of dz2 times row j of a1, entry by entry. A matrix product
    # takes rows times columns, so a1 must be transposed.
    dw2 = (1 / m * dz2) @ a1.T  # (n_y, n_h)
    # z2[c, i] contains the bias b2[c] as it is, so its slope along b2[c] is 1.
    # In place of the products, row c of dz2 itself is added up.
    db2 = 1 / m * dz2.sum(axis=1, keepdims=True)  # (n_y, 1): kept a column

    # Hidden neuron j reaches the cost through all output neurons, as every
    # z2[c, i] contains w2[c, j] * a1[j, i]. The slopes of the cost along
    # a1[j, i] through each of them add up:
    #     da1[j, i] = sum over classes c of w2[c, j] * dz2[c, i].
    # That is column j of w2 times column i of dz2, so w2 must be transposed.
    da1 = w2.T @ dz2  # (n_h, m)
    # a1[j, i] depends on z1[j, i] alone. So the chain rule multiplies da1,
    # entry by entry, by the slope of a1 along z1.
    dz1 = da1 * activation_derivative(a1)  # (n_h, m)
    # The first layer is like the second, with the pixels as its inputs:
    #     dw1[j, p] = 1/m * (sum over images i of dz1[j, i] * x[p, i]).
    dw1 = (1 / m * dz1) @ x.T  # (n_h, n_x)
    db1 = 1 / m * dz1.sum(axis=1, keepdims=True)  # (n_h, 1)
    return {"dw1": dw1, "db1": db1, "dw2": dw2, "db2": db2}


def measure_gradients(x, y, parameters):
    """Return the gradients of backward_prop, measured, not calculated.

    To measure a slope, make one number a little larger, then a little smaller,
    and divide the difference in the cost by that in the number. No calculus is
    needed, so this tells whether the equations in backward_prop are right. But
    it takes two forward propagations for each number, and the network that
    main trains has 795,010 of them. Training can't wait for that at every
    update: backward_prop finds all slopes in about the time of one forward
    propagation.
    """
    h = 1e-5  # "a little"
    measured = {}
    for name in LEARNED:
        values = parameters[name]
        slopes = np.zeros(values.shape)
        for place, value in np.ndenumerate(values):  # place is (row, column)
            values[place] = value + h
            cost_above = cost_function(
                forward_propagation(x, parameters)["a2"], y
            )
            values[place] = value - h
            cost_below = cost_function(
                forward_propagation(x, parameters)["a2"], y
            )
            values[place] = value
            slopes[place] = (cost_above - cost_below) / (2 * h)
        measured["d" + name] = slopes
    return measured


def check_gradients(activation):
    """Print a line for each gradient of backward_prop that is wrong.

    If all are right, print nothing. The check measures the slopes of a tiny
    network with five hidden neurons, for six images of four pixels and three
    classes. All its numbers are random, whatever initialize_parameters does,
    and have 16 digits (float64), because the costs differ by very little.
    """
    # With this seed, the sums of ReLU lie on both sides of its corner at 0,
    # but none so near that a little more or less would carry it across.
    rng = default_rng(143)
    x = rng.random((4, 6))
    y = np.eye(3)[:, [0, 1, 2, 0, 1, 2]]  # one-hot labels of these classes
    parameters = initialize_parameters(4, 5, 3, activation, default_rng(0))
    for name in LEARNED:
        parameters[name] = rng.standard_normal(parameters[name].shape)
    forward_cache = forward_propagation(x, parameters)
    gradients = backward_prop(x, y, parameters, forward_cache)
    for name, measured in measure_gradients(x, y, parameters).items():
        gradient = gradients[name]
        if gradient.shape != measured.shape:
            print(
                f"Gradient check: {name} is {gradient.shape}, "
                f"but should be {measured.shape}."
            )
        elif not np.allclose(gradient, measured, rtol=1e-5, atol=1e-7):
            worst = np.argmax(np.abs(gradient - measured))
            row, column = np.unravel_index(worst, measured.shape)
            print(
                f"Gradient check: {name}[{row}, {column}] is "
                f"{gradient[row, column]:.5f} in backward_prop, "
                f"but measured {measured[row, column]:.5f}."
            )


def update_parameters(parameters, gradients, learning_rate):
    """Move each parameter a little downhill: gradient descent.

    Where the slope of the cost along a number is positive, the cost falls if
    the number shrinks; where it is negative, if it grows. Subtracting the
    slope does both. (train_step passes a running sum of gradients instead.)
    """
    for name in LEARNED:
        parameters[name] -= learning_rate * gradients["d" + name]
    return parameters


# ------------------------------------------------------------------- training
def train_step(x, y, parameters, velocity, learning_rate, momentum):
    """Update the network once, in place, from the images x and their labels y.

    Plain gradient descent would subtract the learning rate times the
    gradients. Here, it is the learning rate times the velocity: a running sum
    of gradients, which is multiplied by the momentum before the new gradients
    are added (Polyak, 1964). What many mini-batches agree on adds up in it,
    and what they disagree on mostly cancels out. With a momentum of 0.98, a
    gradient that stays the same adds up to 1 + 0.98 + 0.98² + ... = 50 times
    itself. That is why the learning rate is so low: 0.02 then works like 1
    without momentum.
    """
    forward_cache = forward_propagation(x, parameters)
    gradients = backward_prop(x, y, parameters, forward_cache)
    for name, gradient in gradients.items():
        velocity[name] *= momentum
        velocity[name] += gradient
    update_parameters(parameters, velocity, learning_rate)


def measure_cost(x, y, parameters):
    """Return the cost of at most 1,000 of the images, to save time."""
    spacing = math.ceil(x.shape[1] / 1000)
    a2 = forward_propagation(x[:, ::spacing], parameters)["a2"]
    return cost_function(a2, y[:, ::spacing])


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
    report=None,
):
    """Train a network on the images x (n_x, m) and their labels y (n_y, m).

    The top of the file explains the settings. With the defaults here, this is
    plain gradient descent: one update per iteration, on all images, left as
    they are. All numbers are in single precision. Return the parameters and
    cost_list: the cost (of at most 1,000 images) before the first iteration
    and after each one, when report(iteration, cost, parameters) is called.
    Ctrl-C ends the training early and keeps what was learned. Raise InputError
    if the training diverges, that is, if the cost grows out of bounds.
    """
    x = x.astype(np.float32, copy=False)
    y = y.astype(np.float32, copy=False)
    n_x, m = x.shape
    report = report or say_nothing
    rng = default_rng(seed)
    parameters = initialize_parameters(n_x, n_h, len(y), activation, rng)
    velocity = {
        "d" + name: np.zeros_like(parameters[name]) for name in LEARNED
    }
    cost_list = [measure_cost(x, y, parameters)]
    try:
        report(0, cost_list[0], parameters)
        for iteration in range(iterations):
            rate = learning_rate
            if learning_rate_decay:
                rate = learning_rate * (1 - iteration / iterations)
            order = rng.permutation(m) if batch_size else np.arange(m)
            size = batch_size or m
            for start in range(0, m, size):
                batch = order[start : start + size]  # numbers of images
                x_batch, y_batch = x[:, batch], y[:, batch]
                # Images that are never the same can't be memorised. This
                # lifts the accuracy on new images from 93 to 98 %.
                if max_shift or max_distortion:
                    x_batch = augment(x_batch, max_shift, max_distortion, rng)
                train_step(
                    x_batch, y_batch, parameters, velocity, rate, momentum
                )
            cost = measure_cost(x, y, parameters)
            stop_if_diverged(cost, cost_list[0], learning_rate)
            cost_list.append(cost)
            report(iteration + 1, cost, parameters)
    except KeyboardInterrupt:  # Ctrl-C
        pass
    return parameters, cost_list


# ----------------------------------------------------------------- evaluation
def predict(x, parameters):
    """Return the most likely class of each image in x (n_x, m), as (m,)."""
    return forward_propagation(x, parameters)["a2"].argmax(axis=0)


def accuracy(x, y, parameters):
    """Return the percentage of the images x that are classified correctly."""
    return 100 * float(np.mean(predict(x, parameters) == y.argmax(axis=0)))


# ----------------------------------------------------------------------- main
def main():
    """Load the images, train the network, and show what it has learned."""
    # globals() holds all names in this file, the settings among them.
    check_settings(globals())
    x_train, y_train, x_test, y_test = load_data(beside_script(data_folder))
    side = math.isqrt(len(x_train))  # the images' width and height in pixels
    paths = [beside_script(name) for name in own_digits]
    digits = [read_digit(path, side) for path in paths]

    check_gradients(activation)
    parameters, cost_list = model(
        x_train,
        y_train,
        n_h,
        learning_rate,
        iterations,
        activation,
        batch_size,
        momentum,
        max_shift,
        max_distortion,
        learning_rate_decay,
        seed,
        report=make_report(iterations),
    )
    comment_on(cost_list, iterations)
    train_accuracy = accuracy(x_train, y_train, parameters)
    test_accuracy = accuracy(x_test, y_test, parameters)
    print(f"Accuracy of Train Dataset {train_accuracy:.1f} %")
    print(f"Accuracy of Test Dataset {test_accuracy:.1f} %")
    compare(train_accuracy, test_accuracy)
    for path, digit in zip(paths, digits):
        answer = describe_answer(digit, parameters)
        print(f"Our model says {path.name} is : {answer}")

    with plt.style.context("default"):  # whatever style the reader has set
        figures = [
            draw_cost(cost_list),
            draw_answers("training", x_train, y_train, parameters, seed),
            draw_answers("test", x_test, y_test, parameters, seed),
            draw_neurons(x_test, parameters),
        ]
        save_figures(figures, beside_script("figures"))
        if own_digits:
            figures.append(draw_own_digits(paths, digits, parameters))
            save_figures(figures[-1:], beside_script("figures"))
    if has_screen():
        open_pad(parameters)
        print("Close all windows to end.")
    show_windows(figures)  # in any case: a notebook shows them below its cell


# ====== The lesson ends here. The rest serves it, and you can skip it. ======


# -------------------------------------------------- what main and model call
class InputError(ValueError):
    """A setting, a file or a picture is wrong; the message is one line."""


def beside_script(name):
    """Return the path of a file or folder, as seen from this script."""
    try:
        folder = Path(__file__).parent
    except NameError:  # pasted into a notebook: as seen from its folder
        folder = Path()
    return folder / os.path.expanduser(name)


def augment(x, max_shift, max_distortion, rng):
    """Return the square images x (n_x, m), all moved in the same random way.

    A digit that has moved a little is still the same digit, so one image can
    stand for many. Moving each old pixel to a new place would leave gaps. So
    this goes the other way: for each new pixel, it finds the old pixel to
    copy, called its source. That is a random matrix times the new pixel's
    position, counted from the centre, plus a random shift. The matrix turns,
    slants and stretches: its entries differ by up to max_distortion from those
    of the matrix that changes nothing, [[1, 0], [0, 1]]. One move for a whole
    mini-batch is quick, and works as well as one move per image.
    """
    side = math.isqrt(len(x))
    centre = (side - 1) / 2  # as rows and columns are numbered from 0
    # The rows and columns of all pixels, one column per pixel. For 28 by 28
    # pixels, position is [[-13.5, -13.5, -13.5, ...], [-13.5, -12.5, ...]].
    position = np.indices((side, side)).reshape(2, -1) - centre  # (2, n_x)
    change = rng.uniform(-max_distortion, max_distortion, (2, 2))
    shift = rng.integers(-max_shift, max_shift, (2, 1), endpoint=True)
    source = (np.eye(2) + change) @ position + centre + shift
    source = np.rint(source).astype(int)  # (2, n_x): rounded to whole pixels
    inside = np.all((source >= 0) & (source < side), axis=0)  # (n_x,)
    row, column = np.where(inside, source, 0)
    # Pixel (row, column) is row (row * side + column) of x. What comes from
    # outside the old image is background, 0.
    return x[row * side + column] * inside[:, np.newaxis]


def stop_if_diverged(cost, first_cost, learning_rate):
    """Raise InputError if the cost is no number, or 20 times the first one.

    The rough start of a training that goes well stays far below that.
    """
    if not np.isfinite(cost) or cost > 20 * first_cost:
        raise InputError(
            f"The training diverged: the cost is {cost:.3g}. Lower "
            f"learning_rate, which is {learning_rate} now."
        )


def say_nothing(iteration, cost, parameters):
    """Report nothing: what model calls if it is given no other report."""


def make_report(iterations):
    """Return a report for model: it prints costs and, in a terminal, a status.

    The status is shorter than the script's own lines, which hide it.
    """
    start = time.monotonic()
    # IDLE and notebooks have a stdout of their own, which can't go back to the
    # start of a line.
    in_terminal = hasattr(sys.stdout, "reconfigure") and sys.stdout.isatty()

    def report(iteration, cost, parameters):
        if iteration in [tenth * iterations // 10 for tenth in range(11)]:
            print(f"Cost after {iteration} iterations is : {cost:.4f}")
        if in_terminal and 0 < iteration < iterations:
            seconds = time.monotonic() - start
            seconds_left = seconds / iteration * (iterations - iteration)
            status = f"{iteration} of {iterations}, {seconds_left:.0f} s left"
            print(f"{status:28}\r", end="", flush=True)

    return report


def comment_on(cost_list, iterations):
    """Say if the training was stopped, or if it didn't lower the cost."""
    if len(cost_list) <= iterations:
        print(f"Stopped in iteration {len(cost_list)} of {iterations}.")
    elif cost_list[-1] >= 0.95 * cost_list[0]:
        print(
            f"The cost has not really fallen: it was {cost_list[0]:.4f} at "
            f"first and is {cost_list[-1]:.4f} now. Try a lower "
            "learning_rate, or a higher one if the cost fell slowly but "
            "steadily. Then look at the data: figures/training_images.png."
        )


def compare(train_accuracy, test_accuracy):
    """Say if new images are read much worse than those of the training."""
    if test_accuracy < train_accuracy / 2:
        print(
            "The network has memorised the training images, or the test files "
            "don't fit: do all images stand upright, light on black, and in "
            "the order of their labels?"
        )


# --------------------------------------------- checks of settings and files
def is_whole(value, least):
    """Return whether a value is a whole number from least to LIMIT."""
    return type(value) is int and least <= value <= LIMIT


def is_number(value, least, below):
    """Return whether a value is a number from least to less than below."""
    return type(value) in (int, float) and least <= value < below


def is_name(value):
    """Return whether a value is text without control characters."""
    return type(value) is str and all(letter >= " " for letter in value)


def are_names(value):
    """Return whether a value is a list of names."""
    return type(value) is list and all(is_name(name) for name in value)


# For each setting: whether a value v is right, and what is expected.
LIMIT = 10**9
COUNT = (lambda v: is_whole(v, 1), f"a whole number from 1 to {LIMIT}")
SIZE = (lambda v: is_whole(v, 0), f"a whole number from 0 to {LIMIT}")
SHARE = (lambda v: is_number(v, 0, 1), "a number from 0 to below 1")
RULES = {
    "n_h": COUNT,
    "learning_rate": (
        lambda v: is_number(v, 0, LIMIT) and v > 0,
        f"a number above 0 and below {LIMIT}",
    ),
    "iterations": COUNT,
    "activation": (lambda v: v in [*ACTIVATIONS], f"one of {[*ACTIVATIONS]}"),
    "batch_size": (
        lambda v: v is None or is_whole(v, 1),
        f"a whole number from 1 to {LIMIT}, or None",
    ),
    "momentum": SHARE,
    "max_shift": SIZE,
    "max_distortion": SHARE,
    "learning_rate_decay": (lambda v: type(v) is bool, "True or False"),
    "seed": SIZE,
    "data_folder": (
        is_name,
        'a folder\'s name, such as ".", with / and no \\',
    ),
    "own_digits": (
        are_names,
        'a list of files, such as ["digits/seven.png"], with / and no \\',
    ),
}


def check_settings(namespace):
    """Raise InputError if a setting among these names is missing or wrong."""
    for name, (is_right, expected) in RULES.items():
        found = repr(namespace[name]) if name in namespace else "no such name"
        if name not in namespace or not is_right(namespace[name]):
            raise InputError(
                f"neural_network.py, setting {name}: found {found}, expected "
                f"{expected}. Change it at the top of the file."
            )


def shorten(text, most=20):
    """Return text, cut off after so many letters if it is longer."""
    return text if len(text) <= most else text[:most] + "…"


def explain(error):
    """Return in one line what an exception says."""
    text = (getattr(error, "strerror", None) or str(error)).strip()
    return (text or repr(error)).splitlines()[0].rstrip(".")


def suggest(path):
    """Return a question that names what is there instead of a missing path."""
    if os.path.exists(path):
        return ""
    while not os.path.isdir(path.parent):  # perhaps a whole folder is missing
        if path == path.parent:  # a drive of Windows that isn't there
            return ""
        path = path.parent
    try:
        names = os.listdir(path.parent)
    except OSError:  # the folder can't be listed
        return ""
    # A name's start tells: another case, another or a hidden second ending.
    starts = {name.split(".")[0].lower(): name for name in names}
    wanted = path.name.split(".")[0].lower()
    alike = difflib.get_close_matches(wanted, starts, 1, cutoff=0.8)
    return f" Did you mean {starts[alike[0]]}?" if alike else ""


def parse(lines):
    """Return the numbers in lines of CSV text as a table (rows, columns)."""
    return np.loadtxt(lines, np.float32, comments=None, delimiter=",", ndmin=2)


def parse_csv(path, lines):
    """Return the numbers in a file's lines; raise InputError at a bad cell."""
    try:
        return parse(lines)
    except ValueError:  # which cell is it?
        pass
    for row, line in enumerate(lines, 1):
        try:
            parse([line])
        except ValueError:
            break
    for column, cell in enumerate(line.split(","), 1):
        try:
            parse([cell + ",0"])  # an empty cell is wrong only beside another
        except ValueError:
            break
    advice = "Mend this cell."
    if row == 1:
        advice = "Is it a header, an Excel file or text that isn't UTF-8?"
    raise InputError(
        f"{path}, row {row}: found {shorten(cell)!r} in column {column}, "
        f"expected only numbers, with commas between them. {advice}"
    )


def read_lines(path):
    """Return a CSV file's rows as lines, all with the same number of cells.

    Empty rows are left out, and not counted in the numbers of rows.
    """
    try:
        text = path.read_text("utf-8-sig", errors="replace")
    except OSError as error:
        problem = f"{path}: {explain(error)}, expected a CSV file."
        advice = suggest(path) or " Check data_folder."
        raise InputError(problem + advice) from None
    # Some programs write empty rows as nothing but commas.
    lines = [line for line in text.split("\n") if line.strip(", \t\r")]
    if not lines:
        raise InputError(f"{path}: found no rows, expected rows of numbers.")
    # If this is no CSV file, say so, and not that its rows differ in length.
    parse_csv(path, lines[:1])
    widths = [line.count(",") + 1 for line in lines]
    usual = mode(widths)
    for row, width in enumerate(widths, 1):
        if width != usual:
            raise InputError(
                f"{path}, row {row}: found {width} columns, expected {usual} "
                "as in most rows. Mend or delete this row."
            )
    return lines


def find_scale(path, x):
    """Return the largest value, 1 or 255, that pixels x (m, n_x) can have."""
    wrong = np.argwhere(~((x >= 0) & (x <= 255)))  # true for nan, too
    if len(wrong):
        row, column = wrong[0]
        raise InputError(
            f"{path}, row {row + 1}: found {x[row, column]:g} in column "
            f"{column + 1}, expected a number from 0 to 255. Mend it, or "
            "scale all pixels so that background is 0 and full ink 255."
        )
    # Resizing may leave pixels a little above 1, and faint ink some below 255.
    # What lies far between, such as 16 or 100, is another scale.
    largest = x.max()
    if 1.5 < largest < 128:
        raise InputError(
            f"{path}: found {largest:g} as the largest number, expected 1 or "
            "255. Scale the pixels so that background is 0 and full ink 255."
        )
    return 1 if largest < 128 else 255


def check_labels(path, y):
    """Raise InputError if the labels y (m, n_y) from a file aren't one-hot."""
    is_one_hot = np.isin(y, [0, 1]).all(axis=1) & (y.sum(axis=1) == 1)
    if y.shape[1] == 1 or not is_one_hot.all():
        row = is_one_hot.argmin()
        found = shorten(",".join(f"{number:g}" for number in y[row]), 60)
        raise InputError(
            f"{path}, row {row + 1}: found {found}, expected a one-hot label: "
            "a single 1 among 0s. If the labels are plain digits, the recipe "
            '"Turn plain digits into one-hot labels" in docs/ helps.'
        )


def check_equal(unit, sizes, one, other, advice):
    """Raise InputError if two files differ in their rows or columns."""
    if sizes[one] != sizes[other]:
        raise InputError(
            f"{one} has {sizes[one]} {unit}, and {other} has {sizes[other]}, "
            f"expected as many in both. {advice}"
        )


def load_data(folder):
    """Return x_train, y_train, x_test, y_test from the CSV files in a folder.

    Row i of a file becomes column i: x (n_x, m) holds pixels from 0 to 1, and
    y (n_y, m) one-hot labels, in single precision. Raise InputError if a file
    can't be used.
    """
    names = ("train_X.csv", "train_label.csv", "test_X.csv", "test_label.csv")
    files = [Path(folder, name) for name in names]
    train_x, train_label, test_x, test_label = files
    lines = {file: read_lines(file) for file in files}
    rows = {file: len(lines[file]) for file in files}
    columns = {file: lines[file][0].count(",") + 1 for file in files}

    question = "Is a column the label, or does it count the rows?"
    check_equal("columns", columns, train_x, test_x, question)
    check_equal("columns", columns, train_label, test_label, question)
    if math.isqrt(columns[train_x]) ** 2 != columns[train_x]:
        raise InputError(
            f"{train_x}: found {columns[train_x]} columns, expected a square "
            f"number like 784 = 28 · 28, as images are square. {question}"
        )
    pairs = "An image and its label must stand in the same row."
    check_equal("rows", rows, train_x, train_label, pairs)
    check_equal("rows", rows, test_x, test_label, pairs)

    tables = {file: parse_csv(file, lines[file]) for file in files}
    check_labels(train_label, tables[train_label])
    check_labels(test_label, tables[test_label])
    scale = find_scale(train_x, tables[train_x])
    test_scale = find_scale(test_x, tables[test_x])
    if test_scale != scale:
        raise InputError(
            f"{test_x}: found pixels from 0 to {test_scale}, expected 0 to "
            f"{scale} as in train_X.csv. Write both in the same way."
        )
    for file in (train_x, test_x):
        # Resizing may leave pixels a little above 1, which are cut off here.
        tables[file] = np.minimum(tables[file] / np.float32(scale), 1)
    return [tables[file].T for file in files]


# -------------------------------------------------- the student's own digits
# These numbers, and those in remove_lines and subtract_background, were tuned
# on hundreds of photographs and drawings.
LONGEST = 200  # pixels of a picture's longer side: enough, and quick
LEAST_INK = 0.1  # a smaller difference from the paper isn't ink
LEAST_AREA = 1 / 4000  # of a component, as a share of the picture
# A component's mass is the sum of its ink.
LEAST_MASS = 1 / 10  # of a component, as a share of the heaviest one's
BORDER_SHARE = 1 / 100  # of the mass counts if the border cuts a component
DIGIT_LENGTH, STROKE_WIDTH = 100, 11  # pixels of a digit before it shrinks


def open_picture(path):
    """Return the picture in a file: upright, RGB, at most 200 pixels long."""
    try:
        with Image.open(path) as file:
            file.draft(None, (2 * LONGEST, 2 * LONGEST))  # a JPEG: small, fast
            picture = ImageOps.exif_transpose(file)
    except Exception as error:  # each kind of broken file raises another one
        if getattr(error, "strerror", None):  # the file can't be read at all
            problem = f"{path}: {explain(error)}, expected a picture."
            raise InputError(problem + suggest(path)) from None
        raise InputError(
            f"{path}: found no picture, expected a PNG, JPEG, WebP, GIF or "
            "BMP file. Save .heic as JPEG."
        ) from None
    if picture.mode.startswith("I"):  # 16 bits per pixel: 0 to 257 * 255
        # In this mode, point accepts only a factor and a number to add.
        picture = picture.convert("I").point(lambda value: value * (1 / 257))
        picture = picture.convert("L")
    picture = picture.convert("RGBA")
    picture.thumbnail((LONGEST, LONGEST), Image.BOX)
    return flatten(picture)


def flatten(picture):
    """Return an RGBA picture on white or black, whichever shows more of it."""
    flat = []
    for colour in ("white", "black"):
        paper = Image.new("RGBA", picture.size, colour)
        flat.append(Image.alpha_composite(paper, picture).convert("RGB"))
    return max(flat, key=np.std)


def find_drawing(picture):
    """Return the ink 0-1 (h, w) of a picture drawn on a screen, or else None.

    There, all paper has one colour, but for what JPEG changes: the one that
    most of the border has. Even a thick digit that fills its picture leaves a
    quarter to it. What isn't paper must differ much from it: a photograph of
    grey paper on a white page is no drawing.
    """
    colours = np.asarray(picture, float)  # (h, w, 3)
    sides = [colours[0], colours[-1], colours[:, 0], colours[:, -1]]
    paper = np.median(np.concatenate(sides), axis=0)  # red, green and blue
    difference = np.abs(colours - paper).max(axis=2)
    is_paper = difference <= 2
    is_flat = is_paper.mean() >= 0.25 and not is_paper.all()
    if not is_flat or np.median(difference[~is_paper]) < 50:
        return None
    ink = difference / 255
    return np.where(ink > LEAST_INK, ink, 0)


def subtract_background(picture):
    """Return the ink 0-1 (h, w) of a photograph, 0 where there is paper.

    Ink is how much darker than its paper a pixel is. The paper's brightness
    there is the median of the surroundings, because ink covers less than half
    of them. On a small copy of the picture, this is quick.
    """
    grey = picture.convert("L")
    # A window of 21 of 48 pixels is so wide that ink fills less than half of
    # it. At the border it needs a margin of 10.
    small = np.pad(grey.resize((48, 48), Image.BOX), 10, "symmetric")
    median = Image.fromarray(small).filter(ImageFilter.MedianFilter(21))
    paper = ImageOps.crop(median, 10).resize(grey.size)
    # Does the ink stand out as dark or as light? The cube lets ink, which
    # differs much from the paper, outweigh the many small differences.
    if np.sum((np.asarray(grey, float) - paper) ** 3) > 0:
        grey, paper = ImageOps.invert(grey), ImageOps.invert(paper)
    ink = 1 - (np.asarray(grey) + 1.0) / (np.asarray(paper) + 1.0)  # never 0/0
    noise = -np.quantile(ink, 0.2)  # what is lighter than its paper is noise
    return np.where((ink > 4 * noise) & (ink > LEAST_INK), ink, 0)


def dilate(picture, times):
    """Return a grey picture whose bright parts have grown by so many pixels.

    This is called dilation: each pixel takes the highest value around it.
    """
    for _ in range(times):
        picture = picture.filter(ImageFilter.MaxFilter(3))
    return picture


def open_upright(is_ink, length):
    """Return which ink (h, w) an upright bar of this length fits into.

    This is called an opening: it deletes what is less tall than the bar.
    """
    bars = np.lib.stride_tricks.sliding_window_view(is_ink, length, axis=0)
    fits = bars.all(axis=2)  # whether a bar fits that begins in this row
    opened = np.zeros(is_ink.shape, bool)
    for shift in range(length):
        opened[shift : shift + len(fits)] |= fits
    return opened


def remove_lines(ink):
    """Return ink (h, w) without lines from the left border to the right."""
    height, width = ink.shape
    length = max(ink.shape)
    row, column = np.indices(ink.shape)
    picture = Image.fromarray(np.uint8(ink > 0))
    # Dilation closes the gaps in dotted lines.
    covered = np.asarray(dilate(picture, length // 80))
    on_line = np.zeros(ink.shape, bool)
    # Lay a ruler on the picture, at each height and, as few photographs are
    # quite upright, at 25 slants. It lies on a line if nearly all is inked.
    for tilt in np.linspace(-height / 8, height / 8, 25):
        ruler = np.rint(row + tilt * (column / width - 0.5)).astype(int)
        ruler = np.clip(ruler, 0, height - 1)
        inked_share = covered[ruler, column].mean(axis=1)
        on_line[ruler[inked_share > 0.9], column[0]] = True
    # Strokes that cross a line stay: they are taller than a line is thick.
    is_stroke = open_upright(ink > 0, min(height, length // 30 + 1))
    return np.where(on_line & ~is_stroke, 0, ink)


def find_components(ink):
    """Return the components of ink (h, w), each with 0 instead of the others.

    A component is ink that hangs together, with gaps of up to 2 pixels.
    """
    rest = dilate(Image.fromarray(np.uint8(ink > 0)), 1)
    components = []
    while rest.getbbox():  # it is None when nothing is left
        before = np.array(rest)
        row, column = np.unravel_index(before.argmax(), before.shape)
        ImageDraw.floodfill(rest, (int(column), int(row)), 0)
        component = np.where(np.array(rest) < before, ink, 0)
        if component.sum() > LEAST_AREA * ink.size:  # or it is a speck
            components.append(component)
    return components


def is_frame(box, boxes):
    """Return whether a box surrounds another that is a third as tall."""
    left, top, right, bottom = box
    for x1, y1, x2, y2 in boxes:
        is_inside = left < x1 and top < y1 and x2 < right and y2 < bottom
        if is_inside and 3 * (y2 - y1) >= bottom - top:
            return True
    return False


def select_components(ink):
    """Return the ink (h, w) of the digit, without frames and lesser parts."""
    height, width = ink.shape
    components = find_components(ink)
    boxes = [Image.fromarray(part).getbbox() for part in components]
    masses = []
    for component, box in zip(components, boxes):
        left, top, right, bottom = box
        is_cut = left == 0 or top == 0 or right == width or bottom == height
        mass = component.sum() * (BORDER_SHARE if is_cut else 1)
        masses.append(0 if is_frame(box, boxes) else mass)
    digit = np.zeros(ink.shape)
    least = LEAST_MASS * max(masses, default=0)
    for component, mass in zip(components, masses):
        if mass > least:
            digit += component
    return digit


def resize_to(picture, length):
    """Return a picture in another size: its longer side has this length."""
    scale = length / max(picture.size)
    size = [max(1, round(scale * n)) for n in picture.size]
    return picture.resize(size, Image.BICUBIC)


def set_stroke_width(digit):
    """Return a grey picture of a digit with strokes as wide as MNIST's."""
    digit = resize_to(digit.crop(digit.getbbox()), DIGIT_LENGTH)
    digit = ImageOps.expand(digit, STROKE_WIDTH)  # for them to grow
    # A stroke of length l and width w has the area l * w. Dilated, it grows
    # by a pixel on both sides, so by the area 2 * l. The quotient is w / 2.
    area, dilated_area = np.sum(digit), np.sum(dilate(digit, 1))
    half_width = area / (dilated_area - area)
    missing = round(STROKE_WIDTH / 2 - half_width)
    if missing > 0:
        return dilate(digit, missing)
    # To erode is to dilate the paper. What is too thin for it stays as it is.
    eroded = ImageOps.invert(dilate(ImageOps.invert(digit), -missing))
    # (Eroded and dilated again, no pixel is brighter: this can't be below 0.)
    thin_strokes = np.subtract(digit, dilate(eroded, -missing))
    return Image.fromarray(np.maximum(eroded, thin_strokes))


def normalize_digit(ink, side):
    """Return ink 0-1 (h, w) as an image like MNIST's: pixels (side * side, 1).

    The digit's longer side is 20/28 of the image's, and its centre of mass is
    as near the middle as possible (LeCun et al., "Gradient-based learning
    applied to document recognition", 1998).
    """
    digit = set_stroke_width(Image.fromarray(np.uint8(255 * ink)))
    digit = resize_to(digit.crop(digit.getbbox()), round(side * 20 / 28))
    corner = []
    for axis, length in enumerate(digit.size):  # left to right, top to bottom
        ink_at = np.sum(digit, axis=axis)
        centre = np.average(np.arange(length) + 0.5, weights=ink_at)
        start = np.clip(round(side / 2 - centre), 0, side - length)
        corner.append(int(start))
    image = Image.new("L", (side, side))
    image.paste(digit, tuple(corner))
    return np.reshape(image, (-1, 1)) / np.max(image)


def read_digit(path, side=28):
    """Return the digit in a picture file as pixels 0-1 (side * side, 1)."""
    picture = open_picture(path)
    ink = find_drawing(picture)
    if ink is None:
        ink = subtract_background(picture)
    ink = remove_lines(ink)
    ink = remove_lines(ink.T).T  # upright lines
    ink = select_components(ink)
    if not ink.any():
        raise InputError(
            f"{path}: found no digit. Write it larger or darker, and leave "
            "some paper on all sides."
        )
    # Half of the ink becomes full ink: only the strokes' soft edges are less.
    ink = np.clip(ink / np.median(ink[ink > 0]), 0, 1)
    return normalize_digit(ink, side)


# ------------------------------------------------------------------- pictures
def new_figure(name, title, size=(10, 6.5)):
    """Return a new figure, which needs no window."""
    figure = Figure(size, layout="constrained")
    figure.set_label(name)
    figure.suptitle(title)
    return figure


def show_image(axes, pixels, title, colours="gray_r", least=0):
    """Draw a square image (n_x,) with pixels from least to 1 in colours."""
    side = math.isqrt(len(pixels))
    axes.set_title(title, fontsize=9)
    axes.set(xticks=[], yticks=[])
    return axes.imshow(pixels.reshape(side, side), colours, vmin=least, vmax=1)


def draw_cost(cost_list):
    """Draw the cost over the iterations."""
    figure = new_figure("cost", "The cost while the network learns")
    axes = figure.add_subplot()
    axes.plot(cost_list, marker="." if len(cost_list) < 20 else None)
    axes.set(xlabel="iterations", ylabel="cost, logarithmic", yscale="log")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_locator(LogLocator(subs=[1, 2, 5]))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter("")
    # A tenth at least, or a cost that stays the same would look like a fall.
    bottom, top = axes.get_ylim()
    axes.set_ylim(min(bottom, top / 10))
    axes.grid(which="both", alpha=0.3)
    return figure


def draw_answers(part, x, y, parameters, seed):
    """Draw up to 32 images of one part of the data, surest mistakes first."""
    a2 = forward_propagation(x, parameters)["a2"]
    answer, confidence = a2.argmax(axis=0), a2.max(axis=0)
    right = y.argmax(axis=0)
    mistakes = np.flatnonzero(answer != right)
    worst = mistakes[np.argsort(-confidence[mistakes])[:8]]
    count = f"{len(mistakes)} of {len(answer)}"
    title = f"The network misreads {count} {part} images"
    if len(worst):
        title += f". Its {len(worst)} surest mistakes come first, in red"
    figure = new_figure(f"{part}_images", title)
    order = default_rng(seed).random(len(answer))
    order[worst] = -confidence[worst]  # below 0, and so before all others
    for place, i in enumerate(np.argsort(order)[:32], 1):
        text, colours = f"{answer[i]}", "Blues"
        if answer[i] != right[i]:
            text, colours = f"{answer[i]}, not {right[i]}", "Reds"
        text += f" ({confidence[i]:.0%})"
        show_image(figure.add_subplot(4, 8, place), x[:, i], text, colours)
    return figure


def draw_neurons(x, parameters):
    """Draw the weights of the 32 hidden neurons that matter most for x."""
    title = "What hidden neurons look for: "
    title += "ink where it is red, none where it is blue"
    figure = new_figure("hidden_neurons", title)
    w1, w2 = parameters["w1"], parameters["w2"]
    a1 = forward_propagation(x, parameters)["a1"]
    # A neuron matters if its output varies and one of its weights is large.
    influence = a1.std(axis=1) * np.abs(w2).max(axis=0)
    for place, j in enumerate(np.argsort(-influence)[:32], 1):
        text = f"for {w2[:, j].argmax()}, against {w2[:, j].argmin()}"
        weights = w1[j] / np.abs(w1[j]).max()
        show_image(figure.add_subplot(4, 8, place), weights, text, "bwr", -1)
    return figure


def describe_answer(image, parameters):
    """Return the two most likely classes of an image (n_x, 1), as text."""
    chances = forward_propagation(image, parameters)["a2"][:, 0]
    first, second = np.argsort(-chances)[:2]
    return f"{first} ({chances[first]:.0%}), {second} ({chances[second]:.0%})"


def draw_own_digits(paths, digits, parameters):
    """Draw each picture beside the image that the network sees in it."""
    columns = math.ceil(math.sqrt(len(paths)))
    rows = math.ceil(len(paths) / columns)
    size = (10, 0.5 + rows * (0.5 + 5 / columns))  # in inches
    heading = "Your own digits, and beside each what the network sees"
    figure = new_figure("own_digits", heading, size)
    for place, (path, image) in enumerate(zip(paths, digits), 1):
        side = math.isqrt(len(image))
        seen = Image.fromarray(np.uint8(255 - 255 * image.reshape(side, side)))
        pair = Image.new("RGB", (420, 200), "white")
        pair.paste(ImageOps.pad(open_picture(path), (200, 200), color="white"))
        pair.paste(seen.resize((200, 200), Image.NEAREST), (220, 0))
        axes = figure.add_subplot(rows, columns, place)
        title = f"{shorten(path.name, 14)}\n"
        title += describe_answer(image, parameters)
        axes.set_title(title, fontsize=8, parse_math=False)
        axes.set(xticks=[], yticks=[], frame_on=False)
        axes.imshow(pair)
    return figure


def save_figures(figures, folder):
    """Save each figure in the folder as a PNG file; say which can't be."""
    for figure in figures:
        path = folder / f"{figure.get_label()}.png"
        try:
            folder.mkdir(exist_ok=True)
            figure.savefig(path)
            print(f"Picture saved: {path}")
        except OSError as error:
            print(f"{path}: {explain(error)}. This picture isn't saved.")


# -------------------------------------------------------------------- windows
def has_screen():
    """Return whether windows open; if not, say why, except in notebooks."""
    try:
        canvas = plt.figure("screen").canvas
        plt.close("screen")
        reason = "there is no screen, or no window toolkit"
        wanted = os.environ.get("MPLBACKEND", "agg")
        if wanted.lower() != "agg":
            reason = f"MPLBACKEND is {wanted}, which isn't there"
    except Exception as error:  # each window toolkit fails in its own way
        plt.switch_backend("agg")
        reason = explain(error)
        canvas = None
    if plt.get_backend().lower() == "agg":  # a notebook has another backend
        print(f"No window could open: {reason}.")
    return bool(canvas and canvas.required_interactive_framework)


def open_window(figure):
    """Open a window for a figure that was made without one."""
    plt.close(figure.get_label())  # the window of an earlier run
    # plt makes the window, and takes this figure for the new one it asked for.
    plt.figure(figure.get_label(), FigureClass=lambda **options: figure)


def show_windows(figures):
    """Show each figure in a window, and wait until all windows are closed."""
    # Wait in any case, and let Tk's windows open in front of others.
    settings = {"interactive": False, "tk.window_focus": True}
    try:
        with plt.style.context("default"), plt.rc_context(settings):
            for figure in figures:
                open_window(figure)
            plt.show()
    except Exception as error:
        print(f"No window could open: {explain(error)}.")


def draw_pad(side, n_y):
    """Draw an empty pad; return its figure, two images, bars and button."""
    # The toolbar's tools would be in the way of drawing.
    with plt.style.context("default"), plt.rc_context({"toolbar": "None"}):
        figure = plt.figure("pad", (10, 4.5), layout="constrained")
        figure.suptitle("Draw a digit with the left mouse button held down")
        given, seen, answer = row = figure.subplots(1, 3)
        given.set_title("your digit", fontsize=9)
        given.set(xticks=[], yticks=[])
        sheet = np.zeros((200, 200))
        drawn_image = given.imshow(sheet, "gray_r", vmin=0, vmax=255)
        blank = np.zeros(side * side)
        seen_image = show_image(seen, blank, "what the network sees")
        answer.set_title("the probability of each digit", fontsize=9)
        ticks = range(0, n_y, math.ceil(n_y / 10))
        answer.set(xticks=ticks, ylim=(0, 1), box_aspect=1)
        bars = answer.bar(range(n_y), np.zeros(n_y))
        place = figure.add_axes([0.08, 0.02, 0.2, 0.09])
        button = Button(place, "Clear (or right click)")
    for axes in row:
        # Drawn again and again, soft edges would add up, so these are crisp.
        plt.setp(axes.spines.values(), linewidth=0.5, antialiased=False)
    return figure, drawn_image, seen_image, bars, button


def open_pad(parameters):
    """Open a window in which the network reads what one draws."""
    n_y, n_x = len(parameters["b2"]), parameters["w1"].shape[1]
    side = math.isqrt(n_x)
    plt.close("pad")  # the window of an earlier run
    figure, drawn_image, seen_image, bars, button = draw_pad(side, n_y)
    canvas, given, answer = figure.canvas, drawn_image.axes, figure.axes[2]
    frames = [f for axes in figure.axes[:3] for f in axes.spines.values()]
    sheet = Image.new("L", (200, 200))
    pen = ImageDraw.Draw(sheet)
    stroke, rest_until = [], [0]  # its points; when to draw the window again

    def draw_to(x, y):
        stroke.append((x, y))
        pen.line(stroke[-2:], 255, 16)
        pen.ellipse([x - 8, y - 8, x + 8, y + 8], 255)

    def refresh():
        start = time.monotonic()
        image, chances = np.zeros((n_x, 1)), np.zeros(n_y)
        if sheet.getbbox():
            image = normalize_digit(np.asarray(sheet) / 255, side)
            chances = forward_propagation(image, parameters)["a2"][:, 0]
        drawn_image.set_data(sheet)
        seen_image.set_data(image.reshape(side, side))
        for bar, chance in zip(bars, chances):
            best = chance == chances.max()
            bar.set(height=chance, facecolor="C1" if best else "C0")
        # Only what has changed is drawn, to keep up with a quick hand.
        for artist in (drawn_image, seen_image, answer.patch, *bars, *frames):
            figure.draw_artist(artist)
        canvas.blit()
        if hasattr(canvas, "queue_draw"):  # GTK, whose version 4 can't blit
            canvas.queue_draw()
        # Without a rest as long as the drawing, mouse events would get lost.
        rest_until[0] = 2 * time.monotonic() - start

    def on_mouse(event):
        is_press = event.name == "button_press_event"
        is_move = event.name == "motion_notify_event"
        is_drawing = event.button == 1 and event.inaxes is given
        if is_press or not is_drawing:
            stroke.clear()
        if is_press and (event.button == 3 or event.inaxes is button.ax):
            sheet.paste(0, (0, 0, *sheet.size))
        elif is_drawing:
            draw_to(event.xdata, event.ydata)
        else:
            return
        if not is_move or time.monotonic() >= rest_until[0]:
            refresh()

    for what in ("button_press", "motion_notify", "button_release"):
        canvas.mpl_connect(f"{what}_event", on_mouse)
    # Some systems put the window that opens first in front, others the last.
    # The figure keeps the timer, or it would be deleted at once.
    figure.timer = canvas.new_timer(interval=500)
    figure.timer.single_shot = True
    figure.timer.add_callback(canvas.manager.show)
    figure.timer.start()


# ---------------------------------------------------------------------- start
def explain_import(error):
    """Return in one line why an import failed, and what to do."""
    if isinstance(error, KeyboardInterrupt):
        return "Stopped."
    # The program that was started, such as a recipe, hides nothing.
    modules = {**sys.modules, "__main__": None}
    files = [getattr(item, "__file__", "") for item in modules.values()]
    while error:
        cause, trace = error, error.__traceback__
        files.append(getattr(cause, "filename", None))  # of a SyntaxError
        while trace:
            files.append(trace.tb_frame.f_code.co_filename)
            trace = trace.tb_next
        error = cause.__cause__ or cause.__context__
    # This script imports nothing from its own folder. If Python came by
    # another file there, that file hides a module of the same name.
    script = os.path.abspath(explain_import.__code__.co_filename)
    for file in files:
        file = os.path.abspath(file or script)
        is_beside = os.path.dirname(file) == os.path.dirname(script)
        if is_beside and file != script and os.path.isfile(file):
            return f"{file} hides a module of the same name: rename this file."
    if isinstance(cause, OSError):  # no packages would help
        return explain(cause)
    advice = "pip install --upgrade -r requirements.txt"
    return f"{explain(cause)}. Install or update the packages: {advice}"


def set_backend(name):
    """Tell Matplotlib with which backend, or toolkit, to open windows."""
    try:
        plt.rcParams["backend"] = name
    except ValueError:  # no such backend: has_screen will say so
        plt.rcParams["backend"] = "agg"


# If this variable named a backend that isn't there, the import of Matplotlib
# would have failed. So it was taken away, and is given back here.
if backend:
    os.environ["MPLBACKEND"] = backend
if failed_import:
    sys.exit(explain_import(failed_import))
if backend:
    set_backend(backend)

if __name__ == "__main__":
    if hasattr(sys.stdout, "reconfigure"):
        # Show each line at once, and letters that can't be shown as codes.
        sys.stdout.reconfigure(errors="backslashreplace", line_buffering=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as: a font lacks a letter
            main()
    except InputError as error:
        sys.exit(str(error))
    except MemoryError as error:
        advice = "Lower n_h, or set a smaller batch_size."
        sys.exit(f"Out of memory: {error}. {advice}")
    except KeyboardInterrupt:
        sys.exit("Stopped.")
    except BrokenPipeError:  # who reads the output, such as head, has ended
        sys.stdout = None  # or Python would try to write the rest
        sys.exit("Stopped.")
