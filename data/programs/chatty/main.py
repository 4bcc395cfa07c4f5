"""Draws a progress bar far too often: `main.py OUTPUT_FOLDER LINES`."""

import sys
from pathlib import Path

results, lines = Path(sys.argv[1]), int(sys.argv[2])
for line in range(1, lines + 1):
    sys.stdout.write(f"{line} of {lines}\r")
sys.stdout.write(f"\nsaid {lines} lines\n")
(results / "lines.txt").write_text(f"{lines}\n")
