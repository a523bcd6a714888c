#!/usr/bin/env bash
# Guess: Xournal++ exports a page of yellow squared paper "without ruling" as
# the digit on yellow paper, only without the squares.
# Outcome: the paper goes as well: every point is black, the paper of opacity
# 0. A program that turns this PNG into grey and forgets about opacity, as
# Pillow's convert("L") does, gets a wholly black picture.
# Debian 12's version. The package needs root, unless it is there already.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
if ! command -v xournalpp >/dev/null; then
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends xournalpp=1.1.3-1 \
        >"$dir/apt.txt" 2>&1
fi
xournalpp --version | grep -q "Xournal++ 1.1.3"
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install -q --disable-pip-version-check pillow==12.0.0
cd "$dir"
gzip >page.xopp <<'XML'
<?xml version="1.0" standalone="no"?>
<xournal creator="Xournal++ 1.1.3" fileversion="4">
<title>A seven</title>
<page width="200" height="200">
<background type="solid" color="#ffff80ff" style="graph"/>
<layer>
<stroke tool="pen" color="#000000ff" width="8" capStyle="round">60 50 140 50
 100 160</stroke>
</layer>
</page>
</xournal>
XML
xournalpp --create-img=squared.png page.xopp >/dev/null 2>&1
xournalpp --create-img=plain.png --export-no-ruling page.xopp >/dev/null 2>&1
venv/bin/python - <<'PYTHON'
import sys

from PIL import Image

print("Xournal++ 1.1.3")
corners = {}
for name in ("squared.png", "plain.png"):
    image = Image.open(name)
    corners[name] = image.convert("RGBA").getpixel((3, 3))
    greys = image.convert("L").getextrema()
    print(f"{name:12} {image.mode:5} corner {corners[name]}, greys {greys}")
paper, taken = corners["squared.png"], corners["plain.png"]
same = paper == (255, 255, 128, 255) and taken == (0, 0, 0, 0)
sys.exit(not (same and greys == (0, 0)))
PYTHON
