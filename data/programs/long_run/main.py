"""Waits, and says how far it is: `main.py OUTPUT_FOLDER MINUTES`."""

import os
import sys
import time
from pathlib import Path

#: Seconds between two lines.
STEP_S = 5

results, minutes = Path(sys.argv[1]), float(sys.argv[2])
progress = os.environ.get("TANDEM_PROGRESS")
begin = time.monotonic()
end = begin + 60 * minutes
while (now := time.monotonic()) < end:
    told = f"{round(now - begin)}/{round(end - begin)} seconds"
    print(told, flush=True)
    if progress:
        Path(progress).write_text(told)
    time.sleep(min(STEP_S, end - now))
(results / "done.txt").write_text(f"{minutes:g} minutes\n")
