"""A two-layer neural network that learns to read handwritten digits, in NumPy.

Run this file: it trains the network on 4,000 images of digits, prints its
accuracy on 1,000 others, and shows pictures. Then read it, from here to the
end of `main`.

An image is a column of numbers: its pixels, read line by line like a page,
from 0 (background) to 1 (full ink). Its class is one of the ten digits. Its
label is a column with a 1 in the row of its class and 0 elsewhere (one-hot).

A neuron multiplies each of its inputs by a weight, adds up the products, and
adds one more number, its bias. From this sum z it makes its output a. The
hidden neurons, the first layer, get the pixels, and send their sums through a
curve, here tanh. The output neurons, the second layer, one per class, get the
outputs of the first. Softmax turns the output neurons' sums, all together,
into probabilities.

At first the weights are random, so the network can only guess. The cost tells
how wrong its answers are. The slope of the cost along a weight is the change
in the cost if this one weight grows a little, divided by how much it grew. (In
calculus, it is the partial derivative.) Going backward through the network
finds all these slopes. Then each weight and bias moves a little against its
slope, so that the cost falls. In its plainest form, training repeats this:

    forward    z1 = w1 x + b1                 a1 = tanh(z1)
               z2 = w2 a1 + b2                a2 = softmax(z2)
    cost       -log(a2 of the right class), averaged over the m images
    backward   dz2 = a2 - y                   dw2 = 1/m dz2 a1ᵀ
               dz1 = (w2ᵀ dz2) ∗ (1 - a1²)    dw1 = 1/m dz1 xᵀ
               db2, db1: 1/m times the sum of each row of dz2, dz1
    update     w1 becomes w1 - learning_rate dw1; the same for b1, w2 and b2

Matrices side by side are a matrix product (@ in Python), ᵀ swaps rows and
columns, ∗ and ² act entry by entry, log is the natural logarithm, and a bias
is added to every column. The names, with (rows, columns):

    x        (n_x, m)      m images, one per column, with n_x pixels each
    y        (n_y, m)      their labels, for n_y classes
    w1, b1   (n_h, n_x)    weights of the n_h hidden neurons; b1 is (n_h, 1)
    w2, b2   (n_y, n_h)    weights of the output neurons; b2 is (n_y, 1)
    z1, a1   (n_h, m)      sums and outputs of the hidden neurons
    z2, a2   (n_y, m)      the same for the output neurons
    dw1, db1, dw2, db2     slopes of the cost along w1, b1, w2, b2, same shape
    dz1, da1, dz2          slopes of each image's own cost along z1, a1, z2
    p, j, c, i             index of a pixel, a hidden neuron, a class, an image
    k                      index of an image's right class

In an update, the m images are a mini-batch: at most 128, drawn at random. The
4,000 images make 32 equal ones, of 125 each. After 32 updates, every image has
had its turn, and one iteration is over. (Many books call it an epoch.)
"""

# The lesson needs only NumPy and math. The rest serves what stands below it.
import math
import os
import sys
from numbers import Integral, Real
from pathlib import Path

# One thread for NumPy, unless you ask for more. When other programs run, two
# threads spend most of their time waiting for each other, and the training
# takes many times as long as with one.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import matplotlib.pyplot as plt
import numpy as np
from numpy.random import default_rng
from PIL import Image, ImageDraw, ImageFilter, ImageOps

# ------------------------------------------------------------------- settings
# To change one, edit it, save the file and run it again. Put text in quotes
# ("relu"), write decimals with a point (0.02), and paths with / in them.
n_h = 1000  # number of hidden neurons
learning_rate = 0.02  # how far an update moves the weights; see train_step
iterations = 100  # number of passes over the training images
activation = "tanh"  # curve of the hidden neurons: "tanh" or "relu"
batch_size = 128  # most images in a mini-batch; None: all images at once
momentum = 0.98  # how much of earlier updates lives on in the next; 0: nothing
max_shift = 1  # shift training images by up to this many pixels; 0: don't
max_distortion = 0.3  # how far to turn, slant and stretch them; 0: don't
learning_rate_decay = True  # lower the learning rate step by step towards 0
seed = 0  # where the random numbers start: the same seed, the same result
data_folder = "."  # where the four CSV files are, as seen from this file
own_digits = []  # picture files of your own digits, such as ["seven.png"]


# ---------------------------------------------------------------- activations
# An activation gives a neuron's output a from its sum z. Without it, two
# layers with the weights w1 and w2 would collapse into a single layer, because
# w2 (w1 x) = (w2 w1) x. The way back through the network needs the slope of a
# along z as well. Both slopes below can be written with a, which is known by
# then, so nothing is computed twice.
def tanh(z):
    """Return the hyperbolic tangent of z, an S-shaped curve from -1 to 1."""
    return np.tanh(z)


def tanh_slope_from(a):
    """Return the slope of a = tanh(z) along z, computed from the output a."""
    # tanh z = (e^z - e^-z) / (e^z + e^-z) = u/v. The slope of u along z is v,
    # and the slope of v along z is u. By the quotient rule, the slope of u/v
    # along z is (v·v - u·u) / v² = 1 - (u/v)² = 1 - a².
    return 1 - a**2


def relu(z):
    """Return z where it is positive, else 0: the rectified linear unit."""
    return np.maximum(z, 0)


def relu_slope_from(a):
    """Return the slope of a = relu(z) along z, computed from the output a."""
    # 1 where z is positive, which is just where a is positive, and 0 where z
    # is negative. At z = 0 there is a corner and no slope: 0 is a choice.
    return a > 0  # True counts as 1, False as 0


# For each name that the setting may have: the curve, and its slope.
ACTIVATIONS = {
    "tanh": (tanh, tanh_slope_from),
    "relu": (relu, relu_slope_from),
}


def softmax(z):
    """Turn each column of z (n_y, m) into probabilities.

    Raising e to the power of each number makes all of them positive. Dividing
    these powers by their sum makes them add up to 1.
    """
    # Subtracting a column's maximum divides all its powers by the same number,
    # which cancels out. This only keeps them from getting too large to store.
    powers = np.exp(z - z.max(axis=0))  # axis=0: one number per column
    return powers / powers.sum(axis=0)


# -------------------------------------------------------------------- network
LEARNED = ("w1", "b1", "w2", "b2")  # what an update changes


def initialize_parameters(n_x, n_h, n_y, activation="tanh", rng=0):
    """Return the parameters of an untrained network: its weights and biases.

    Row j of w1 holds the weights of hidden neuron j, and row j of b1 its bias.
    rng is a seed, or a generator from which to draw the random numbers. All
    numbers have single precision (float32): 7 digits are enough to learn.
    """
    rng = default_rng(rng)
    # If all weights were equal, all hidden neurons would get the same slopes
    # and stay equal, so the weights are random. They are small, because tanh
    # is nearly flat far from 0, and where it is flat, little can be learned.
    # How small? If n numbers of size 1 with random signs are added, most
    # cancels out, and the sum has a size of only about √n. So with n inputs,
    # weights divided by √n make sums z of a size of about 1 (LeCun et al.,
    # "Efficient BackProp", 1998). The factor of 2.5 makes up for the many
    # pixels that are 0. The biases can start at 0: the neurons already differ.
    w1 = rng.standard_normal((n_h, n_x)) * 2.5 / np.sqrt(n_x)
    # 0.1 keeps z2 near 0 at first, so all classes are about equally likely.
    w2 = rng.standard_normal((n_y, n_h)) * 0.1 / np.sqrt(n_h)
    return {
        "w1": w1.astype(np.float32),
        "b1": np.zeros((n_h, 1), np.float32),
        "w2": w2.astype(np.float32),
        "b2": np.zeros((n_y, 1), np.float32),
        "activation": activation,  # the name of the hidden neurons' curve
    }


