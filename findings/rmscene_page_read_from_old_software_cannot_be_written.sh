#!/usr/bin/env bash
# Guess: a page of a reMarkable notebook that rmscene has read, rmscene can
# write again, also in the form of the tablet's newer software.
# Outcome: pages of older software (before 3.0) hold a point's pressure and
# direction as fractions. rmscene reads a pressure of 100 as 100.0000016 and
# doesn't round it; the newer form holds whole numbers, so writing it ends in
# an error. Old to old works, and so does new to new.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install -q --disable-pip-version-check rmscene==0.8.0
"$dir/venv/bin/python" - <<'PYTHON'
import io
import struct
import sys
from importlib.metadata import version

from rmscene import (
    CrdtId,
    CrdtSequenceItem,
    SceneLineItemBlock,
    read_tree,
    simple_text_document,
    write_blocks,
)
from rmscene.scene_items import Line, Pen, PenColor, Point


def written_and_read(line, software):
    start = CrdtId(0, 0)
    item = CrdtSequenceItem(CrdtId(1, 30), start, start, 0, line)
    page = list(simple_text_document("4"))
    page.append(SceneLineItemBlock(CrdtId(0, 11), item))
    file = io.BytesIO()
    write_blocks(file, page, options={"version": software})
    file.seek(0)
    lines = read_tree(file).walk()
    return next(item for item in lines if isinstance(item, Line))


points = [Point(10.5, 20.25, 7, 100, 16, 100), Point(40.0, 1.0, 3, 200, 9, 80)]
stroke = Line(PenColor.BLACK, Pen.FINELINER_2, points, 2.0, 0.0)
new = written_and_read(stroke, "3.3")
old = written_and_read(stroke, "2.15")
print("rmscene", version("rmscene"), "wrote a pressure of 100")
print("read from a new page:", written_and_read(new, "3.3").points[0])
print("read from an old page:", written_and_read(old, "2.15").points[0])
try:
    written_and_read(old, "3.3")
except struct.error as error:
    print("old page written as a new one:", error)
    sys.exit(new.points != points or old.points[0].pressure == 100)
sys.exit("The old page could be written.")
PYTHON
