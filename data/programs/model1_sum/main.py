"""Sums the results of many jobs, a folder each: `main.py INPUT_FOLDER OUTPUT_FOLDER CONFIG`."""

import json
import sys
from pathlib import Path

inputs, results, config = map(Path, sys.argv[1:4])
add = json.loads(config.read_text())["add"]
values = [json.loads(path.read_text())["a"] for path in sorted(inputs.glob("*/result.json"))]
total = sum(value + add for value in values)
(results / "sum.json").write_text(json.dumps({"jobs": len(values), "sum": total}))
print(f"{len(values)} jobs: {total}")