def forward_propagation(x, parameters):
    """Return all that the network computes for images x (n_x, m).

    a2 (n_y, m) is the answer: a2[c, i] is the probability that image i shows
    class c. backward_prop uses a1 and a2.
    """
    activate, _ = ACTIVATIONS[parameters["activation"]]
    z1 = parameters["w1"] @ x + parameters["b1"]  # b1 is added to each column
    a1 = activate(z1)
    z2 = parameters["w2"] @ a1 + parameters["b2"]
    a2 = softmax(z2)
    return {"z1": z1, "a1": a1, "z2": z2, "a2": a2}


def probabilities(x, parameters):
    """Return the network's answer to images x (n_x, m): (n_y, m)."""
    return forward_propagation(x, parameters)["a2"]


def cost_function(a2, y):
    """Return the cost: how wrong the answers a2 (n_y, m) are, given labels y.

    An image costs -log (the natural logarithm) of the probability that the
    network gave to its right class: 0 if the network is sure of the right
    class, log(n_y) if it takes all n_y classes for equally likely, and more if
    it is sure of a wrong one. The cost, called cross-entropy, is the average
    over the m images. It was chosen because its slope along z2 is simple, and
    largest where an answer is badly wrong: see dz2 in backward_prop.
    """
    m = y.shape[1]
    # log(0) is minus infinity, and 0 times that is nan, "not a number". So no
    # a2 counts as less than 1e-30.
    log_a2 = np.log(np.maximum(a2, 1e-30))
    return float(-1 / m * np.sum(y * log_a2))  # y picks out the right class


def backward_prop(x, y, parameters, forward_cache):
    """Return the gradients dw1, db1, dw2, db2: the slopes of the cost.

    dw1[j, p] is the slope of the cost along w1[j, p], and so on: a gradient
    has the shape of its parameter. forward_cache is what forward_propagation
    returned for the images x. The chain rule gives the slopes layer by layer,
    from the output back to the input. This is backpropagation (Rumelhart,
    Hinton and Williams, "Learning representations by back-propagating
    errors", 1986).

    Column i of dz2, da1 and dz1 holds slopes of image i's own cost. Only the
    gradients are slopes of the average cost: they add up the m images' own
    slopes, and have the factor 1/m.
    """
    a1 = forward_cache["a1"]
    a2 = forward_cache["a2"]
    w2 = parameters["w2"]
    _, slope_from = ACTIVATIONS[parameters["activation"]]
    m = x.shape[1]

    # Take one image, of class k, and leave out its index i. Its cost is
    #     -log(a2[k]) = -log(exp(z2[k]) / sum(exp(z2)))
    #                 = log(sum(exp(z2))) - z2[k],
    # as the log of a quotient is a difference, and the log undoes exp. Now let
    # c be any class, and change z2[c]. The slope of log(s) along s is 1/s, and
    # the slope of the sum along z2[c] is exp(z2[c]). Their product, the slope
    # of the first term along z2[c], is exp(z2[c]) / sum(exp(z2)) = a2[c]. The
    # slope of z2[k] along z2[c] is 1 if c is k, and else 0: that is y[c].
    # The first minus the second, for all classes and images:
    dz2 = a2 - y  # (n_y, m): the answer minus the right answer

    # z2[c, i] is a sum, in which w2[c, j] * a1[j, i] is one term. So its slope
    # along w2[c, j] is a1[j, i]. The chain rule multiplies it by the slope of
    # image i's cost along z2[c, i]. On average over all images,
    #     dw2[c, j] = 1/m * (sum over images i of dz2[c, i] * a1[j, i]).
    # That is row c of dz2 times row j of a1, entry by entry, added up. A
    # matrix product takes rows times columns, so a1 must be transposed.
    dw2 = (1 / m * dz2) @ a1.T  # (n_y, n_h)
    # z2[c, i] contains the bias b2[c] as it is, so its slope along b2[c] is 1.
    # In place of the products, row c of dz2 itself is added up.
    db2 = 1 / m * dz2.sum(axis=1, keepdims=True)  # (n_y, 1): kept a column

    # Hidden neuron j acts on the cost through all output neurons, because
    # each z2[c, i] contains w2[c, j] * a1[j, i]. So the slope of z2[c, i]
    # along a1[j, i] is w2[c, j]. The chain rule multiplies it by dz2[c, i]. If
    # a1[j, i] grows a little, all n_y sums change, and their effects add up:
    #     da1[j, i] = sum over classes c of w2[c, j] * dz2[c, i].
    # That is column j of w2 times column i of dz2, entry by entry, added up.
    # A matrix product takes rows times columns, so w2 must be transposed.
    da1 = w2.T @ dz2  # (n_h, m)
    # a1[j, i] depends on z1[j, i] alone. So the chain rule multiplies da1,
    # entry by entry, by the slope of a1 along z1.
    dz1 = da1 * slope_from(a1)  # (n_h, m)
    # The first layer is like the second, with dz1 for dz2 and x for a1:
    #     dw1[j, p] = 1/m * (sum over images i of dz1[j, i] * x[p, i]).
    dw1 = (1 / m * dz1) @ x.T  # (n_h, n_x)
    db1 = 1 / m * dz1.sum(axis=1, keepdims=True)  # (n_h, 1)
    return {"dw1": dw1, "db1": db1, "dw2": dw2, "db2": db2}


def update_parameters(parameters, gradients, learning_rate):
    """Move each parameter a little downhill, in place, and return them all.

    Where the slope of the cost along a number is positive, the cost falls if
    the number shrinks; where it is negative, if it grows. Subtracting the
    slope does both. Each slope was found with the other numbers held still,
    yet all move at once. If the step is small, that works: each changes the
    cost by about -learning_rate times its slope squared, never upward, and
    these changes add up. (train_step passes its velocity as the gradients.)
    """
    for name in LEARNED:
        parameters[name] -= learning_rate * gradients["d" + name]
    return parameters


# ---------------------------------------------------------------------- check
def measure_gradients(x, y, parameters):
    """Return what backward_prop calculates, but measured: dw1, db1, dw2, db2.

    Make one number a little larger, then a little smaller, and divide the
    change in the cost by the change in the number: no calculus. Before the
    training, check_gradients (below the lesson) compares both on a tiny
    network. There, all numbers have 16 digits (float64), because the costs
    differ by very little.

    Why not train like this? It takes two forward passes for each of 795,010
    numbers. backward_prop finds all slopes in about the time of one such pass,
    because all weights of a neuron share the cost's slope along its sum z.
    """
    h = 1e-5  # "a little"
    measured = {}
    for name in LEARNED:
        values = parameters[name]
        slopes = np.zeros(values.shape)
        for place, value in np.ndenumerate(values):  # place is (row, column)
            values[place] = value + h
            cost_above = cost_function(probabilities(x, parameters), y)
            values[place] = value - h
            cost_below = cost_function(probabilities(x, parameters), y)
            values[place] = value
            slopes[place] = (cost_above - cost_below) / (2 * h)
        measured["d" + name] = slopes
    return measured


