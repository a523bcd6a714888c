"""A two-layer neural network that learns to read handwritten digits, in NumPy.

Run this file: it trains the network on 4,000 images of digits, prints its
accuracy on 1,000 others, and shows pictures. Then read it, from here to the
end of `main`. This is the algorithm, which the training repeats (matrices
side by side are a matrix product, ∗ multiplies entry by entry, and a bias is
added to every column):

    forward    z1 = w1 x + b1                 a1 = tanh(z1)
               z2 = w2 a1 + b2                a2 = softmax(z2)
    cost       -log(a2 of the right class), averaged over the m images
    backward   dz2 = a2 - y                   dw2 = 1/m dz2 a1ᵀ
               dz1 = (w2ᵀ dz2) ∗ (1 - a1²)    dw1 = 1/m dz1 xᵀ
               db2, db1: 1/m times the sum of each row of dz2, dz1
    update     w1 = w1 - learning_rate dw1    the same for b1, w2 and b2

The names mean the same in all equations:

    x        (n_x, m)      m images, one per column, one row per pixel
    y        (n_y, m)      their labels: 1 in the right class's row, else 0
    w1, b1   (n_h, n_x)    weights of the hidden neurons; their biases (n_h, 1)
    w2, b2   (n_y, n_h)    weights of the output neurons; their biases (n_y, 1)
    z1, a1   (n_h, m)      sums and outputs of the hidden neurons
    z2, a2   (n_y, m)      the same for the output neurons
    dw1, db1, dw2, db2     slopes of the cost along w1, b1, w2, b2, same shape
    dz1, dz2               slopes of each image's own cost along z1, z2
    p, j, c, i             index of a pixel, a hidden neuron, a class, an image
    k                      index of an image's right class

A class is one of the ten digits. An image is a column of numbers: its pixels,
read line by line like a page, from 0 (background) to 1 (full ink). Its label,
also a column, is called one-hot.

A neuron multiplies each of its inputs by a weight, adds up the products, and
adds one more number, its bias. This sum z becomes its output a. The hidden
neurons form the first layer: their inputs are the pixels. The output neurons
form the second: their inputs are the outputs of the first. (The pixels compute
nothing, so they don't count as a layer.) A hidden neuron sends its sum through
a curve, here tanh. The output neurons, one per class, turn their sums together
into probabilities: that is softmax.

At first the weights are random, so the network can only guess. The cost tells
how wrong its answers are. The slope of the cost along a weight tells how much
the cost changes if this one weight grows a little, divided by how much it
grew. (In calculus, it is the partial derivative.) Going backward through the
network finds all these slopes. Then each weight and bias moves a little, so
that the cost falls.

One update uses a mini-batch: at most 128 images, here 125, drawn at random.
When all 4,000 have had their turn, after 32 updates, one iteration is over.
(Many books call it an epoch.)
"""

# The lesson itself uses math, os, Path and NumPy. The rest is for what stands
# below it.
import math
import os
import re
import sys
from pathlib import Path
from statistics import mode

# One thread for NumPy, unless you ask for more. When other programs run, two
# threads spend most of their time waiting for each other, and the training
# takes many times as long as with one.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import LogLocator
from numpy.random import default_rng
from PIL import Image, ImageDraw, ImageFilter, ImageOps

# ------------------------------------------------------------------- settings
# To change one, edit it, save the file and run it again. Put text in quotes
# ("relu"), and write decimals with a point (0.02).
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
    # and that of v is u, so that of u/v is (v·v - u·u) / v² = 1 - (u/v)².
    return 1 - a**2


def relu(z):
    """Return z where it is positive, else 0: the rectified linear unit."""
    return np.maximum(z, 0)


def relu_slope_from(a):
    """Return the slope of a = relu(z) along z, computed from the output a."""
    # 1 where z is positive, 0 where it is negative. At z = 0 there is a corner
    # and no slope: 0 is a choice.
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
    # which cancels out. It only keeps them from getting too large to store.
    powers = np.exp(z - z.max(axis=0))
    return powers / powers.sum(axis=0)


# -------------------------------------------------------------------- network
LEARNED = ("w1", "b1", "w2", "b2")  # all parameters but the curve's name


def initialize_parameters(n_x, n_h, n_y, activation="tanh", rng=None):
    """Return the parameters of an untrained network: its weights and biases.

    Row j of w1 holds the weights of hidden neuron j, and row j of b1 its bias.
    rng is one of NumPy's generators of random numbers. All numbers are in
    single precision (float32), as 7 digits are enough to learn.
    """
    rng = rng or default_rng(0)
    # If all weights were equal, all hidden neurons would get the same slopes
    # and stay equal, so the weights are random. They are small, because tanh
    # is nearly flat far from 0, and where it is flat, nothing can be learned.
    # A sum of n numbers of size 1 with random signs has a size of only about
    # √n, as they mostly cancel out; so dividing the weights by √n keeps the
    # sums near 1 (LeCun et al., "Efficient BackProp", 1998). The factor of
    # 2.5 makes up for the many pixels that are 0.
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
    """Return all that the network computes for images x (n_x, m).

    a2 (n_y, m) is the answer: a2[c, i] is the probability that image i shows
    class c. backward_prop uses a1 and a2. z1 and z2 are there to look at, and
    for an activation whose slope can't be written with a1.
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
    class, log(n_y) if it has no idea, and more if it is sure of a wrong one.
    The cost, called cross-entropy, is the average over the m images.
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

    dz2, da1 and dz1 hold, in column i, the slopes of image i's own cost along
    z2, a1 and z1. dw1, db1, dw2 and db2 hold the slopes of the average cost:
    the sums of the m images' own slopes, times 1/m.
    """
    a1 = forward_cache["a1"]
    a2 = forward_cache["a2"]
    w2 = parameters["w2"]
    _, slope_from = ACTIVATIONS[parameters["activation"]]
    m = x.shape[1]

    # Take one image, of class k, and don't write its index i. As softmax makes
    # a2[k] a quotient, and the log of a quotient is a difference, its cost is
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
    # That is row c of dz2 times row j of a1, entry by entry, added up. A
    # matrix product takes rows times columns, so a1 must be transposed.
    dw2 = (1 / m * dz2) @ a1.T  # (n_y, n_h)
    # z2[c, i] contains the bias b2[c] as it is, so its slope along b2[c] is 1.
    # In place of the products, row c of dz2 itself is added up.
    db2 = 1 / m * dz2.sum(axis=1, keepdims=True)  # (n_y, 1): kept a column

    # Hidden neuron j acts on the cost through all output neurons, because
    # each z2[c, i] contains w2[c, j] * a1[j, i]. So the slope of z2[c, i]
    # along a1[j, i] is w2[c, j]. The chain rule multiplies it by dz2[c, i],
    # and what comes back through the n_y output neurons adds up:
    #     da1[j, i] = sum over classes c of w2[c, j] * dz2[c, i].
    # That is column j of w2 times column i of dz2, entry by entry, added up.
    # A matrix product takes rows times columns, so w2 must be transposed.
    da1 = w2.T @ dz2  # (n_h, m)
    # a1[j, i] depends on z1[j, i] alone. So the chain rule multiplies da1,
    # entry by entry, by the slope of a1 along z1.
    dz1 = da1 * slope_from(a1)  # (n_h, m)
    # The first layer is like the second, with the pixels as its inputs:
    #     dw1[j, p] = 1/m * (sum over images i of dz1[j, i] * x[p, i]).
    dw1 = (1 / m * dz1) @ x.T  # (n_h, n_x)
    db1 = 1 / m * dz1.sum(axis=1, keepdims=True)  # (n_h, 1)
    return {"dw1": dw1, "db1": db1, "dw2": dw2, "db2": db2}


