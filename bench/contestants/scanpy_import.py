"""The steps of an import as scanpy does them. Usage: python -m bench.contestants.scanpy_import <10x h5> <h5ad>"""

import json
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import anndata
import scanpy

warnings.filterwarnings("ignore")

FEWEST_GENES = 200
MOST_MITOCHONDRIAL = 20
VARIABLE_GENES = 2000
COMPONENTS = 30
NEIGHBOURS = 20
RESOLUTION = 0.8


def main(source: str, target: str) -> dict[str, float]:
    """The seconds of each step."""
    taken: dict[str, float] = {}

    @contextmanager
    def step(name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        taken[name] = time.perf_counter() - began

    with step("read"):
        data: anndata.AnnData = scanpy.read_10x_h5(source)
        data.var_names_make_unique()
    with step("quality"):
        data.var["mt"] = data.var_names.str.startswith("MT-")
        scanpy.pp.calculate_qc_metrics(data, qc_vars=["mt"], percent_top=None, inplace=True)
        kept = (data.obs["n_genes_by_counts"] >= FEWEST_GENES) & (data.obs["pct_counts_mt"] <= MOST_MITOCHONDRIAL)
        data = data[kept].copy()
    with step("doublets"):
        scanpy.pp.scrublet(data, verbose=False)
    with step("normalise"):
        data.layers["counts"] = data.X.copy()
        scanpy.pp.normalize_total(data, target_sum=1e4)
        scanpy.pp.log1p(data)
    steps: dict[str, Callable[[], object]] = {
        "variable genes": lambda: scanpy.pp.highly_variable_genes(data, n_top_genes=VARIABLE_GENES),
        "components": lambda: scanpy.pp.pca(data, n_comps=COMPONENTS, mask_var="highly_variable"),
        "neighbours": lambda: scanpy.pp.neighbors(data, n_neighbors=NEIGHBOURS),
        "clusters": lambda: scanpy.tl.leiden(data, RESOLUTION, flavor="igraph", n_iterations=2, directed=False),
        "layout": lambda: scanpy.tl.umap(data),
        "write": lambda: data.write_h5ad(target),
    }
    for name, do in steps.items():
        with step(name):
            do()
    return taken


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
