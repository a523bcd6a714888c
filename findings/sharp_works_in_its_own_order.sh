#!/usr/bin/env bash
# Guess: sharp, Node's usual package for pictures, does one thing after the
# other as they are written: threshold, then shrink, leaves soft grey edges;
# shrink, then threshold, leaves black and white. Adding a border and then
# shrinking to 28 gives 28 pixels.
# Outcome: the order in the program changes nothing. The threshold always
# comes after the shrinking, and so does the border: whoever asks for a
# border and then for 28 x 28 gets 36 x 36.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund sharp@0.35.5
cat >order.js <<'JAVASCRIPT'
const sharp = require("sharp");

// A slanting stroke on white paper, 280 x 280, one byte per pixel.
const size = 280;
const pixels = Buffer.alloc(size * size, 255);
for (let y = 20; y < 260; y++)
  for (let x = 0; x < 19; x++) pixels[y * size + 60 + (y >> 1) + x] = 0;
const picture = () =>
  sharp(pixels, { raw: { width: size, height: size, channels: 1 } });
const finish = async (steps) => {
  const { data, info } = await steps
    .toColourspace("b-w").raw().toBuffer({ resolveWithObject: true });
  return { data, side: info.width, greys: new Set(data).size };
};
const frame = { top: 4, bottom: 4, left: 4, right: 4, background: "white" };

(async () => {
  const first = await finish(picture().threshold(128).resize(28, 28));
  const last = await finish(picture().resize(28, 28).threshold(128));
  const before = await finish(picture().extend(frame).resize(28, 28));
  const after = await finish(picture().resize(28, 28).extend(frame));
  console.log("sharp", sharp.versions.sharp);
  console.log("threshold, then shrink:", first.greys, "different greys");
  console.log("shrink, then threshold:", last.greys, "different greys");
  console.log("border, then shrink to 28:", before.side, "pixels");
  console.log("shrink to 28, then border:", after.side, "pixels");
  const ignored = first.data.equals(last.data) && first.greys === 2 &&
    before.data.equals(after.data) && before.side === 36;
  process.exit(ignored ? 0 : 1);
})();
JAVASCRIPT
node order.js
