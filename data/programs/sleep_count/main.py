"""Counts seconds: `main.py INPUT_FOLDER OUTPUT_FOLDER`."""

import sys
import time
from pathlib import Path

inputs, results = map(Path, sys.argv[1:3])
text = (inputs / "sleep_count").read_text().strip()
if not text.isdecimal():
    sys.exit(f"The file sleep_count must hold a whole number, and holds {text[:80]!r}.")

for second in range(int(text)):
    print(second, flush=True)
    time.sleep(1)
(results / "output.txt").write_text("output")