# ------------------------------------------------------------------- training
def train_step(x, y, parameters, velocity, learning_rate, momentum):
    """Return the parameters after one update, from a mini-batch x and y.

    A mini-batch gives only rough slopes, but on average they are those of all
    images. So an update takes the velocity in place of the gradients: a sum
    that starts at 0. Each time, it is multiplied by the momentum, and the new
    gradients are added (Polyak, 1964). What many mini-batches agree on adds up
    in it, and the rest mostly cancels out. With a momentum of 0.98, a gradient
    that stays the same adds up to 1 + 0.98 + 0.98² + ... = 50 times itself: a
    learning rate of 0.02 moves as far in the end as 1 would without momentum.
    (A learning rate of 1 would make even the first steps too long.) Moves as
    far as this make the cost swing up and down at first; it settles as the
    learning rate falls.
    """
    forward_cache = forward_propagation(x, parameters)
    gradients = backward_prop(x, y, parameters, forward_cache)
    for name in velocity:  # in place, which is quicker than making new arrays
        velocity[name] *= momentum
        velocity[name] += gradients[name]
    return update_parameters(parameters, velocity, learning_rate)


def augment(x, max_shift, max_distortion, rng, parts=4):
    """Return the square images x (n_x, m), moved a little at random.

    A digit that has moved a little is still the same digit. Unmoved images get
    memorised: 100 % of them end up right, but only 93 % of new ones. If they
    move, 98 % of these are. Each quarter of the mini-batch moves in its own
    way; one way per image takes longer and gains hardly anything. (move,
    below the lesson, shifts, turns, slants and stretches them.)
    """
    moved = [
        move(part, max_shift, max_distortion, rng)
        for part in np.array_split(x, parts, axis=1)
    ]
    return np.hstack(moved)


def measure_cost(x, y, parameters):
    """Return the cost of at most 1,000 of the images, to save time."""
    spacing = math.ceil(x.shape[1] / 1000)
    a2 = probabilities(x[:, ::spacing], parameters)
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

    The top of the file explains the settings. The defaults make plain gradient
    descent: one update per iteration, on all images, unaltered. Return the
    parameters and cost_list: the cost before the training and after each
    iteration, on at most 1,000 images. Each time, call report(iteration, cost,
    parameters), which must copy parameters to keep them. Ctrl-C ends the
    training and keeps what was learned.
    """
    check_images(x, y)
    x, y = np.asarray(x, np.float32), np.asarray(y, np.float32)
    m = x.shape[1]
    rng = default_rng(seed)  # all random numbers come from here
    parameters = initialize_parameters(len(x), n_h, len(y), activation, rng)
    velocity = {"d" + n: np.zeros_like(parameters[n]) for n in LEARNED}
    n_batches = math.ceil(m / (batch_size or m))  # None: m, all at once
    printed = [tenth * iterations // 10 for tenth in range(11)]
    cost_list = []
    try:
        for iteration in range(iterations + 1):
            cost = measure_cost(x, y, parameters)
            cost_list.append(cost)
            if iteration in printed:
                print(f"Cost after {iteration} iterations is : {cost:.4f}")
            if report:
                report(iteration, cost, parameters)
            if not np.isfinite(cost) or cost > 20 * max(cost_list[0], 1):
                print(f"The cost diverged to {cost:g}. Lower learning_rate.")
                break
            if iteration == iterations:  # the last round only looks
                break
            rate = learning_rate
            if learning_rate_decay:
                rate *= 1 - iteration / iterations
            # Equal batches: in a small one, a few odd images count too much.
            for chosen in np.array_split(rng.permutation(m), n_batches):
                x_now, y_now = x[:, chosen], y[:, chosen]
                if max_shift or max_distortion:
                    x_now = augment(x_now, max_shift, max_distortion, rng)
                parameters = train_step(
                    x_now, y_now, parameters, velocity, rate, momentum
                )
    except KeyboardInterrupt:  # Ctrl-C
        print(f"Stopped in iteration {len(cost_list)} of {iterations}.")
    return parameters, cost_list


def train_with_settings(x, y, report=None):
    """Train a network with the settings at the top of the file; see model."""
    return model(
        x, y, n_h, learning_rate, iterations, activation, batch_size,
        momentum, max_shift, max_distortion, learning_rate_decay, seed, report,
    )  # fmt: skip


# ----------------------------------------------------------------- evaluation
def predict(x, parameters):
    """Return the most likely class of each image in x (n_x, m): m numbers."""
    check_images(x)
    return probabilities(x, parameters).argmax(axis=0)


def accuracy(x, y, parameters):
    """Return the percentage of the images x that are classified correctly."""
    check_images(x, y)
    is_right = predict(x, parameters) == y.argmax(axis=0)
    return 100 * float(np.mean(is_right))  # True counts as 1, False as 0


# ----------------------------------------------------------------------- main
def main():
    """Load the images, train the network, and show what it has learned."""
    check_settings(globals())  # all names of this file, settings included
    figures = FOLDER / "figures"  # FOLDER is where this file lies
    figures.mkdir(exist_ok=True)  # if that fails, better now than at the end
    data = load_data(FOLDER / data_folder)
    x_train, y_train, x_test, y_test = data
    own_images = read_own_digits(FOLDER, own_digits, len(x_train))
    check_gradients(activation)
    report = open_window(x_test, y_test, iterations)  # model calls report
    parameters, cost_list = train_with_settings(x_train, y_train, report)
    np.savez(figures / "network.npz", **parameters)  # load_network reads it
    train_accuracy = accuracy(x_train, y_train, parameters)
    test_accuracy = accuracy(x_test, y_test, parameters)
    print(f"Accuracy of Train Dataset {train_accuracy:.1f} %")
    print(f"Accuracy of Test Dataset {test_accuracy:.1f} %")
    show_results(figures, data, cost_list, parameters, own_images)
    return parameters


# ====== The lesson ends here. The rest serves it, and you can skip it. ======
# To read it all the same: each function stands below those that it calls.


# -------------------------------------------------------------- moving images
def move(x, max_shift, max_distortion, rng):
    """Return the square images x (n_x, m), all moved in the same random way.

    Moving each old pixel to a new place would leave gaps. So this goes the
    other way and asks, for each new pixel, which old pixel to copy: its
    source. To find it, count the new pixel's position from the centre,
    multiply it by a random matrix, add a random shift, and count from the
    corner again. The matrix turns, slants and stretches: its entries differ
    by up to max_distortion from those of the matrix that changes nothing,
    [[1, 0], [0, 1]].
    """
    side = math.isqrt(len(x))  # the images' width and height in pixels
    centre = (side - 1) / 2  # as rows and columns are numbered from 0
    # The rows and columns of all pixels, one column per pixel. For 28 by 28
    # pixels, position is [[-13.5, -13.5, -13.5, ...], [-13.5, -12.5, ...]].
    position = np.indices((side, side)).reshape(2, -1) - centre  # (2, n_x)
    change = rng.uniform(-max_distortion, max_distortion, (2, 2))
    shift = rng.integers(-max_shift, max_shift, (2, 1), endpoint=True)
    source = (np.eye(2) + change) @ position + centre + shift
    source = np.rint(source).astype(int)  # (2, n_x): rounded to whole pixels
    inside = np.all((source >= 0) & (source < side), axis=0)  # (n_x,)
    # A source outside the old image gets a valid place, 0, only for now.
    row, column = np.where(inside, source, 0)
    # Pixel (row, column) of an image is entry row * side + column of its
    # column in x.
    moved = x[row * side + column]  # one row of x for each new pixel
    moved[~inside] = 0  # what comes from outside is background
    return moved


# --------------------------------------------------------------------- checks
class InputError(ValueError):
    """A setting, a file or a picture is wrong; the message is one line."""


def require(is_right, message):
    """Raise InputError with this message if something isn't right."""
    if not is_right:
        raise InputError(message)


