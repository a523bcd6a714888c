#!/usr/bin/env bash
# Guess: the Gaussian naive Bayes of ml.js weighs all the numbers of an
# input, so that two classes that differ clearly in the third are told apart.
# Outcome: it looks at the first two numbers only. With the difference in the
# first or second it is always right, in the third or fourth it guesses; a
# digit of 784 pixels is judged by its top left corner. (Where the corner is
# empty in all training pictures, as in MNIST, the answer is always -1.)
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund ml-naivebayes@4.0.0
cat >bayes.js <<'JAVASCRIPT'
const { GaussianNB } = require("ml-naivebayes");

// The same noise at each run, from -1 to 1.
let state = 1;
const noise = () => {
  state = (state * 16807) % 2147483647;
  return (2 * state) / 2147483647 - 1;
};

function share(place) {
  const inputs = [], classes = [];
  for (let i = 0; i < 2000; i++) {
    const numbers = [noise(), noise(), noise(), noise()];
    numbers[place] += 4 * (i % 2);
    inputs.push(numbers);
    classes.push(i % 2);
  }
  const model = new GaussianNB();
  model.train(inputs, classes);
  const answers = model.predict(inputs);
  return answers.filter((a, i) => a === classes[i]).length / 2000;
}

console.log("ml-naivebayes", require("ml-naivebayes/package.json").version);
const shares = [0, 1, 2, 3].map(share);
shares.forEach((right, place) =>
  console.log("difference in number", place + 1 + ", right answers:", right));
const [first, second, third, fourth] = shares;
const same = first > 0.99 && second > 0.99 && third < 0.6 && fourth < 0.6;
process.exit(same ? 0 : 1);
JAVASCRIPT
node bayes.js
