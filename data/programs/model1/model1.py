"""Copies its configuration into its results: `model1.py CONFIG OUTPUT_FOLDER`."""

import json
import sys
from pathlib import Path

config, results = map(Path, sys.argv[1:3])
parameters = json.loads(config.read_text())
(results / "result.json").write_text(json.dumps(parameters))
print("model1 ran with", ", ".join(f"{name} = {value}" for name, value in parameters.items()))