def check_settings(settings):
    """Raise InputError if one of these settings, {name: value}, is wrong."""
    count, size = "a whole number from 1", "a whole number from 0"
    share, batch = "a number from 0 to below 1", f"{count}, or None"
    curves = [*ACTIVATIONS]
    files = 'a list of files, such as ["seven.png"]'
    for name, kind, is_right, expected in (
        ("n_h", Integral, lambda v: v >= 1, count),
        ("learning_rate", Real, lambda v: v > 0, "a number above 0"),
        ("iterations", Integral, lambda v: v >= 1, count),
        ("activation", str, lambda v: v in curves, f"one of {curves}"),
        ("batch_size", Integral | None, lambda v: v is None or v >= 1, batch),
        ("momentum", Real, lambda v: 0 <= v < 1, share),
        ("max_shift", Integral, lambda v: v >= 0, size),
        ("max_distortion", Real, lambda v: 0 <= v < 1, share),
        ("learning_rate_decay", bool, lambda v: True, "True or False"),
        ("seed", Integral, lambda v: v >= 0, size),
        ("data_folder", str, lambda v: True, "a folder's name in quotes"),
        ("own_digits", list | tuple, lambda v: True, files),
    ):
        value = settings[name]
        is_kind = isinstance(value, kind)
        if isinstance(value, bool):  # which is a whole number to Python
            is_kind = kind is bool
        require(
            is_kind and is_right(value),
            f"neural_network.py, setting {name}: found {value!r}, expected "
            f"{expected}.",
        )


def check_images(x, y=None):
    """Raise InputError unless x (n_x, m), y (n_y, m) are as in the lesson."""
    require(
        np.ndim(x) == 2,
        f"Found x of shape {np.shape(x)}, expected (n_x, m): one column per "
        "image. A single image is x[:, [0]], not x[:, 0].",
    )
    # Standardised pixels may be huge, but few are: in an image of MNIST, at
    # most 1.4 % are above 20. With pixels up to 255, 4 % or more are.
    is_usual = np.isfinite(x).all() and np.mean(np.abs(x) > 20) < 0.03
    require(
        is_usual,
        f"Found x up to {np.max(np.abs(x)):g}, expected about 0 to 1.",
    )
    if y is None:
        return
    m = np.shape(x)[1]
    require(
        np.ndim(y) == 2 and len(y) > 1 and np.shape(y)[1] == m,
        f"Found y of shape {np.shape(y)}, expected (n_y, {m}): one one-hot "
        "label per column.",
    )


# ---------------------------------------------------------------------- files
# The folder of this file or, in a notebook's cell, the current one.
FOLDER = Path(globals().get("__file__", "")).parent


def parse_row(line, place):
    """Return the numbers in a row of a CSV file. Its place is for messages."""
    options = {"comments": None, "delimiter": ",", "quotechar": '"'}
    try:
        return np.loadtxt([line], np.float32, ndmin=1, **options)
    except ValueError as error:
        # To NumPy, each line is a file of its own, whose first row is row 0.
        problem = str(error).replace("at row 0, column", "in column")
        raise InputError(
            f"{place}: {problem} Expected numbers, commas between them, no "
            "header."
        ) from None


def load_csv(path, is_right, expected):
    """Return the numbers in a CSV file as a table (rows, columns).

    is_right(numbers) tells whether a row holds what is expected. Blank rows
    and commas at the end of a row don't count.
    """
    table = []
    text = path.read_text("utf-8-sig", errors="replace")
    for row, line in enumerate(text.split("\n"), 1):
        line = line.rstrip(", \t")
        if not line:
            continue
        place = f"{path}, row {row}"
        table.append(parse_row(line, place))
        n, width = len(table[-1]), len(table[0])
        require(n == width, f"{place}: found {n} columns, but {width} before.")
        require(is_right(table[-1]), f"{place}: expected {expected}.")
    require(table, f"{path}: found no rows, expected rows of numbers.")
    return np.array(table)


def load_images(path):
    """Return the images in a CSV file as x (n_x, m)."""
    x = load_csv(path, lambda row: np.isfinite(row).all(), "finite numbers")
    n_x = x.shape[1]
    require(
        math.isqrt(n_x) ** 2 == n_x,
        f"{path}: found {n_x} columns, expected a square number. Does one of "
        "them hold the labels?",
    )
    # Full ink is the median of the images' brightest pixels: 255, or 1, or
    # what the file was written with. What lies beyond it is cut off.
    full_ink = np.median(x.max(axis=1))
    require(full_ink > 0, f"{path}: found no ink in most images.")
    return np.clip(x / full_ink, -1, 1).T


def load_labels(path):
    """Return the one-hot labels in a CSV file as y (n_y, m)."""
    recipe = 'the recipe "One-hot labels" in docs/recipes.md'
    expected = f"a one-hot label, as {recipe} writes it"
    y = load_csv(
        path, lambda row: row.max() == 1 == np.count_nonzero(row), expected
    )
    return y.T


def load_data(folder):
    """Return x_train, y_train, x_test, y_test from the CSV files in a folder.

    Row i of a file becomes column i: x (n_x, m) holds pixels up to 1, and y
    (n_y, m) one-hot labels, in single precision. Raise InputError if a file
    can't be used, and OSError if it can't be read.
    """
    names = "train_X", "train_label", "test_X", "test_label"
    paths = [Path(folder, f"{name}.csv") for name in names]
    loaders = (load_images, load_labels) * 2
    data = [load(path) for load, path in zip(loaders, paths)]
    # Each image needs a label, and the test files have the training's size.
    for one, other, axis, what in (
        (0, 1, 1, "rows"),
        (2, 3, 1, "rows"),
        (0, 2, 0, "columns"),
        (1, 3, 0, "columns"),
    ):
        n, n_other = data[one].shape[axis], data[other].shape[axis]
        require(
            n == n_other,
            f"{paths[one]} has {n} {what}, and {paths[other]} has {n_other}, "
            "expected as many in both.",
        )
    return data


def load_network():
    """Return the parameters of the last run, which are kept in figures/."""
    with np.load(FOLDER / "figures" / "network.npz") as file:
        # np.load makes an array even of the activation's name.
        return {n: v if v.ndim else v.item() for n, v in file.items()}


# -------------------------------------------------- the student's own digits
# All numbers were tuned on photographs and drawings. Beside a rule, (4) says
# that without it, about 4 more of 482 photographs are misread.
LONGEST = 1200  # pixels of a picture's longer side: enough for small digits
LOOK = 300  # the small copy that is looked at has at most LOOK² pixels
Image.MAX_IMAGE_PIXELS = 250_000_000  # phones take pictures of 200 million
LARGE, STROKE_WIDTH = 140, 11  # pixels of a digit's image before it shrinks


def open_picture(path):
    """Return the picture in a file: upright, RGB, at most 1200 pixels long."""
    if not path.exists():  # Windows hides the second .png of five.png.png
        names, start = os.listdir(path.parent), path.stem.lower()
        alike = [name for name in names if name.lower().startswith(start)]
        raise InputError(f"{path}: no such file. Alike: {alike or 'none'}.")
    try:
        with Image.open(path) as file:
            file.draft(None, (LONGEST, LONGEST))  # a JPEG: small, fast
            picture = ImageOps.exif_transpose(file)
    except Exception as error:  # each kind of broken file raises another one
        advice = "Save it as PNG: an iPhone's HEIC may be called JPG."
        raise InputError(f"{path}: {error}. {advice}") from None
    if picture.mode[0] in "IF":  # greys with more than 8 bits, on any scale
        grey = np.asarray(picture, float)
        picture = Image.fromarray(np.uint8(255 * grey / (grey.max() or 1)))
    picture = picture.convert("RGBA")
    picture.thumbnail((LONGEST, LONGEST), Image.BOX)
    # Where a picture is transparent, both black and white stand out on grey.
    paper = Image.new("RGBA", picture.size, "grey")
    return Image.alpha_composite(paper, picture).convert("RGB")