# ---------------------------------------------------------------------- check
def measure_gradients(x, y, parameters):
    """Return the gradients of backward_prop, measured, not calculated.

    To measure a slope, make one number a little larger, then a little smaller,
    and divide the difference in the cost by that in the number. No calculus is
    needed, so this tells whether the equations in backward_prop are right. The
    costs differ by very little, so the numbers must have 16 digits (float64).

    Why not train like this? It takes two forward passes for each number, and
    the network that main trains has 795,010 of them. backward_prop finds all
    slopes in about the time of one forward pass, because the slopes along z2
    and z1 are worked out once, and all weights of a layer share them. So it is
    enough that check_update (below the lesson) compares both before the
    training, on a tiny network.
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
def update_parameters(parameters, gradients, learning_rate):
    """Move each parameter a little downhill, in place, and return them all.

    Where the slope of the cost along a number is positive, the cost falls if
    the number shrinks; where it is negative, if it grows. Subtracting the
    slope does both. All of them move at once, although each slope was found
    with all other numbers held still. That works if the step is small: each
    number changes the cost by about -learning_rate times its slope squared,
    which is never positive, and these changes add up. (train_step passes a
    running sum of gradients instead of the gradients themselves.)
    """
    for name in LEARNED:
        parameters[name] -= learning_rate * gradients["d" + name]
    return parameters


def train_step(x, y, parameters, velocity, learning_rate, momentum):
    """Update the network once, in place, from the images x and their labels y.

    x is (n_x, m), y is (n_y, m), and velocity has the shapes of the gradients.
    The images of one mini-batch stand for all: the slopes of their cost are
    roughly those of the cost of all images. The velocity is a running sum of
    gradients, which is multiplied by the momentum before the new gradients are
    added (Polyak, 1964). What many mini-batches agree on adds up in it, and
    what they disagree on mostly cancels out. With a momentum of 0.98, a
    gradient that stays the same adds up to 1 + 0.98 + 0.98² + ... = 50 times
    itself. So a learning rate of 0.02 moves as far in the end as 1 would
    without momentum, but more smoothly. The sum is slow to turn round, so at
    first the cost swings up and down; it settles as the learning rate falls.
    """
    forward_cache = forward_propagation(x, parameters)
    gradients = backward_prop(x, y, parameters, forward_cache)
    for name in velocity:  # in place, which is quicker than making new arrays
        velocity[name] *= momentum
        velocity[name] += gradients[name]
    update_parameters(parameters, velocity, learning_rate)


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
    moved = x[row * side + column]
    moved[~inside] = 0  # what comes from outside is background
    return moved


def augment(x, max_shift, max_distortion, rng, parts=4):
    """Return the square images x (n_x, m), each moved a little at random.

    A digit that has moved a little is still the same digit, so one image can
    stand for many, and images that are never the same are hard to memorise.
    This lifts the accuracy on new images from 93 to 98 %. Each quarter of the
    mini-batch moves in its own way. To move each image in its own way takes
    longer and gains hardly anything.
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

    The top of the file explains the settings. The defaults here make plain
    gradient descent: one update per iteration, on all images, unaltered.
    Return the parameters and cost_list: the cost before the training and after
    each iteration, on at most 1,000 images as they are. Each time, report(
    iteration, cost, parameters) is called. These parameters go on changing: so
    copy them. Ctrl-C keeps what was learned. Raise InputError for wrong x, y.
    """
    check_images(x, y)
    x, y = np.asarray(x, np.float32), np.asarray(y, np.float32)
    m, rng = x.shape[1], default_rng(seed)
    parameters = initialize_parameters(len(x), n_h, len(y), activation, rng)
    velocity = {"d" + n: np.zeros_like(parameters[n]) for n in LEARNED}
    n_batches = math.ceil(m / (batch_size or m))
    printed = [tenth * iterations // 10 for tenth in range(11)]
    cost_list = []

    def tell(iteration):
        cost = measure_cost(x, y, parameters)
        cost_list.append(cost)
        if iteration in printed:
            print(f"Cost after {iteration} iterations is : {cost:.4f}")
        if report:
            report(iteration, cost, parameters)

    tell(0)
    try:
        for iteration in range(1, iterations + 1):
            decay = (iteration - 1) / iterations if learning_rate_decay else 0
            rate = learning_rate * (1 - decay)
            # Equal batches: in a small one, a few odd images count too much.
            for chosen in np.array_split(rng.permutation(m), n_batches):
                x_now, y_now = x[:, chosen], y[:, chosen]
                if max_shift or max_distortion:
                    x_now = augment(x_now, max_shift, max_distortion, rng)
                train_step(x_now, y_now, parameters, velocity, rate, momentum)
            tell(iteration)
            cost = cost_list[-1]
            if not np.isfinite(cost) or cost > 20 * cost_list[0]:
                print(f"The training diverged: the cost is {cost:g}.")
                break
    except KeyboardInterrupt:  # Ctrl-C
        print(f"Stopped in iteration {len(cost_list)} of {iterations}.")
    return parameters, cost_list


def train_with_settings(x, y, report=None):
    """Train a network with the settings at the top of the file; see model."""
    return model(
        x,
        y,
        n_h=n_h,
        learning_rate=learning_rate,
        iterations=iterations,
        activation=activation,
        batch_size=batch_size,
        momentum=momentum,
        max_shift=max_shift,
        max_distortion=max_distortion,
        learning_rate_decay=learning_rate_decay,
        seed=seed,
        report=report,
    )


# ----------------------------------------------------------------- evaluation
def predict(x, parameters):
    """Return the most likely class of each image in x (n_x, m), as (m,)."""
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
    check_settings(globals())  # globals() holds all names of this file
    folder = Path(__file__).parent
    data = load_data(folder / data_folder)
    x_train, y_train, x_test, y_test = data
    own_images = read_own_digits(folder, own_digits, len(x_train))
    code_is_right = check_update(len(x_train), n_h, len(y_train), activation)

    report = open_window(x_test, y_test, iterations)
    parameters, cost_list = train_with_settings(x_train, y_train, report)
    train_accuracy = accuracy(x_train, y_train, parameters)
    test_accuracy = accuracy(x_test, y_test, parameters)
    print(f"Accuracy of Train Dataset {train_accuracy:.1f} %")
    print(f"Accuracy of Test Dataset {test_accuracy:.1f} %")
    accuracies = train_accuracy, test_accuracy
    give_advice(code_is_right, cost_list, y_train, *accuracies)

    changed = describe_settings(globals())
    show_results(changed, folder, data, cost_list, parameters, own_images)
    return parameters


# ====== The lesson ends here. The rest serves it, and you can skip it. ======


# ----------------------------------------------- what the checks find and say
class InputError(ValueError):
    """A setting, a file or a picture is wrong; the message is one line."""


def require(is_right, message):
    """Raise InputError with this message if something isn't right."""
    if not is_right:
        raise InputError(message)


RECIPE = 'The recipe "One-hot labels" in docs/recipes.md helps.'


