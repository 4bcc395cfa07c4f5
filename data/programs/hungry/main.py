"""Takes memory and uses it: `main.py OUTPUT_FOLDER MEGABYTES`."""

import sys
import time
from pathlib import Path

results, megabytes = Path(sys.argv[1]), int(sys.argv[2])
eaten = []
for number in range(1, megabytes + 1):
    eaten.append(b"\1" * 1_000_000)
    if number % 10 == 0:
        print(f"{number} MB", flush=True)
        time.sleep(0.02)
(results / "eaten.txt").write_text(f"{sum(map(len, eaten))}\n")
