"""chipTAN optical: the flickering bars as a page for the browser (HHD_UC; ZKA, Belegungsrichtlinien TAN-Generator).

The code's length bytes and check digits are computed by python-fints.
"""

from __future__ import annotations

import json
from contextlib import suppress

from fints.hhd.flicker import code_to_bitstream

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>chipTAN</title><style>
body { background: #222; color: #eee; font-family: sans-serif; text-align: center }
#bars { display: inline-flex; gap: 6%; background: #000; padding: 12px 20px; margin: 24px }
#bars i { flex: 1; height: 110px; background: #000 }
#bars i.on { background: #fff }
label { display: block; margin: 12px }
</style></head><body>
<p>Hold the reader against the bars; fit the width to its marks.</p>
<div id="bars"><i></i><i></i><i></i><i></i><i></i></div>
<label>Width <input id="width" type="range" min="150" max="600" value="260"></label>
<label>Slower <input id="pace" type="range" min="25" max="120" value="50"> (to the left: faster)</label>
<script>
const frames = FRAMES, bars = [...document.querySelectorAll("#bars i")];
const width = document.getElementById("width"), pace = document.getElementById("pace");
let place = 0;
function step() {
  document.getElementById("bars").style.width = width.value + "px";
  bars.forEach((bar, number) => bar.classList.toggle("on", frames[place][number] === "1"));
  place = (place + 1) % frames.length;
  setTimeout(step, Number(pace.value));
}
step();
</script></body></html>
"""


def frames(code: str) -> list[str]:
    """One text of five 0/1 per picture: the clock bar and four bits. Raises ValueError for what is no flicker code."""
    found: list[str] = []
    with suppress(Exception):  # the library stumbles over broken codes in many ways
        found = [str(frame) for frame in code_to_bitstream(code)]
    if not found:
        raise ValueError("no flicker code")
    return found


def page(code: str) -> str:
    """The page as HTML, complete in itself."""
    return _PAGE.replace("FRAMES", json.dumps(frames(code)))