def check_images(x, y=None):
    """Raise InputError unless x (n_x, m) and y (n_y, m) are as in the lesson.

    Resizing may leave pixels a little above 1, so they may be up to 2.
    """
    shape, advice = np.shape(x), "A single image is x[:, [0]], not x[:, 0]."
    expected = "expected (n_x, m): one column per image"
    require(len(shape) == 2, f"Found x of shape {shape}, {expected}. {advice}")
    least, most = np.min(x), np.max(x)
    require(
        least >= 0 and most < 2,  # false for nan, too
        f"Found x from {least:g} to {most:g}, expected pixels from 0 to 1.",
    )
    found, m = np.shape(y), shape[1]
    require(
        y is None or len(found) == 2 and found[0] > 1 and found[1] == m,
        f"Found y of shape {found}, expected (n_y, {m}): one row per class, "
        f"and one column per image in x. {RECIPE}",
    )


TINY_NETWORK_FAILED = (
    "Gradient check: your code fails on a tiny network with 4 pixels, 5 "
    "hidden neurons, 3 classes and 6 images. Take sizes from arrays: x.shape."
)


def find_side_effects(x, y, parameters):
    """Return a line if going forward or back changes things or is random."""
    given = {"x": x, "y": y} | {name: parameters[name] for name in LEARNED}
    before = {name: values.copy() for name, values in given.items()}

    def go_forward():
        return {"a2": probabilities(x, parameters)}

    def go_back():
        cache = forward_propagation(x, parameters)
        return backward_prop(x, y, parameters, cache) or {}

    functions = {"forward_propagation": go_forward, "backward_prop": go_back}
    for function, run in functions.items():
        first = {name: np.array(values) for name, values in run().items()}
        for name, values in given.items():
            if not np.array_equal(values, before[name]):
                return f"{function} changes {name}: let it make new arrays."
        second = run()
        for name, values in first.items():
            if not np.array_equal(values, second[name], equal_nan=True):
                question = "Is something in it random, as in dropout?"
                return (
                    f"{function} gives two answers to the same x. {question}"
                )
    return ""


def find_bad_slope(activation):
    """Return a line if the slope of an activation is wrong by itself."""
    activate, slope_from = ACTIVATIONS[activation]
    z, h = np.linspace(-2.05, 2, 28), 1e-6  # 0, ReLU's corner, isn't among z
    a, measured = activate(z), (activate(z + h) - activate(z - h)) / (2 * h)
    if np.allclose(slope_from(a), measured, atol=1e-4):
        return ""
    why = f"Its input is the output a = {activation}(z)."
    if np.allclose(slope_from(z), measured, atol=1e-4):
        why += ' It would be right for z, which is forward_cache["z1"].'
    return f"the slope of {activation} is wrong, so dw1 and db1 are. {why}"


def explain_gradients(wrong, gradients, measured, activation):
    """Return a line for each wrong gradient, or one for their common cause."""
    lines = []
    for name in wrong:
        found = np.shape(gradients[name]) if name in gradients else "missing"
        expected = measured[name].shape
        if found != expected:
            lines.append(f"{name} is {found}, but should be {expected}.")
    if lines or not wrong:
        return lines
    bad_slope = find_bad_slope(activation)
    if wrong == ["dw1", "db1"] and bad_slope:
        return [bad_slope]
    ours = np.hstack([gradients[name].ravel() for name in measured])
    slopes = np.hstack([measured[name].ravel() for name in measured])
    factor = ours @ slopes / (slopes @ slopes)
    if factor and np.allclose(ours, factor * slopes, atol=1e-7):
        advice = "Look at signs, at 1/m and at cost_function."
        names = ", ".join(wrong)
        return [f"{names} are {factor:.3g} times what was measured. {advice}"]
    for name in wrong:
        error = np.abs(gradients[name] - measured[name])
        row, column = place = np.unravel_index(error.argmax(), error.shape)
        lines.append(
            f"{name}[{row}, {column}] is {gradients[name][place]:.5f} in "
            f"backward_prop, but measured {measured[name][place]:.5f}."
        )
    return lines


def explain_movement(moved, parameters):
    """Return what is wrong with an update that should lower all parameters.

    moved holds by how much each has changed.
    """
    still = ", ".join(n for n in moved if not moved[n].any())
    uphill = ", ".join(n for n in moved if moved[n].sum() > 0)
    arrays = [n for n, v in parameters.items() if isinstance(v, np.ndarray)]
    unknown = ", ".join(n for n in arrays if n not in LEARNED)
    lines = []
    if still:
        advice = "It must change the arrays themselves, as -= does."
        lines.append(f"update_parameters leaves {still} unchanged. {advice}")
    if uphill:
        lines.append(f"update_parameters moves {uphill} uphill.")
    if unknown:
        lines.append(f"{unknown} isn't in LEARNED, so it is never trained.")
    return lines


def find_faults(x, y, parameters, activation):
    """Return what is wrong with the lesson's functions, a line per fault.

    A fault that only follows from another one isn't listed.
    """
    side_effect = find_side_effects(x, y, parameters)
    if side_effect:
        return [side_effect]
    cost = cost_function(probabilities(x, parameters), y)
    if not 0 <= cost < np.inf:  # true for nan, too
        question = "Is its minus sign missing, or does it take log(0)?"
        return [f"cost_function gives {cost:.3g}, below 0 or none. {question}"]
    measured = measure_gradients(x, y, parameters)
    forward_cache = forward_propagation(x, parameters)
    gradients = backward_prop(x, y, parameters, forward_cache) or {}
    wrong = [
        name
        for name, slopes in measured.items()
        if np.shape(gradients.get(name)) != slopes.shape
        or not np.allclose(gradients[name], slopes, rtol=1e-5, atol=1e-7)
    ]
    return explain_gradients(wrong, gradients, measured, activation)


def check_update(n_x, n_h, n_y, activation):
    """Check one update before the training; return whether all is right.

    Print a line for each fault. The gradients are checked on a tiny network
    with 4 pixels, 5 hidden neurons, 3 classes and 6 images. All its numbers
    are random, whatever initialize_parameters does.
    """
    # With this seed, ReLU switches some neurons on and some off, and no sum
    # lies so near its corner that a little more or less would cross it.
    rng = default_rng(143)
    x = rng.random((4, 6))
    y = np.eye(3)[:, [0, 1, 2, 0, 1, 2]]  # column c of np.eye(3): class c
    tiny = initialize_parameters(4, 5, 3, activation)
    for name in LEARNED:
        tiny[name] = rng.standard_normal(tiny[name].shape)
    try:
        faults = find_faults(x, y, tiny, activation)
    except Exception:
        print(TINY_NETWORK_FAILED)
        raise
    # If all slopes of the cost were 1, an update of the real network would
    # have to make each parameter smaller.
    parameters = initialize_parameters(n_x, n_h, n_y, activation)
    before = {name: parameters[name].copy() for name in LEARNED}
    slopes = {"d" + name: np.ones_like(before[name]) for name in LEARNED}
    update_parameters(parameters, slopes, 0.01)
    moved = {name: parameters[name] - before[name] for name in LEARNED}
    faults += explain_movement(moved, parameters)
    right = f"all {len(LEARNED)} gradients agree with measured slopes, and an "
    for line in faults or [right + "update goes downhill."]:
        print(f"Gradient check: {line}")
    return not faults


