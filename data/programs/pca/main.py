"""Principal components of each matrix: `main.py INPUT_FOLDER OUTPUT_FOLDER CONFIG LOG_FOLDER`."""

import logging
import sys
from pathlib import Path

import numpy as np
import yaml
from scree import draw
from sklearn.decomposition import PCA


def main(inputs: Path, results: Path, config: Path, logs: Path) -> None:
    to_both = [logging.StreamHandler(sys.stdout), logging.FileHandler(logs / "pca.log")]
    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=to_both)
    wanted = yaml.safe_load(config.read_text())["n_components"]
    paths = sorted(inputs.glob("*.npy"))
    if len(paths) != 1:
        sys.exit(f"One matrix (.npy) is analysed at a time, and there are {len(paths)}.")
    data = np.load(paths[0], allow_pickle=False)
    if data.ndim != 2 or wanted > min(data.shape):
        sys.exit(f"{paths[0].name} is {data.shape}, which has no {wanted} components.")
    logging.info("%s: %d observations x %d variables", paths[0].name, *data.shape)

    model = PCA(wanted, svd_solver="full")
    transformed = model.fit_transform(data)
    np.save(results / "components.npy", model.components_)
    np.save(results / "transformed.npy", transformed)
    rows = ["component,variance,ratio"]
    for number, values in enumerate(zip(model.explained_variance_, model.explained_variance_ratio_, strict=True), 1):
        rows.append(f"{number},{values[0]:.12g},{values[1]:.12g}")
    (results / "explained_variance.csv").write_text("\n".join(rows) + "\n")
    draw(model.explained_variance_ratio_, results / "scree.png")
    logging.info("%d components explain %.1f %%", wanted, 100 * model.explained_variance_ratio_.sum())


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:5]))