def shrink(picture):
    """Return a small grey copy of a picture, which is quick to look at."""
    # Areas are compared, as a row of ten digits is long, but not tall.
    scale = max(1, math.sqrt(picture.width * picture.height) / LOOK)
    size = [math.ceil(side / scale) for side in picture.size]
    return picture.convert("L").resize(size, Image.BOX)


def crop(picture, box, shape):
    """Return, at full size, what a box shows in the small copy (h, w)."""
    height, width = shape
    box = np.clip(box, 0, [width, height, width, height])
    return picture.crop(tuple(box * (picture.width / width)))


def border(pixels):
    """Return the pixels along the four sides of pixels (h, w)."""
    sides = [pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]
    return np.concatenate(sides)


def cut_to_sheet(picture):
    """Return a picture cut to the sheet within it, or as it is without one.

    A sheet of paper, a dark tile and a printed frame are all rectangles that
    stand out from the page around them. Their rim is fuller than their inside.
    """
    pixels = np.asarray(shrink(picture), float)
    # The page may be brighter on one side: a plane is fitted to its border.
    # In place (h, w, 3), each pixel has 1, its row and its column.
    place = np.dstack([np.ones(pixels.shape), *np.indices(pixels.shape)])
    plane, *_ = np.linalg.lstsq(border(place), border(pixels), rcond=None)
    stands_out = np.abs(pixels - place @ plane) > 50
    # Words may stand beside a sheet, and it may be turned a little. It ends
    # where rows and columns are no longer full.
    counts = stands_out.sum(axis=0), stands_out.sum(axis=1)
    spans = [np.flatnonzero(n >= 0.95 * n.max())[[0, -1]] for n in counts]
    (left, right), (top, bottom) = spans
    sheet = stands_out[top + 1 : bottom, left + 1 : right]
    is_most = 2 * np.sum(sheet) > np.sum(stands_out)
    is_full = is_most and border(sheet).mean() > max(0.9, sheet.mean())
    # It lies within its page: what the picture's border cuts is no sheet (1).
    if is_full and not border(stands_out).any():
        box = left + 1, top + 1, right, bottom
        return cut_to_sheet(crop(picture, box, pixels.shape))
    return picture


def find_ink(picture):
    """Return the ink 0-1 (h, w) of a picture, 0 where there is paper.

    Ink is how much darker than its paper a pixel is. In a photograph, the
    paper's brightness is the median of the surroundings, because ink covers
    less than half of them. In a drawing, a thick digit covers more, but all
    paper is like the border, and the rest differs much from it.
    """
    grey = shrink(picture)
    pixels = np.asarray(grey, float)
    paper = np.full(pixels.shape, np.median(border(pixels)))
    difference = np.abs(pixels - paper)
    # In a photograph, much of the paper differs a little from the border's.
    if np.mean((difference > 2) & (difference < 50)) > 0.15:
        # A small copy is quick. A window of 21 of its 48 pixels is so wide
        # that ink fills less than half of it. It needs a margin of 10.
        small = np.pad(grey.resize((48, 48), Image.BOX), 10, "symmetric")
        median = Image.fromarray(small).filter(ImageFilter.MedianFilter(21))
        median = ImageOps.crop(median, 10).resize(grey.size)
        paper = np.asarray(median, float)
    # Does the ink stand out as dark or as light (32)? The cube lets ink, which
    # differs much from the paper, outweigh the many small differences.
    if np.sum((pixels - paper) ** 3) > 0:
        pixels, paper = 255 - pixels, 255 - paper
    ink = 1 - (pixels + 1) / (paper + 1)  # never 0/0
    # Where ink is below 0, a pixel is lighter than its paper. That is noise,
    # and dark noise is as strong (3). One pixel in five is lighter still.
    noise = -np.quantile(ink, 0.2)
    # A thin line of a large picture, which has shrunk, is nowhere dark.
    least = min(0.1, ink.max() / 5)
    return np.where((ink > 4 * noise) & (ink > least), ink, 0)