def give_advice(code_is_right, cost_list, y, train_accuracy, test_accuracy):
    """Say in one line what went wrong with the training, if anything did."""
    first, last = cost_list[0], cost_list[-1]
    chance = 100 * y.mean(axis=1).max()  # with always the same answer
    if not np.isfinite(last):
        fact = "The cost is no number."
        advice = "Does cost_function take log(0)? If not, lower learning_rate."
    elif last > 20 * first:
        fact = "The cost rose instead of falling."
        advice = "Lower learning_rate."
    elif first == last and len(cost_list) > 1:
        fact = "The cost hasn't moved at all."
        advice = "Does an update change the parameters?"
    elif train_accuracy - chance < (100 - chance) / 10:
        fact = "The network has learned nothing: always the same answer would "
        fact += f"be right for {chance:.1f} % of the training images, too."
        advice = "Are the first weights small? Is learning_rate neither tiny "
        advice += "nor huge? Do images and labels belong together?"
    elif test_accuracy < train_accuracy / 2:
        fact = "The network has memorised the training images, or the test "
        fact += "files don't fit."
        advice = "Do all images stand upright, light on black, and in the "
        advice += "order of their labels?"
    else:
        return
    print(fact, advice if code_is_right else "Mend what the check has found.")


# --------------------------------------------------------- settings and files
def is_number(value):
    """Return whether a value is a number; True and False are none."""
    return type(value) in (int, float)


def is_name(value):
    """Return whether a value is text without invisible letters like \\n."""
    return type(value) is str and value.isprintable()


COUNT = ("a whole number from 1", lambda v: type(v) is int and v >= 1)
COUNT_OR_NONE = (f"{COUNT[0]}, or None", lambda v: v is None or COUNT[1](v))
SIZE = ("a whole number from 0", lambda v: type(v) is int and v >= 0)
RATE = ("a number above 0", lambda v: is_number(v) and v > 0)
SHARE = ("a number from 0 to below 1", lambda v: is_number(v) and 0 <= v < 1)
CURVE = (f"one of {[*ACTIVATIONS]}", lambda v: v in [*ACTIVATIONS])
SWITCH = ("True or False", lambda v: type(v) is bool)
FOLDER = ("a folder's name, with / and no \\", is_name)
FILES = (
    'a list of files, such as ["digits/seven.png"], with / and no \\',
    lambda v: type(v) is list and all(is_name(name) for name in v),
)
# For each setting: its value as shipped, what is expected, and whether a value
# v is right.
RULES = {
    "n_h": (1000, *COUNT),
    "learning_rate": (0.02, *RATE),
    "iterations": (100, *COUNT),
    "activation": ("tanh", *CURVE),
    "batch_size": (128, *COUNT_OR_NONE),
    "momentum": (0.98, *SHARE),
    "max_shift": (1, *SIZE),
    "max_distortion": (0.3, *SHARE),
    "learning_rate_decay": (True, *SWITCH),
    "seed": (0, *SIZE),
    "data_folder": (".", *FOLDER),
    "own_digits": ([], *FILES),
}


def check_settings(settings):
    """Raise InputError if one of these settings is wrong."""
    for name, (_, expected, is_right) in RULES.items():
        require(
            is_right(settings[name]),
            f"neural_network.py, setting {name}: found {settings[name]!r}, "
            f"expected {expected}.",
        )


def describe_settings(settings):
    """Return the settings of the training that aren't as shipped, as text."""
    changed = [
        f"{name}={settings[name]}"
        for name, (shipped, *_) in RULES.items()
        if name != "own_digits" and settings[name] != shipped
    ]
    return ", ".join(changed) or "as shipped"


def parse(lines):
    """Return the numbers in rows of CSV text as a table (rows, columns)."""
    options = {"comments": None, "delimiter": ",", "quotechar": '"'}
    return np.loadtxt(lines, np.float32, ndmin=2, **options)


def find_problem(line, width):
    """Return what is wrong with a row of CSV text, or else an empty text."""
    try:
        found = parse([line]).shape[1] if line else width
    except ValueError as error:  # NumPy calls the only row here row 0
        return str(error).replace("at row 0, column", "in column").rstrip(".")
    return "" if found == width else f"found {found} columns, not {width}"


def load_csv(path):
    """Return the numbers in a CSV file as a table (rows, columns).

    Numbers may stand in quotes. Blank rows and commas at the end of a row
    don't count. Raise InputError that names the first row that is wrong, and
    OSError if the file can't be read.
    """
    text = path.read_text("utf-8-sig", errors="replace")
    lines = [line.rstrip(", \t") for line in text.split("\n")]
    require(any(lines), f"{path}: found no rows, expected rows of numbers.")
    try:
        return parse(lines)
    except ValueError:  # in which row?
        width = mode(line.count(",") + 1 for line in lines if line)
    problems = (find_problem(line, width) for line in lines)
    row, problem = next((r, p) for r, p in enumerate(problems, 1) if p)
    advice = "Mend or delete this row."
    if row == 1:
        advice = "Is it an Excel file, or text that isn't UTF-8?"
        second = next((line for line in lines[1:] if line), "none")
        if not find_problem(second, width):
            advice = "Is it a header? Then delete it."
    raise InputError(
        f"{path}, row {row}: {problem}. Expected only numbers, with commas "
        f"between them. {advice}"
    )


def check_equal(what, sizes, one, other, question):
    """Raise InputError if two files differ in their rows or columns."""
    found = f"{one} has {sizes[one]} {what}, and {other} has {sizes[other]}"
    message = f"{found}, expected as many in both. {question}"
    require(sizes[one] == sizes[other], message)


def check_rows(path, table, is_right, expected):
    """Raise InputError at the first row that is wrong; is_right is (rows,)."""
    row = is_right.argmin()
    numbers = table[row]
    found = ",".join(f"{number:g}" for number in numbers)
    if len(found) > 40:
        found = f"numbers from {numbers.min():g} to {numbers.max():g}"
    if row == 0 and is_right[1:].any():
        expected += " Or is row 1 a header? Then delete it."
    where = f"{path}, row {row + 1}"
    require(is_right[row], f"{where}: found {found}, expected {expected}")


