"""Trains and tests a submission on one fold: `main.py INPUT_FOLDER OUTPUT_FOLDER CONFIG`.

Half of the irises are held out. The other half is split into a part to train on and one to validate with, once for each
fold; all splits are the same at each run.
"""

import json
import runpy
import sys
from pathlib import Path

import pandas as pd
from sklearn.metrics import accuracy_score
from sklearn.model_selection import ShuffleSplit, train_test_split
from threadpoolctl import threadpool_limits

SEED, TARGET = 42, "species"


def main(inputs: Path, results: Path, config: Path) -> None:
    parameters = json.loads(config.read_text())
    fold, folds = parameters["fold"], parameters["folds"]
    if fold >= folds:
        sys.exit(f"There are {folds} folds, so fold must be less, and is {fold}.")
    irises = pd.read_csv(Path(__file__).with_name("iris.csv"))
    training, held_out = train_test_split(irises, test_size=0.5, random_state=SEED)
    splits = list(ShuffleSplit(n_splits=folds, test_size=0.5, random_state=SEED).split(training))
    train, validate = (training.iloc[rows] for rows in splits[fold])

    # What a submission consists of may import its other files.
    sys.path.append(str(inputs))
    sys.dont_write_bytecode = True
    extractor = class_of(inputs / "feature_extractor.py", "FeatureExtractor")()
    classifier = class_of(inputs / "classifier.py", "Classifier")()
    flowers, species = apart(train)
    extractor.fit(flowers, species)
    classifier.fit(extractor.transform(flowers), species)

    scores = {}
    names = sorted(irises[TARGET].unique())
    for part, rows in (("train", train), ("validation", validate), ("test", held_out)):
        flowers, species = apart(rows)
        probabilities = pd.DataFrame(classifier.predict_proba(extractor.transform(flowers)), columns=names)
        scores[part] = accuracy_score(species, probabilities.idxmax(axis=1))
        print(f"fold {fold}: {part} accuracy {scores[part]:.3f} of {len(rows)}", flush=True)
    # All digits of each number, so that runs can be compared bit by bit. The last part is the one held out.
    probabilities.to_csv(results / "predictions.csv", index=False, float_format="%.17g")
    (results / "scores.json").write_text(json.dumps({"fold": fold, **scores}, indent=2))


def apart(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """What is measured, and what is to be told from it."""
    return rows.drop(columns=TARGET), rows[TARGET]


def class_of(path: Path, name: str) -> type:
    """The class that a file of the submission defines."""
    defined = runpy.run_path(str(path))
    if name not in defined:
        sys.exit(f"{path.name} must define a class {name}.")
    return defined[name]


if __name__ == "__main__":
    # With one thread, sums come out the same everywhere.
    with threadpool_limits(1):
        main(*map(Path, sys.argv[1:4]))