def remove_lines(ink):
    """Return ink (h, w) without lines from the left border to the right."""
    height, width = ink.shape
    length = max(ink.shape)
    # A pixel takes the highest value around it. This is called dilation, and
    # closes the gaps in dotted lines (14).
    picture = Image.fromarray(np.uint8(ink > 0))
    dilation = ImageFilter.MaxFilter(length // 80 * 2 + 1)
    covered = np.asarray(picture.filter(dilation))
    # Strokes that cross a line stay: there is ink above it or below (9).
    reach = length // 40 + 1
    padded = np.pad(ink > 0, [(reach, reach), (0, 0)])
    is_stroke = padded[: -2 * reach] | padded[2 * reach :]
    row, column = np.indices(ink.shape)
    on_line = np.zeros(ink.shape, bool)
    # Lay a ruler on the picture, at each height and, as few photographs are
    # quite upright, at 9 slants (10). It lies on a line if most is inked.
    for tilt in range(-4, 5):
        rise = height * tilt / 32 * (column / width - 0.5)
        ruler = np.clip(np.rint(row + rise).astype(int), 0, height - 1)
        inked_share = covered[ruler, column].mean(axis=1)
        on_line[ruler[inked_share > 0.9], column[0]] = True
    return np.where(on_line & ~is_stroke, 0, ink)


def find_parts(ink):
    """Return the parts of ink (h, w), each with 0 instead of the others.

    A part is ink that hangs together, with gaps of 2 pixels (3).
    """
    rest = Image.fromarray(np.uint8(ink > 0)).filter(ImageFilter.MaxFilter(3))
    parts = []
    while rest.getbbox():  # it is None when nothing is left
        before = np.array(rest)
        row, column = np.unravel_index(before.argmax(), before.shape)
        ImageDraw.floodfill(rest, (int(column), int(row)), 0)
        part = np.where(np.array(rest) < before, ink, 0)
        if part.sum() > ink.size / 16000:  # or a speck (3)
            parts.append(part)
    return parts


def find_digits(ink):
    """Return the ink (h, w) of each digit, from left to right.

    The tallest part is a digit, but for frames (else a printed ring is read)
    and what the border cuts (11). So is each other part beside a digit. What
    is left joins a digit if it is near, and has enough ink for a stroke (3).
    """
    height, width = ink.shape
    parts = {Image.fromarray(part).getbbox(): part for part in find_parts(ink)}
    whole = []
    for left, top, right, bottom in parts:
        is_cut = left == 0 or top == 0 or right == width or bottom == height
        is_frame = any(  # around something at least a third as tall
            left < x1 and top < y1 and x2 < right and y2 < bottom
            for x1, y1, x2, y2 in parts
            if 3 * (y2 - y1) >= bottom - top
        )
        if not (is_cut or is_frame):
            whole.append((left, top, right, bottom))
    whole = whole or list(parts)  # a digit may fill its picture
    whole.sort(key=lambda box: box[1] - box[3])
    digits = {box: parts[box] for box in whole[:1]}
    # Go outwards, as in a slanting row only neighbours are at one height.
    whole = sorted(whole[1:], key=lambda box: abs(box[0] - whole[0][0]))
    for box in whole:
        others = np.array([*digits])  # (k, 4)
        # The gaps sideways and in height, below 0 where boxes overlap (k, 2).
        gaps = np.maximum(box, others)[:, :2] - np.minimum(box, others)[:, 2:]
        heights = others[:, 3] - others[:, 1]
        nearest = gaps.max(axis=1).argmin()
        is_near = 5 * gaps[nearest].max() < heights[nearest]
        digit = [*digits][nearest]
        # Side by side, and alike: two thirds of the mean height overlap.
        if any(-3 * gaps[:, 1] > heights + box[3] - box[1]):
            digits[box] = parts[box]
        elif is_near and 10 * parts[box].sum() > digits[digit].sum():
            joined = digits.pop(digit) + parts[box]
            digits[Image.fromarray(joined).getbbox()] = joined
    return [digits[box] for box in sorted(digits)]


def center_digit(digit, side):
    """Return a digit, a grey picture, in the middle of a square one.

    As in MNIST, the digit's longer side is 20/28 of the square's, and its
    centre of mass is in the middle (LeCun et al., "Gradient-based learning
    applied to document recognition", 1998).
    """
    left, top, right, bottom = digit.getbbox()
    half = 14 / 20 * max(right - left, bottom - top)
    half = max(2, half)  # or one pixel fills the square: no stroke to measure
    row, column = np.indices(np.shape(digit)) + 0.5
    x, y = (np.average(place, weights=digit) for place in (column, row))
    square = digit.crop((x - half, y - half, x + half, y + half))
    return square.resize((side, side), Image.BICUBIC)


def set_stroke_width(digit):
    """Return a digit, a grey picture, with strokes like MNIST's (23)."""
    # A stroke of length l and width w has the area l * w. Dilated, it grows
    # by a pixel on both sides, so by the area 2 * l. The quotient is w / 2.
    area = np.sum(digit)
    dilated_area = np.sum(digit.filter(ImageFilter.MaxFilter(3)))
    half_width = area / (dilated_area - area)
    missing = round(STROKE_WIDTH / 2 - half_width)
    if missing > 0:
        return digit.filter(ImageFilter.MaxFilter(2 * missing + 1))
    return digit.filter(ImageFilter.MinFilter(1 - 2 * missing))


def normalize_digit(ink, side):
    """Return ink (h, w) as an image like MNIST's: pixels 0-1 (side², 1)."""
    # The darker half becomes full ink. Only the strokes' edges stay soft (3).
    ink = np.clip(ink / np.median(ink[ink > 0]), 0, 1)
    digit = center_digit(Image.fromarray(np.uint8(255 * ink)), LARGE)
    image = center_digit(set_stroke_width(digit), side)
    return np.reshape(image, (-1, 1)) / np.max(image)


def read_digits(path, side=28):
    """Return the digits in a picture file, from left to right, as x (n_x, k).

    Each column holds a digit's pixels, 0-1. There are n_x = side² of them.
    Raise InputError if the file can't be read, or shows no digit.
    """
    picture = cut_to_sheet(open_picture(path))
    # Look twice: first at the whole picture, then only at the digits, with as
    # much paper around them as they are tall. Small ones melt in a small copy.
    for _ in range(2):
        ink = find_ink(picture)
        ink = remove_lines(remove_lines(ink).T).T  # level (15), upright (2)
        digits = find_digits(ink)
        advice = "found no digit. Write it darker, with more paper."
        require(digits, f"{path}: {advice}")
        left, top, right, bottom = Image.fromarray(sum(digits)).getbbox()
        box = np.array([left, top, right, bottom])
        box += (bottom - top) * np.array([-1, -1, 1, 1])
        picture = crop(picture, box, ink.shape)
    return np.hstack([normalize_digit(digit, side) for digit in digits])


def read_own_digits(folder, names, n_x):
    """Return the digits in picture files, as {name: x (n_x, k)}."""
    side = math.isqrt(n_x)
    return {name: read_digits(folder / name, side) for name in names}


# -------------------------------------------------- the check of the gradients
def find_fault(name, found, measured):
    """Return what is wrong with a gradient, in words; "" if it is right."""
    if found is None:
        return f"{name} is missing in backward_prop's dictionary."
    if np.shape(found) != measured.shape:
        return f"{name} is {np.shape(found)}, but should be {measured.shape}."
    # Measured slopes are good to 1e-9, and a slip changes far more than this.
    # But 1e-8 added to a2 before the logarithm, as many do, changes 1e-5.
    limits = {"rtol": 3e-4, "atol": 1e-5}
    if np.allclose(found, measured, **limits):
        return ""
    factor = np.vdot(found, measured) / (np.vdot(measured, measured) or 1)
    if factor and np.allclose(found, factor * measured, **limits):
        return f"{name} is {factor:g} times what was measured."
    error = np.abs(found - measured)
    row, column = np.unravel_index(error.argmax(), error.shape)  # the worst
    return (
        f"{name}[{row}, {column}] is {found[row, column]:.5f} in "
        f"backward_prop, but measured {measured[row, column]:.5f}."
    )


def check_gradients(activation):
    """Compare backward_prop with measured slopes, on a tiny network."""
    # With this seed, ReLU switches some neurons on and some off, and no sum
    # lies so near its corner that a little more or less would cross it.
    rng = default_rng(143)
    x = rng.random((4, 6))
    y = np.eye(3)[:, [0, 1, 2, 0, 1, 2]]  # column c of np.eye(3): class c
    tiny = initialize_parameters(4, 5, 3, activation)
    for name in LEARNED:
        tiny[name] = rng.standard_normal(tiny[name].shape)
    # If these lines fail, Python shows them with the sizes of the network for
    # which initialize_parameters was asked.
    cache = forward_propagation(x, tiny)  # n_x 4, n_h 5, n_y 3, m 6
    gradients = backward_prop(x, y, tiny, cache)  # n_x 4, n_h 5, n_y 3, m 6
    if not isinstance(gradients, dict):
        gradients = {}
    measured = measure_gradients(x, y, tiny)
    faults = [find_fault(n, gradients.get(n), s) for n, s in measured.items()]
    for fault in filter(None, faults):
        print(f"Gradient check: {fault}")
    if not any(faults):
        n = len(measured)
        print(f"Gradient check: all {n} gradients agree with measured slopes.")


# ------------------------------------------------------------------- pictures
# Wrong is red, and right is blue. Among weights and slopes, red is above 0,
# and blue below. The titles say so.
RED, BLUE = np.array([178, 24, 43]) / 255, np.array([33, 102, 172]) / 255
STYLE = {
    "axes.edgecolor": "0.6",
    "axes.spines.right": False,
    "axes.spines.top": False,
    "interactive": False,  # show a figure only when it is drawn
    "toolbar": "None",  # its tools would be in the way of drawing on the pad
}


@plt.rc_context(STYLE)
def draw_figure(name, title, show=None, *arguments, size=(10, 6), folder=None):
    """Draw a figure with a title, and let show(axes, *arguments) fill it.

    Save it, if a folder is given. If it fails, say why, and lose nothing else.
    """
    figure = plt.figure(name, size, clear=True)
    figure.suptitle(title, x=0.03, ha="left", size=14, weight="bold")
    try:
        if show:
            show(figure.add_axes([0.07, 0.08, 0.9, 0.8]), *arguments)
        if folder:
            figure.savefig(folder / f"{name}.png")
            print(f"Picture saved: {folder / name}.png")
    except Exception as error:
        print(f"{name}.png: not done. {type(error).__name__}: {error}")
    return figure


def ink_tile(pixels, colour=(0, 0, 0)):
    """Return an image (n_x,) in ink of a colour, as (side, side, 3)."""
    side = math.isqrt(pixels.size)
    ink = pixels.reshape(side, side, 1).clip(0, 1)
    return 1 - ink * (1 - np.array(colour))


def weight_tile(weights, largest):
    """Return weights (n_x,) in red, white and blue, as (side, side, 3)."""
    side = math.isqrt(weights.size)
    share = 0.5 + weights.reshape(side, side) / (2 * largest or 1)
    return plt.get_cmap("RdBu_r")(share)[:, :, :3]


def show_tiles(axes, tiles, titles, columns):
    """Draw tiles (height, width, 3) row by row, each under its title."""
    height, width, _ = tiles[0].shape
    lines = 1 + max(title.count("\n") for title in titles)
    gap = math.ceil(height * (1 + lines) / 6)  # the titles stand in it
    down, right = height + gap, width + gap  # from one tile to the next
    rows = math.ceil(len(tiles) / columns)
    sheet = np.ones((rows * down, columns * right - gap, 3))
    for place, (tile, title) in enumerate(zip(tiles, titles)):
        top = place // columns * down + gap
        left = place % columns * right
        sheet[top : top + height, left : left + width] = tile
        # A pixel's place is that of its centre, half a pixel to the right.
        corner = left - 0.5, top - height / 12
        axes.text(*corner, title, size=9, parse_math=False)
    axes.imshow(sheet, interpolation="nearest")
    axes.set_axis_off()
    axes.set_anchor("NW")  # as far up and left as there is room


def show_cost(axes, cost_list, iterations, n_y):
    """Draw the cost over the iterations, beside that of pure guessing."""
    guess = math.log(n_y)
    axes.axhline(guess, color="0.6", linestyle="--")
    style = {"size": 9, "ha": "right", "va": "bottom"}
    axes.text(iterations, guess, "pure guessing", **style)
    axes.plot(cost_list, color=BLUE, marker="." if iterations < 20 else "")
    axes.set(xlabel="iterations", xlim=(0, max(iterations, 1)))
    axes.locator_params("x", integer=True)
    axes.set_title("cost, logarithmic", size=9, loc="left")
    axes.set_yscale("log", subs=[2, 5])
    axes.yaxis.set(major_formatter="{x:g}", minor_formatter="{x:g}")
    # Down to a tenth of guessing at least, so that a flat cost looks flat.
    bottom, top = axes.get_ylim()
    axes.set_ylim(min(bottom, guess / 10), max(top, 1.5 * guess))
    axes.grid(which="both", alpha=0.3)


def show_answers(axes, x, y, parameters, columns):
    """Draw images with the network's answers: wrong in red, right in blue."""
    tiles, titles = [], []
    for image, chances, label in zip(x.T, probabilities(x, parameters).T, y.T):
        answer, right = chances.argmax(), label.argmax()
        is_right = answer == right
        correction = "" if is_right else f", not {right}"
        tiles.append(ink_tile(image, BLUE if is_right else RED))
        titles.append(f"{answer}{correction} ({chances[answer]:.0%})")
    show_tiles(axes, tiles, titles, columns)


def choose_neurons(x, parameters, count):
    """Return the numbers of the hidden neurons that matter most for images x.

    Their output varies from image to image, and they have a large weight.
    """
    spread = forward_propagation(x, parameters)["a1"].std(axis=1)
    largest = np.abs(parameters["w2"]).max(axis=0)
    return np.argsort(-spread * largest)[:count]


def show_neurons(axes, x, parameters, count, columns):
    """Draw the weights of the hidden neurons that matter most for images x.

    While the network learns, others come to matter. Most neurons hardly leave
    the noise from which they start, so always the same ones would show little.
    """
    w1, w2 = parameters["w1"], parameters["w2"]
    neurons = choose_neurons(x, parameters, count)
    tiles = [weight_tile(w1[j], np.abs(w1[j]).max()) for j in neurons]
    outgoing = w2[:, neurons].T
    titles = [f"for {w.argmax()}, against {w.argmin()}" for w in outgoing]
    show_tiles(axes, tiles, titles, columns)


def show_summary(axes, x, y, chosen, cost_list, iterations, parameters):
    """Draw the cost, the answers to eight chosen images, and eight neurons."""
    axes.set_axis_off()
    places = (
        [0, 0, 0.37, 0.95],
        [0.42, 0.5, 0.58, 0.5],
        [0.42, -0.03, 0.58, 0.5],
    )
    cost, answers, neurons = [axes.inset_axes(place) for place in places]
    show_cost(cost, cost_list, iterations, len(y))
    show_answers(answers, x[:, chosen], y[:, chosen], parameters, 4)
    show_neurons(neurons, x, parameters, 8, 4)


def show_stamp(axes, x, y, parameters):
    """Draw how one image x (n_x, 1) changes six hidden neurons.

    With a single image, db2 is dz2, db1 is dz1, and row j of dw1 is dz1[j]
    times the image. So -dw1, which an update adds (here with a learning rate
    of 1), stamps the image onto neuron j, in red or in blue.
    """
    cache = forward_propagation(x, parameters)
    gradients = backward_prop(x, y, parameters, cache)
    dw1, dz1, dz2 = (gradients[name] for name in ("dw1", "db1", "db2"))
    axes.set_axis_off()
    show_tiles(axes.inset_axes([0, 0.6, 0.2, 0.4]), [ink_tile(x)], ["x"], 1)
    bars = axes.inset_axes([0.02, 0, 0.2, 0.5])
    colours = [RED if slope > 0 else BLUE for slope in dz2]
    bars.barh(range(len(y)), dz2[:, 0], color=colours)
    bars.set(xlim=(-1, 1), yticks=range(0, len(y), math.ceil(len(y) / 10)))
    bars.set_title("dz2 = a2 - y", size=9, loc="left")
    bars.invert_yaxis()
    neurons = np.argsort(-np.abs(dz1[:, 0]))[:6]
    w1, step = parameters["w1"][neurons], -dw1[neurons]
    tiles = []
    for row in w1, step, w1 + step:  # each in a scale of its own
        tiles += [weight_tile(weights, np.abs(row).max()) for weights in row]
    titles = [f"w1, neuron {j}" for j in neurons]
    titles += [f"{-dz1[j, 0]:+.2f} x" for j in neurons]
    titles += ["w1 - dw1"] * len(neurons)
    show_tiles(axes.inset_axes([0.28, 0, 0.72, 1]), tiles, titles, len(w1))


def describe_answer(x, parameters):
    """Return the two most likely answers to the digits x (n_x, k), as text.

    An answer to several digits is as likely as all of its digits together.
    The second answer has another digit where the network is least certain.
    """
    check_images(x)
    chances = probabilities(x, parameters)
    first, second = np.argsort(-chances, axis=0)[:2]  # (k,) each
    place = np.arange(len(first))
    doubt = chances[second, place] / chances[first, place]
    second = np.where(doubt == doubt.max(), second, first)
    gap = "" if len(chances) <= 10 else " "  # or 12 may be one class or two
    answers = [
        f"{gap.join(map(str, answer))} ({chances[answer, place].prod():.0%})"
        for answer in (first, second)
    ]
    return ", ".join(answers)


def show_own_digits(axes, own_images, parameters):
    """Draw each picture, and to its right the images that the network sees."""
    tiles, titles = [], []
    size, style = (140, 140), {"color": "white", "centering": (0, 0)}
    for name, x in own_images.items():
        picture = ImageOps.pad(open_picture(FOLDER / name), size, **style)
        seen = np.hstack([ink_tile(image) for image in x.T])
        seen = Image.fromarray(np.uint8(255 * seen))
        seen = ImageOps.pad(seen, size, Image.NEAREST, **style)
        space = np.full((140, 15, 3), 255)
        tiles.append(np.hstack([picture, space, seen]) / 255)
        answer = describe_answer(x, parameters)
        titles.append(f"{Path(name).name[:20]}\n{answer}")
    show_tiles(axes, tiles, titles, 2 if len(tiles) < 5 else 4)


# -------------------------------------------------------------------- the pad
def draw_pad(side, n_y):
    """Draw an empty pad; return its parts that change: two images, bars, text.

    The network's images have side² pixels, and its answers n_y classes.
    """
    title = "Draw a digit with the left mouse button. Right click: clear"
    figure = draw_figure("pad", title, size=(8, 3.4))
    figure.set_facecolor("0.95")
    left, middle, right = figure.subplots(1, 3)
    figure.subplots_adjust(0.03, 0.18, 0.97, 0.83)
    left.set(xticks=[], yticks=[], xlabel="your digit")
    given = left.imshow(np.zeros((200, 200)), "gray_r", vmax=255)
    middle.set(xticks=[], yticks=[], xlabel="what the network sees")
    seen = middle.imshow(np.ones((side, side, 3)))
    right.set(yticks=[], ylim=(0, 1.3), xlabel="how likely each digit is")
    right.set_xticks(range(0, n_y, math.ceil(n_y / 10)))
    bars = right.bar(range(n_y), np.zeros(n_y), color=BLUE)
    answer = right.text(n_y / 2 - 0.5, 1.05, "", size=20, ha="center")
    return given, seen, bars, answer


@plt.rc_context(STYLE)  # for its subplots, too
def open_pad(parameters=None):
    """Let a network, or else that of the last run, read what one draws."""
    if "inline" in plt.get_backend():
        print("In a notebook, the pad needs %matplotlib widget.")
        return
    parameters = parameters or load_network()
    n_x = parameters["w1"].shape[1]
    side, blank = math.isqrt(n_x), np.zeros((n_x, 1))
    n_y = len(probabilities(blank, parameters))
    given, seen, bars, answer = draw_pad(side, n_y)
    figure = given.figure
    sheet = Image.new("L", (200, 200))
    pen = ImageDraw.Draw(sheet)
    stroke = []  # its points so far

    def refresh():
        image, chances, text = blank, np.zeros(n_y), ""
        if sheet.getbbox():  # it is None while the sheet is empty
            image = normalize_digit(np.asarray(sheet) / 255, side)
            chances = probabilities(image, parameters)[:, 0]
            text = f"{chances.argmax()}, {chances.max():.0%}"
        given.set_data(sheet)
        seen.set_data(ink_tile(image))
        for bar, chance in zip(bars, chances):
            bar.set_height(chance)
        answer.set_text(text)
        if plt.get_backend().lower() not in ("tkagg", "qtagg"):
            figure.canvas.draw_idle()
            return
        # Draw only what has changed, or a quick hand's strokes get corners.
        # The patch, an empty field, wipes out the old bars and the old answer.
        for artist in (given, seen, answer.axes.patch, *bars, answer):
            figure.draw_artist(artist)
        figure.canvas.blit()

    def on_mouse(event):
        is_inside = event.inaxes is given.axes
        if event.name == "button_press_event" or not is_inside:
            stroke.clear()  # a new stroke begins, or the pen left the field
        if event.button == 3:
            sheet.paste(0, (0, 0, *sheet.size))
        elif event.button == 1 and is_inside:
            x, y = event.xdata, event.ydata
            stroke.append((x, y))
            pen.line(stroke[-2:], 255, 16)
            pen.ellipse([x - 8, y - 8, x + 8, y + 8], 255)
        else:
            return
        refresh()

    figure.canvas.mpl_connect("button_press_event", on_mouse)
    figure.canvas.mpl_connect("motion_notify_event", on_mouse)
    plt.show()


# ------------------------------------------------- the window and the results
# The second line of the window's title.
COLOURS = "Digits in red are misread. Neurons want ink on red, none on blue"


def has_window(figure):
    """Return whether a figure is in a window, and not only in memory."""
    return figure.canvas.required_interactive_framework is not None


def open_window(x, y, iterations):
    """Return a report for model that draws a window, or None if none opens."""
    figure = draw_figure("summary", "")
    if not has_window(figure):
        plt.close(figure)
        return None
    plt.show(block=False)
    cost_list = []
    drawn = [0, *(3**k for k in range(20))]  # later rarely, to save time
    # The first image of each class, as many as there is room for.
    chosen = np.unique(y.argmax(axis=0), return_index=True)[1][:8]

    def report(iteration, cost, parameters):
        cost_list.append(cost)
        if not plt.fignum_exists("summary"):
            return  # the window was closed
        if iteration in drawn:
            title = f"After {iteration} of {iterations} iterations\n{COLOURS}"
            summary = x, y, chosen, cost_list, iterations, parameters
            draw_figure("summary", title, show_summary, *summary)
            figure.canvas.draw()
        figure.canvas.flush_events()  # or nothing moves on the screen

    return report


def choose_images(x, y, parameters):
    """Return the columns of the 16 worst answers, and 16 spread over all."""
    m = x.shape[1]
    chance_of_right = np.sum(y * probabilities(x, parameters), axis=0)
    return [*chance_of_right.argsort()[:16], *range(0, m, math.ceil(m / 16))]


def list_pictures(data, cost_list, parameters, own_images):
    """Return {name: (title, show, arguments ...)}: see draw_figure."""
    x_train, y_train, x_test, y_test = data
    iterations, n_y = len(cost_list) - 1, len(y_test)
    pictures = {}
    title = "The cost before the training and after each iteration"
    pictures["cost"] = title, show_cost, cost_list, iterations, n_y
    title = "Hidden neurons want ink where they are red, and none where blue"
    pictures["hidden_neurons"] = title, show_neurons, x_test, parameters, 32, 8
    for part, x, y in ("training", x_train, y_train), ("test", x_test, y_test):
        chosen = choose_images(x, y, parameters)
        share = accuracy(x, y, parameters)
        title = (
            f"{share:.1f} % of the {part} images are read correctly\n"
            "The worst answers come first. Mistakes are red, right ones blue"
        )
        answers = x[:, chosen], y[:, chosen], parameters, 8
        pictures[f"{part}_images"] = title, show_answers, *answers
    # Now x, y, chosen and share are those of the test images.
    title = f"{share:.1f} % of the test images are read correctly. The worst:"
    title += f"\n{COLOURS}"
    summary = x, y, chosen[:8], cost_list, iterations, parameters
    pictures["summary"] = title, show_summary, *summary
    image, label = x[:, chosen[:1]], y[:, chosen[:1]]  # the worst
    right, answer = label.argmax(), predict(image, parameters)[0]
    title = (
        f"A {right}, read as a {answer}: -dw1 stamps it onto six neurons\n"
        "Red is above 0, and blue is below"
    )
    pictures["stamp"] = title, show_stamp, image, label, parameters
    if own_images:
        title = "Your own digits, and to their right what the network sees"
        pictures["own_digits"] = title, show_own_digits, own_images, parameters
    return pictures


def show_results(folder, data, cost_list, parameters, own_images):
    """Save all pictures in a folder, show them, and open the pad."""
    for name, x in own_images.items():
        print(f"Our model says {name} is : {describe_answer(x, parameters)}")
    pictures = list_pictures(data, cost_list, parameters, own_images)
    for name, picture in pictures.items():
        figure = draw_figure(name, *picture, folder=folder)
        if has_window(figure):
            if name != "summary":
                plt.close(figure)  # on a screen, only the summary stays open
        elif plt.get_backend().lower() != "agg":
            plt.show()  # in a notebook
    open_pad(parameters)
    # At its end, IPython's %run would draw an empty figure if this were True.
    plt.draw_if_interactive.called = False


# ---------------------------------------------------------------------- start
# What `uv run neural_network.py` installs:
# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy>=1.24", "matplotlib>=3.6"]
# ///

if __name__ == "__main__":
    try:
        parameters = main()
    except (InputError, OSError) as error:  # of a setting or a file, in words
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("Stopped.")