def load_data(folder):
    """Return x_train, y_train, x_test, y_test from the CSV files in a folder.

    Row i of a file becomes column i: x (n_x, m) holds pixels from 0 to 1, and
    y (n_y, m) one-hot labels, in single precision. Raise InputError if a file
    can't be used, and OSError if it can't be read.
    """
    names = ("train_X.csv", "train_label.csv", "test_X.csv", "test_label.csv")
    files = [Path(folder, name) for name in names]
    train_x, train_label, test_x, test_label = files
    tables = {file: load_csv(file) for file in files}
    rows = {file: table.shape[0] for file, table in tables.items()}
    columns = {file: table.shape[1] for file, table in tables.items()}

    question = "Is a column the label, or does it count the rows?"
    check_equal("columns", columns, train_x, test_x, question)
    check_equal("columns", columns, train_label, test_label, question)
    require(
        math.isqrt(columns[train_x]) ** 2 == columns[train_x],
        f"{train_x}: found {columns[train_x]} columns, expected a square "
        f"number like 784 = 28 · 28, as images are square. {question}",
    )
    question = "An image and its label must stand in the same row."
    check_equal("rows", rows, train_x, train_label, question)
    check_equal("rows", rows, test_x, test_label, question)
    for file in (train_label, test_label):
        y = tables[file]
        is_one_hot = np.isin(y, [0, 1]).all(axis=1) & (y.sum(axis=1) == 1)
        expected = f"a one-hot label: a single 1 among 0s. {RECIPE}"
        check_rows(file, y, is_one_hot & (columns[file] > 1), expected)
    for file in (train_x, test_x):
        x = tables[file]
        is_right = ((x >= 0) & (x < np.inf)).all(axis=1)  # nan is wrong, too
        check_rows(file, x, is_right, "pixels from 0, the background, up.")
        expected = "some ink. Were pixels from 0 to 1 cut to whole numbers?"
        check_rows(file, x, x.any(axis=1), expected)
    # Full ink is the median of the images' brightest pixels: 255, or 1, or
    # what these files were written with. What is above is cut off.
    full_ink = np.median(tables[train_x].max(axis=1))
    test_ink = np.median(tables[test_x].max(axis=1))
    require(
        2 / 3 < test_ink / full_ink < 3 / 2,
        f"{test_x}: found full ink of {test_ink:g}, expected {full_ink:g} as "
        "in train_X.csv. Write the pixels of both in the same way.",
    )
    for file in (train_x, test_x):
        tables[file] = np.minimum(tables[file] / full_ink, 1)
    warn_about_data(files, *tables.values())
    return [tables[file].T for file in files]


def warn_about_data(files, train_x, train_y, test_x, test_y):
    """Print a line for each thing that makes training or test worthless."""
    for c in np.flatnonzero(test_y.any(axis=0) & ~train_y.any(axis=0)):
        print(
            f"{files[1]}: no training image shows class {c}, test images do."
        )
    known = {hash(row.tobytes()) for row in train_x}
    copies = sum(hash(row.tobytes()) in known for row in test_x)
    if copies:
        print(
            f"{files[2]}: {copies} of {len(test_x)} test images are training "
            "images, too, so they test nothing."
        )
    # Pixels above each other are alike. So the images' width is the distance
    # in a row of the file at which pixels differ least.
    n_x, images = train_x.shape[1], train_x[:1000]
    side = math.isqrt(n_x)
    difference = {
        k: np.abs(images[:, k:] - images[:, :-k]).mean()
        for k in range(2, n_x)
        if n_x % k == 0
    }
    width = min(difference, key=difference.get, default=side)
    # At MNIST's width, and at half of it, pixels differ by only 2/3 of what
    # they do at the next best distance. So 0.8 leaves room on both sides.
    if width != side and difference[width] < 0.8 * difference[side]:
        print(
            f"{files[0]}: the images look {width} pixels wide and "
            f"{n_x // width} high, expected squares. Cut or resize them."
        )


# -------------------------------------------------- the student's own digits
# All numbers were tuned on photographs and drawings. Beside a rule, (4) says
# that without it, 4 more of 482 photographs are misread.
LONGEST = 200  # pixels of a picture's longer side: enough, and quick
LEAST_INK = 0.1  # a smaller difference from the paper isn't ink
LEAST_AREA = 1 / 4000  # of a component, as a share of the picture
LEAST_WEIGHT = 0.15  # of a component, as a share of the heaviest one's (26)
DIGIT_LENGTH, STROKE_WIDTH = 100, 11  # pixels of a digit before it shrinks


def open_picture(path):
    """Return the picture in a file: upright, RGB, at most 200 pixels long."""
    if not path.exists():
        names, start = os.listdir(path.parent), path.stem.lower()
        alike = [name for name in names if name.lower().startswith(start)]
        raise InputError(f"{path}: no such file. Alike: {alike or 'none'}.")
    try:
        with Image.open(path) as file:
            file.draft(None, (2 * LONGEST, 2 * LONGEST))  # a JPEG: small, fast
            # Pillow turns a TIFF file itself, up to 10.0 without noting so.
            is_tiff = file.format == "TIFF"
            picture = file.copy() if is_tiff else ImageOps.exif_transpose(file)
    except Exception as error:  # each kind of broken file raises another one
        start = path.read_bytes()[:12]  # it tells what kind of file this is
        raise InputError(
            f"{path}: found no picture ({error}). The file begins with "
            f"{start}. Save the picture as PNG or JPEG."
        ) from None
    if picture.mode[0] in "IF":  # greys with more than 8 bits, on any scale
        grey = np.asarray(picture, float)
        picture = Image.fromarray(np.uint8(255 * grey / (grey.max() or 1)))
    picture = picture.convert("RGBA")
    picture.thumbnail((LONGEST, LONGEST), Image.BOX)
    # Where a picture is transparent, both black and white stand out on grey.
    paper = Image.new("RGBA", picture.size, "grey")
    return Image.alpha_composite(paper, picture).convert("RGB")


def find_drawing(picture):
    """Return the ink 0-1 (h, w) of a picture drawn on a screen, or else None.

    There, all paper has one colour, but for what JPEG changes: the one that
    most of the border has. Even a thick digit that fills its picture leaves a
    quarter to it. Most of what isn't paper differs much from it (8).
    """
    colours = np.asarray(picture, float)  # (h, w, 3)
    sides = [colours[0], colours[-1], colours[:, 0], colours[:, -1]]
    paper = np.median(np.concatenate(sides), axis=0)  # red, green and blue
    difference = np.abs(colours - paper).max(axis=2)
    is_flat = np.mean(difference <= 2) >= 0.25
    is_clear = 2 * np.sum(difference >= 50) >= np.sum(difference > 2)
    ink = difference / 255
    return np.where(ink > LEAST_INK, ink, 0) if is_flat and is_clear else None


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
    noise = -np.quantile(ink, 0.2)  # lighter than paper (1)
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
    view = np.lib.stride_tricks.sliding_window_view
    fits = view(is_ink, length, axis=0).all(axis=2)  # a bar begins in this row
    fits = np.pad(fits, ((length - 1, length - 1), (0, 0)))
    return view(fits, length, axis=0).any(axis=2)


