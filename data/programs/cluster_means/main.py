"""Means of an experiment's clusters: `main.py INPUT_FOLDER OUTPUT_FOLDER CONFIG`."""

import json
import sys
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
from scipy import sparse


def main(inputs: Path, results: Path, config: Path) -> None:
    parameters = json.loads(config.read_text())
    cells = anndata.read_h5ad(inputs / "experiment.h5ad")
    classes = {one["key"]: one for one in json.loads((inputs / "cell_sets.json").read_text())["cellSets"]}
    key = parameters["clusters"]
    if key not in classes:
        sys.exit(f"The experiment has no cell sets '{key}'; it has: {', '.join(classes)}.")
    means(cells, classes[key]["children"]).to_csv(results / "means.csv", index_label="gene", float_format="%.6g")
    found = by_counts(cells, parameters["threshold"])
    (results / "cell_sets.json").write_text(json.dumps([found]))
    print(", ".join(f"{one['name']}: {len(one['cellIds'])} cells" for one in found["children"]))


def means(cells: anndata.AnnData, clusters: list[dict]) -> pd.DataFrame:
    """A row for each gene, a column for each cluster that has cells."""
    rows = pd.Series(range(cells.n_obs), index=cells.obs["cells_id"])
    columns = {}
    for cluster in clusters:
        ids = [number for number in cluster["cellIds"] if number in rows.index]
        if ids:
            columns[cluster["name"]] = np.asarray(cells.X[rows[ids].to_numpy()].mean(axis=0)).ravel()
            print(f"{cluster['name']}: {len(ids)} cells", flush=True)
    return pd.DataFrame(columns, index=cells.var_names)


def by_counts(cells: anndata.AnnData, threshold: int) -> dict:
    """A class of two sets: the cells below the threshold, and those at and above it."""
    counts = np.asarray(sparse.csr_matrix(cells.layers["counts"]).sum(axis=1)).ravel()
    ids, many = cells.obs["cells_id"].to_numpy(), counts >= threshold
    return {
        "key": "total-counts",
        "name": "Total counts",
        "rootNode": True,
        "type": "cellSets",
        "children": [
            cell_set("total-counts-few", f"fewer than {threshold:,}", "#88ccee", ids[~many]),
            cell_set("total-counts-many", f"{threshold:,} or more", "#cc6677", ids[many]),
        ],
    }


def cell_set(key: str, name: str, colour: str, ids: np.ndarray) -> dict:
    """One set as the file has it."""
    cells = sorted(ids.tolist())
    return {"key": key, "name": name, "rootNode": False, "type": "cellSets", "color": colour, "cellIds": cells}


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
