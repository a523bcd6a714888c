#!/usr/bin/env bash
# Guess: away from corners, TensorFlow.js differentiates its own functions
# rightly, above all the linear ones, such as averaging and resizing.
# Outcome: of 89 calls tried, four kinds give wrong slopes: averaging with
# padding "same" (at the edge, a mean is divided by the pixels that there are,
# its slope by the whole window), mirrorPad (what the mirror shows gets no
# slope), and both ways to resize when asked for half pixel centres (the
# slopes are those without). Some others say that they have no slope.
# Measured with the plain JavaScript backend.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --legacy-peer-deps \
    @tensorflow/tfjs@4.22.0
cat >slopes.js <<'JAVASCRIPT'
const tf = require("@tensorflow/tfjs");

// All are linear in the 16 pixels of a 4 x 4 picture: the slope along a pixel
// is what the picture with only that pixel gives.
const ring = [[1, 1], [1, 1], [0, 0]];
const functions = {
  "average, padding valid": (x) => tf.avgPool(x, 3, 1, "valid"),
  "average, padding same": (x) => tf.avgPool(x, 3, 1, "same"),
  "pad with zeros": (x) => tf.pad(x, ring),
  "pad with a mirror": (x) => tf.mirrorPad(x, ring, "reflect"),
  "bilinear": (x) => tf.image.resizeBilinear(x, [7, 7]),
  "bilinear, half pixels": (x) =>
    tf.image.resizeBilinear(x, [7, 7], false, true),
  "nearest": (x) => tf.image.resizeNearestNeighbor(x, [7, 7]),
  "nearest, half pixels": (x) =>
    tf.image.resizeNearestNeighbor(x, [7, 7], false, true),
};
console.log("tfjs", tf.version.tfjs);
const wrong = [];
for (const [name, f] of Object.entries(functions)) {
  // A weighted sum of the results, so that a mix-up of places shows.
  const total = (x) => {
    const y = f(x);
    return tf.sum(tf.mul(tf.range(1, y.size + 1), tf.reshape(y, [-1])));
  };
  const slopes = tf.grad(total)(tf.zeros([4, 4, 1])).dataSync();
  const truth = Array.from(slopes, (_, i) =>
    total(tf.tensor(slopes.map((_, j) => (i === j ? 1 : 0)), [4, 4, 1]))
      .dataSync()[0]);
  const off = truth.filter((t, i) => Math.abs(t - slopes[i]) > 1e-3 * t);
  console.log(name.padEnd(23), off.length, "of 16 slopes are wrong");
  if (off.length) wrong.push(name);
}
const expected = ["average, padding same", "pad with a mirror",
  "bilinear, half pixels", "nearest, half pixels"];
process.exit(String(wrong) === String(expected) ? 0 : 1);
JAVASCRIPT
node slopes.js