def remove_lines(ink):
    """Return ink (h, w) without lines from the left border to the right."""
    height, width = ink.shape
    length = max(ink.shape)
    row, column = np.indices(ink.shape)
    across = 2 * column / width - 1  # from -1 to 1
    picture = Image.fromarray(np.uint8(ink > 0))
    # Dilation closes the gaps in dotted lines (10).
    covered = np.asarray(dilate(picture, length // 80))
    on_line = np.zeros(ink.shape, bool)
    # Lay a ruler on the picture, at each height and, as few photographs are
    # quite upright (10) and few sheets quite even (1), at 9 slants and bent in
    # 5 ways. It lies on a line if nearly all is inked.
    for tilt, bend in np.ndindex(9, 5):
        rise = (tilt - 4) / 64 * across + (bend - 2) / 24 * across**2
        ruler = np.rint(row + height * rise).astype(int)
        ruler = np.clip(ruler, 0, height - 1)
        inked_share = covered[ruler, column].mean(axis=1)
        on_line[ruler[inked_share > 0.9], column[0]] = True
    # Strokes that cross it stay: they are taller than it is thick (12).
    is_stroke = open_upright(ink > 0, min(height, length // 30 + 1))
    return np.where(on_line & ~is_stroke, 0, ink)


def find_components(ink):
    """Return the components of ink (h, w), each with 0 instead of the others.

    A component is ink that hangs together, with gaps of 2 pixels (13).
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


def select_components(ink):
    """Return the ink (h, w) of the digit, and whether others are beside it.

    A digit is what hangs together, stands near the middle or alone, and isn't
    a line, a frame or something that the border cuts. So a component weighs
    as much as its ink, and the less the nearer to the border this is (1).
    Frames (3), what is cut (4) and what is flat, such as an underline (1),
    weigh next to nothing. What is far from the heaviest one is left out.
    """
    height, width = ink.shape
    nearness = np.outer(np.hanning(height + 2), np.hanning(width + 2))
    components = find_components(ink)
    boxes = [Image.fromarray(part).getbbox() for part in components]
    weights = [np.sum(part * nearness[1:-1, 1:-1]) for part in components]
    for place, (left, top, right, bottom) in enumerate(boxes):
        is_flat = right - left >= 3 * (bottom - top)
        is_cut = left == 0 or top == 0 or right == width or bottom == height
        is_frame = any(  # around something at least a third as tall
            left < x1 and top < y1 and x2 < right and y2 < bottom
            for x1, y1, x2, y2 in boxes
            if 3 * (y2 - y1) >= bottom - top
        )
        if is_flat or is_cut or is_frame:
            weights[place] /= 1000
    digit, others = np.zeros(ink.shape), False
    if not components:
        return digit, others
    heaviest = max(weights)
    left, top, right, bottom = boxes[weights.index(heaviest)]
    for weight, (x1, y1, x2, y2), component in zip(weights, boxes, components):
        gap = max(x1 - right, left - x2)
        overlap = min(y2, bottom) - max(y1, top)
        if weight < LEAST_WEIGHT * heaviest:
            continue
        if gap > 0 and 3 * overlap > 2 * (max(y2, bottom) - min(y1, top)):
            others = True  # side by side, and alike in height
        elif 2 * max(gap, -overlap) < max(right - left, bottom - top):
            digit += component
    return digit, others


def resize_to(picture, length):
    """Return a picture in another size: its longer side has this length."""
    scale = length / max(picture.size)
    size = [max(1, round(scale * n)) for n in picture.size]
    return picture.resize(size, Image.BICUBIC)


def set_stroke_width(digit):
    """Return a digit, a grey picture, with strokes like MNIST's (23)."""
    digit = resize_to(digit.crop(digit.getbbox()), DIGIT_LENGTH)
    digit = ImageOps.expand(digit, STROKE_WIDTH)  # for them to grow
    # A stroke of length l and width w has the area l * w. Dilated, it grows
    # by a pixel on both sides, so by the area 2 * l. The quotient is w / 2.
    area, dilated_area = np.sum(digit), np.sum(dilate(digit, 1))
    half_width = area / (dilated_area - area)
    missing = round(STROKE_WIDTH / 2 - half_width)
    if missing >= 0:
        return dilate(digit, missing)
    # To erode is to dilate the paper.
    return ImageOps.invert(dilate(ImageOps.invert(digit), -missing))


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
        corner.append(int(np.clip(round(side / 2 - centre), 0, side - length)))
    image = Image.new("L", (side, side))
    image.paste(digit, tuple(corner))
    return np.reshape(image, (-1, 1)) / np.max(image)


def read_digit(path, side=28):
    """Return the digit in a picture file as pixels 0-1 (side * side, 1)."""
    picture = open_picture(path)
    ink = find_drawing(picture)
    if ink is None:
        ink = subtract_background(picture)
    ink = remove_lines(remove_lines(ink).T).T  # level (16), upright (1)
    ink, others = select_components(ink)
    if not ink.any():
        raise InputError(
            f"{path}: found no digit. Write it darker, with more paper."
        )
    if others:
        print(
            f"{path.name} seems to show several digits. Only the one that is "
            "largest and nearest to the middle was read."
        )
    # Half of the ink becomes full ink, but for the strokes' soft edges (1).
    ink = np.clip(ink / np.median(ink[ink > 0]), 0, 1)
    return normalize_digit(ink, side)


def read_own_digits(folder, names, n_x):
    """Return the digits in picture files, as {name: pixels (n_x, 1)}."""
    return {name: read_digit(folder / name, math.isqrt(n_x)) for name in names}


# ------------------------------------------------------------------- pictures
# Wrong is red, and right is blue. Among weights, red is above 0, blue below.
RED, BLUE = np.array([178, 24, 43]) / 255, np.array([33, 102, 172]) / 255
STYLE = {
    "axes.edgecolor": "0.6",
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.size": 11,
    "interactive": False,  # show a figure only when it is drawn
    "toolbar": "None",  # its tools would be in the way of drawing on the pad
}


def in_style(function):
    """Let a function draw in STYLE, whatever style the reader has set."""
    return plt.style.context("default")(plt.rc_context(STYLE)(function))


def draw_figure(name, title, explanation, *panels, size=(10, 6.5)):
    """Draw a figure with a title and one panel, three or none; return it.

    A panel is a function that draws on axes, and its further arguments.
    """
    if name != "window":  # which is drawn again and again
        plt.close(name)  # that of an earlier run
    figure = plt.figure(name, size)
    figure.clear()
    inch = 1 / figure.get_figheight()
    figure.text(0.03, 1 - 0.4 * inch, title, size=15, weight="bold")
    figure.text(0.03, 1 - 0.65 * inch, explanation, color="0.3")
    places = [[0.07, 0.08, 0.9, 0.78]]
    if len(panels) == 3:  # one to the left, two to the right
        places = [[0.08, 0.1, 0.33, 0.74], [0.45, 0.46, 0.52, 0.39]]
        places.append([0.45, 0.05, 0.52, 0.39])
    for place, (show, *arguments) in zip(places, panels):
        show(figure.add_axes(place), *arguments)
    return figure


def ink_tile(pixels, colour=(0, 0, 0)):
    """Return an image (n_x,) in ink of a colour, as (side, side, 3)."""
    side = math.isqrt(pixels.size)
    return 1 - pixels.reshape(side, side, 1) * (1 - np.array(colour))


def weight_tile(weights, largest):
    """Return weights (n_x,) in red, white and blue, as (side, side, 3)."""
    side = math.isqrt(weights.size)
    share = 0.5 + weights.reshape(side, side) / (2 * largest or 1)
    return plt.get_cmap("RdBu_r")(share)[:, :, :3]


def show_tiles(axes, tiles, titles, columns):
    """Draw tiles (height, width, 3) row by row, each below its title."""
    height, width, _ = tiles[0].shape
    gap = height // 3
    down, right = height + gap, width + gap  # from one tile to the next
    rows = math.ceil(len(tiles) / columns)
    sheet = np.ones((rows * down, columns * right - gap, 3))
    for place, (tile, title) in enumerate(zip(tiles, titles)):
        top = place // columns * down + gap
        left = place % columns * right
        sheet[top : top + height, left : left + width] = tile
        axes.text(left, top - gap / 5, title, size=9, parse_math=False)
    axes.imshow(sheet, interpolation="nearest")
    axes.set_axis_off()
    axes.set_anchor("NW")  # as far up and left as there is room


def show_cost(axes, cost_list, iterations, n_y):
    """Draw the cost over the iterations, beside that of pure guessing."""
    guess = math.log(n_y)
    axes.axhline(guess, color="0.6", linestyle="--")
    axes.text(iterations, 1.05 * guess, "pure guessing", ha="right", size=9)
    axes.plot(cost_list, color=BLUE, marker="." if iterations < 20 else "")
    axes.set(xlabel="iterations", ylabel="cost, logarithmic", yscale="log")
    axes.set_xlim(0, max(iterations, 1))
    axes.locator_params("x", integer=True, nbins=6, steps=[1, 2, 5, 10])
    axes.yaxis.set_major_locator(LogLocator(subs=[1, 2, 5]))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter("")
    # A tenth at least, or a cost that stays the same would look like a fall.
    bottom, top = axes.get_ylim()
    axes.set_ylim(min(bottom, guess / 10), max(top, 1.5 * guess))
    axes.grid(which="both", alpha=0.3)


def show_answers(axes, x, y, parameters, columns):
    """Draw images with the network's answers: wrong in red, right in blue."""
    tiles, titles = [], []
    for image, chances, label in zip(x.T, probabilities(x, parameters).T, y.T):
        answer, right = chances.argmax(), label.argmax()
        tiles.append(ink_tile(image, BLUE if answer == right else RED))
        text = f"{answer}" if answer == right else f"{answer}, not {right}"
        titles.append(f"{text} ({chances[answer]:.0%})")
    show_tiles(axes, tiles, titles, columns)


def show_neurons(axes, x, parameters, count, columns):
    """Draw the weights of hidden neurons, laid out like the pixels.

    They are those that matter most for the images x or, if x is None, simply
    the first ones.
    """
    w1, w2 = parameters["w1"], parameters["w2"]
    neurons = np.arange(len(w1))[:count]
    if x is not None:  # those whose output varies, with a large weight
        spread = forward_propagation(x, parameters)["a1"].std(axis=1)
        neurons = np.argsort(-spread * np.abs(w2).max(axis=0))[:count]
    tiles = [weight_tile(w1[j], np.abs(w1[j]).max()) for j in neurons]
    outgoing = w2[:, neurons].T
    titles = [f"for {w.argmax()}, against {w.argmin()}" for w in outgoing]
    show_tiles(axes, tiles, titles, columns)


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
    w1, stamps = parameters["w1"][neurons], -dw1[neurons]
    titles = [f"w1, neuron {j}" for j in neurons]
    titles += [f"{-dz1[j, 0]:+.2f} x" for j in neurons]
    titles += ["w1 - dw1" for j in neurons]
    tiles = []
    largest = np.abs(w1 + stamps).max()  # one scale for before and after
    scales = largest, np.abs(stamps).max(), largest
    for row, scale in zip((w1, stamps, w1 + stamps), scales):
        tiles += [weight_tile(weights, scale) for weights in row]
    axes = axes.inset_axes([0.28, 0, 0.72, 1])
    show_tiles(axes, tiles, titles, len(neurons))


def describe_answer(image, parameters):
    """Return the two most likely classes of an image (n_x, 1), as text."""
    check_images(image)
    chances = probabilities(image, parameters)[:, 0]
    first, second = np.argsort(-chances)[:2]
    return f"{first} ({chances[first]:.0%}), {second} ({chances[second]:.0%})"


def show_own_digits(axes, folder, own_images, parameters):
    """Draw each picture, and to its right the image that the network sees."""
    tiles, titles = [], []
    for name, image in own_images.items():
        picture = open_picture(folder / name)
        picture = ImageOps.pad(picture, (140, 140), color="white")
        seen = Image.fromarray(np.uint8(255 * ink_tile(image)))
        seen = seen.resize((140, 140), Image.NEAREST)
        tiles.append(np.hstack([picture, seen]) / 255)
        answer = describe_answer(image, parameters)
        titles.append(f"{Path(name).name[:20]}\n{answer}")
    show_tiles(axes, tiles, titles, 2 if len(tiles) < 5 else 4)


def choose_images(x, y, parameters):
    """Return the numbers of 32 images, and how many of all are misread.

    Up to 16 of the surest mistakes come first, then others that are right.
    """
    chances = probabilities(x, parameters)
    is_wrong = chances.argmax(axis=0) != y.argmax(axis=0)
    mistakes = np.flatnonzero(is_wrong)
    surest = mistakes[np.argsort(-chances.max(axis=0)[mistakes])][:16]
    others = default_rng(0).permutation(np.flatnonzero(~is_wrong))
    return [*surest, *others][:32], len(mistakes)


def list_pictures(folder, data, cost_list, parameters, own_images):
    """Return {name: (title, explanation, panels ...)}: see draw_figure."""
    x_train, y_train, x_test, y_test = data
    costs = (show_cost, cost_list, len(cost_list) - 1, len(y_test))
    title = "The cost falls while the network learns"
    explanation = "How wrong its answers to the training images are"
    pictures = {"cost": (title, explanation, costs)}
    for part, x, y in ("training", x_train, y_train), ("test", x_test, y_test):
        chosen, count = choose_images(x, y, parameters)
        title = f"The network misreads {count} of {x.shape[1]:,} {part} images"
        explanation = "Its surest mistakes, in red, and some right answers"
        x, y = x[:, chosen], y[:, chosen]
        answers = (show_answers, x, y, parameters, 8)
        pictures[f"{part}_images"] = (title, explanation, answers)
    title = "What hidden neurons look for"
    explanation = "Ink where they are red, none where they are blue. Above: "
    explanation += "their largest and their most negative outgoing weight"
    neurons = (show_neurons, x_test, parameters, 32, 8)
    pictures["hidden_neurons"] = (title, explanation, neurons)
    answer, right = predict(x[:, :1], parameters)[0], y[:, 0].argmax()
    title = f"A {right}, read as a {answer}: how it changes six hidden neurons"
    explanation = "-dw1 = -dz1 xᵀ is stamped onto each: red where weights grow"
    # If there are mistakes, the first of these test images is the surest.
    stamp = (show_stamp, x[:, :1], y[:, :1], parameters)
    pictures["stamp"] = (title, explanation, stamp)
    if own_images:
        title = "Your own digits"
        explanation = "To the right of each, what the network sees"
        own = (show_own_digits, folder, own_images, parameters)
        pictures["own_digits"] = (title, explanation, own)
    share = 100 - 100 * count / x_test.shape[1]
    title = f"{share:.1f} % of the test images are read correctly"
    answers = (show_answers, x[:, :8], y[:, :8], parameters, 4)
    neurons = (show_neurons, x_test, parameters, 8, 4)
    explanation = "Right: its surest mistakes, and the hidden neurons that "
    explanation += "matter most. They want ink where they are red."
    pictures["window"] = (title, explanation, costs, answers, neurons)
    return pictures


# -------------------------------------------------------------------- windows
def attempt(what, action, *arguments, **options):
    """Return what the action returns, or print in a line why it failed.

    A file can't be written, a window toolkit fails, or a picture doesn't fit
    the network, which a student has changed: nothing else is to be lost.
    """
    try:
        return action(*arguments, **options)
    except Exception as error:
        print(f"{what}: not done. {type(error).__name__}: {error}")


def is_desktop(name):
    """Return whether the figure of this name has a window of its own."""
    if not plt.fignum_exists(name):
        return False
    return bool(plt.figure(name).canvas.required_interactive_framework)


@in_style
def open_window(x, y, iterations):
    """Open a window in which one sees the network learn, if there is a screen.

    Return a report for model that draws it. Return None if no window opens, as
    in a notebook, which shows pictures at the end.
    """
    plt.close("window")  # that of an earlier run
    try:
        canvas = draw_figure("window", "", "").canvas
    except Exception as error:  # each window toolkit fails in its own way
        print(f"No window can open: {error}")
        plt.switch_backend("agg")
        return None
    if not is_desktop("window"):
        plt.close("window")
        return None
    plt.show(block=False)
    explanation = "Right is blue, wrong is red. Hidden neurons want ink where "
    explanation += "they are red, and none where they are blue."
    cost_list = []
    # After 1, 3, 9, 27, ... iterations: most happens at first, and more often
    # would take more than 5 % of the training's time.
    drawn = {0, *(3**k for k in range(20))}

    @in_style
    def report(iteration, cost, parameters):
        cost_list.append(cost)
        if not plt.fignum_exists("window"):
            return
        if iteration in drawn:
            title = f"After {iteration} of {iterations} iterations"
            costs = (show_cost, cost_list, iterations, len(y))
            answers = (show_answers, x[:, :8], y[:, :8], parameters, 4)
            neurons = (show_neurons, None, parameters, 8, 4)
            picture = (title, explanation, costs, answers, neurons)
            if not attempt("window", draw_figure, "window", *picture):
                drawn.clear()  # it can't show this network, so say so once
            canvas.draw()
        canvas.flush_events()  # or nothing would move on the screen

    return report


def save_picture(path, caption, name, *picture):
    """Draw a picture of list_pictures, save it, and show it in a notebook."""
    figure = draw_figure(name, *picture)
    figure.text(0.98, 0.012, caption, size=8, ha="right", color="0.4")
    figure.savefig(path)
    print(f"Picture saved: {path}")
    if is_desktop(name):
        if name != "window":
            plt.close(name)
    elif plt.get_backend().lower() != "agg":
        plt.show()  # one at a time, as some notebooks only show the newest


@in_style
def show_results(changed, folder, data, cost_list, parameters, own_images):
    """Save the network and all pictures in figures/, then show them.

    changed tells which settings aren't as shipped. It names the picture of the
    window, so that a run with other settings doesn't replace it.
    """
    figures = folder / "figures"
    attempt(figures, figures.mkdir, exist_ok=True)
    attempt("network.npz", np.savez, figures / "network.npz", **parameters)
    for name, image in own_images.items():
        answer = describe_answer(image, parameters)
        print(f"Our model says {name} is : {answer}")
    pictures = list_pictures(folder, data, cost_list, parameters, own_images)
    caption = f"{changed}: {pictures['window'][0]}"
    for name, picture in pictures.items():
        file = changed if name == "window" else name
        path = figures / (re.sub(r"[^\w=,. -]", "-", file) + ".png")
        attempt(path, save_picture, path, caption, name, *picture)
    if plt.get_backend().lower() == "agg":
        print("No window can open: there is no screen, or no window toolkit.")
    else:
        attempt("The pad", open_pad, parameters)
        if is_desktop("window"):  # it is still open, as the pad failed
            attempt("The windows", plt.show, block=True)
    # IPython's %run would show an empty figure if it saw that one was drawn.
    plt.draw_if_interactive.called = False


def load_network(folder=Path(__file__).parent):
    """Return the parameters of the last run, which are kept in figures/."""
    with np.load(folder / "figures" / "network.npz") as file:
        # np.load makes an array even of the activation's name.
        return {n: v if v.ndim else v.item() for n, v in file.items()}


def draw_pad(n_x, n_y):
    """Draw an empty pad; return its axes, images, bars and large text."""
    title = "Draw a digit with the left mouse button"
    figure = draw_figure("pad", title, "Right click: clear", size=(8, 3.6))
    figure.set_facecolor("0.95")
    given, seen, answer = figure.subplots(1, 3)
    figure.subplots_adjust(0.03, 0.16, 0.97, 0.77)
    drawn_image = given.imshow(np.zeros((200, 200)), "gray_r", vmax=255)
    seen_image = seen.imshow(ink_tile(np.zeros(n_x)))
    bars = answer.bar(range(n_y), np.zeros(n_y))
    large = answer.text(n_y / 2 - 0.5, 1.05, "", size=24, ha="center")
    given.set(xticks=[], yticks=[], xlabel="your digit")
    seen.set(xticks=[], yticks=[], xlabel="what the network sees")
    answer.set(yticks=[], ylim=(0, 1.3), xlabel="how likely each digit is")
    answer.set_xticks(range(0, n_y, math.ceil(n_y / 10)))
    return given, drawn_image, seen_image, bars, large


@in_style
def open_pad(parameters=None):
    """Let a network, or else that of the last run, read what one draws."""
    advice = "The pad needs a window or, in a notebook, %matplotlib widget."
    require("inline" not in plt.get_backend(), advice)
    parameters = parameters or load_network()
    n_x = parameters["w1"].shape[1]
    side, blank = math.isqrt(n_x), np.zeros((n_x, 1))
    n_y = len(probabilities(blank, parameters))
    given, drawn_image, seen_image, bars, large = draw_pad(n_x, n_y)
    figure = given.figure
    canvas = figure.canvas
    sheet, stroke = Image.new("L", (200, 200)), []  # stroke holds its points
    pen = ImageDraw.Draw(sheet)

    def refresh():
        image, chances, text = blank, np.zeros(n_y), ""
        if sheet.getbbox():
            image = normalize_digit(np.asarray(sheet) / 255, side)
            chances = probabilities(image, parameters)[:, 0]
            text = f"{chances.argmax()}, {chances.max():.0%}"
        drawn_image.set_data(sheet)
        seen_image.set_data(ink_tile(image))
        large.set_text(text)
        for bar, chance in zip(bars, chances):
            is_best = chance == chances.max()
            bar.set(height=chance, facecolor=BLUE if is_best else "0.7")
        if hasattr(canvas, "handle_event"):  # in a browser, which can't blit
            return canvas.draw_idle()
        # Only what has changed is drawn, to keep up with a quick hand.
        background = large.axes.patch
        for artist in (drawn_image, seen_image, background, *bars, large):
            figure.draw_artist(artist)
        canvas.blit()
        if hasattr(canvas, "queue_draw"):  # GTK, whose version 4 can't blit
            canvas.queue_draw()

    def on_mouse(event):
        if event.name == "button_press_event":
            stroke.clear()
        if event.button == 3:
            sheet.paste(0, (0, 0, *sheet.size))
        elif event.button == 1 and event.inaxes is given:
            x, y = event.xdata, event.ydata
            stroke.append((x, y))
            pen.line(stroke[-2:], 255, 16)
            pen.ellipse([x - 8, y - 8, x + 8, y + 8], 255)
        else:
            stroke.clear()  # the pen has left the field
            return
        refresh()

    canvas.mpl_connect("button_press_event", on_mouse)
    canvas.mpl_connect("motion_notify_event", on_mouse)
    if is_desktop("pad"):
        print("Close all windows to go on.")
        plt.show(block=True)
    elif plt.get_backend().lower() == "agg":
        print(advice)


# ---------------------------------------------------------------------- start
if __name__ == "__main__":
    if hasattr(sys.stdout, "reconfigure"):
        # Show each line at once, and letters that can't be shown as codes.
        sys.stdout.reconfigure(errors="backslashreplace", line_buffering=True)
    try:
        parameters = main()
    except (InputError, OSError) as error:  # of a setting or a file, in words
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("Stopped.")
