"""illico and scanpy on the same matrix. Usage: python -m bench.contestants.illico_scanpy <folder of the experiment>"""

import json
import sys
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd
import scanpy
from illico import asymptotic_wilcoxon
from scipy import sparse, stats

warnings.filterwarnings("ignore")

FIRST, SECOND = "0", "1"


def read_experiment(folder: Path) -> anndata.AnnData:
    """Cells x genes, gene after gene: the form that illico is fastest with."""
    arrays = folder / "arrays"
    genes = (arrays / "genes.txt").read_text().split()
    cells = pd.read_csv(arrays / "cells.csv", index_col=0, dtype={"seurat_clusters": str})
    indptr, indices = (np.fromfile(arrays / f"{name}.i32", np.int32) for name in ("indptr", "indices"))
    values = np.fromfile(arrays / "values.f32", np.float32)
    rows = sparse.csr_matrix((values, indices, indptr), shape=(len(cells), len(genes)))
    cells["seurat_clusters"] = cells["seurat_clusters"].astype("category")
    return anndata.AnnData(rows.tocsc(), obs=cells, var=pd.DataFrame(index=genes))


class Contestant:
    """What can be asked for; every action returns a table or nothing."""

    def __init__(self, data: anndata.AnnData) -> None:
        self.data = data
        #: How many threads the next action may use, where it can use several.
        self.threads = 1
        self.sizes = data.obs["seurat_clusters"].value_counts()
        self._rows: anndata.AnnData | None = None

    def illico_two_groups(self) -> pd.DataFrame:
        found = self._illico(groups=[FIRST], reference=SECOND)
        return self._table(found.loc[[FIRST]], self.sizes[SECOND])  # the reference itself is in the answer too

    def illico_each_cluster(self) -> pd.DataFrame:
        return self._table(self._illico(reference=None), None)

    def _illico(self, **arguments: Any) -> pd.DataFrame:
        return asymptotic_wilcoxon(
            self.data,
            is_log1p=True,
            exp_post_agg=True,  # the mean of the logarithms, as we take it: no exponential of each value
            group_keys="seurat_clusters",
            n_threads=self.threads,
            **arguments,
        )

    def _table(self, found: pd.DataFrame, others: int | None) -> pd.DataFrame:
        """One row a cluster and gene; without `others` each cluster was compared with all other cells."""
        cluster, gene = (found.index.get_level_values(level).astype(str) for level in (0, 1))
        n = self.sizes.loc[cluster].to_numpy(float)
        n_others = self.data.n_obs - n if others is None else float(others)
        auc = found["statistic"].to_numpy() / (n * n_others)
        return pd.DataFrame({"gene": gene, "cluster": cluster, "p_val": found["p_value"].to_numpy(), "auc": auc})

    def scanpy_two_groups(self) -> pd.DataFrame:
        return self._scanpy(groups=[FIRST], reference=SECOND)

    def scanpy_each_cluster(self) -> pd.DataFrame:
        return self._scanpy(groups="all", reference="rest")

    def prepare_scanpy(self) -> None:
        """Lay the cells side by side, as scanpy keeps them, and let it compile what it compiles at first use."""
        if self._rows is None:
            self._rows = self.data.copy()
            self._rows.X = self._rows.X.tocsr()
            self._rows.uns["log1p"] = {"base": None}
            self._rank(self._rows[:1000].copy(), groups="all", reference="rest")

    def _scanpy(self, **arguments: Any) -> pd.DataFrame:
        self.prepare_scanpy()
        return self._rank(self._rows, **arguments)

    def _rank(self, data: anndata.AnnData, **arguments: Any) -> pd.DataFrame:
        scanpy.tl.rank_genes_groups(
            data, "seurat_clusters", method="wilcoxon", tie_correct=True, key_added="found", **arguments
        )
        found = scanpy.get.rank_genes_groups_df(data, group=None, key="found")
        return found.rename(columns={"names": "gene", "group": "cluster", "pvals": "p_val"})

    def scipy_two_groups(self, genes: int) -> pd.DataFrame:
        """A few genes by the textbook."""
        places = np.linspace(0, self.data.n_vars - 1, genes).round().astype(int)
        clusters = self.data.obs["seurat_clusters"].to_numpy()
        dense = self.data.X[:, places].toarray().astype(float)
        first, second = dense[clusters == FIRST], dense[clusters == SECOND]
        found = stats.mannwhitneyu(first, second, use_continuity=True, method="asymptotic")
        return pd.DataFrame(
            {
                "gene": self.data.var_names[places],
                "p_val": found.pvalue,
                "auc": found.statistic / (len(first) * len(second)),
            }
        )


def answer(contestant: Contestant, request: dict[str, Any]) -> dict[str, Any]:
    """Do it, and say how long it took and how much memory it wanted on top."""
    action: Callable[..., pd.DataFrame | None] = getattr(contestant, request["action"])
    contestant.threads = request["threads"]
    Path("/proc/self/clear_refs").write_text("5")
    resident = memory_kb("VmRSS")
    began = time.perf_counter()
    for _ in range(request["times"]):
        table = action(**request["arguments"])
    seconds = (time.perf_counter() - began) / request["times"]
    peak = memory_kb("VmHWM") - resident
    if request["save"] and table is not None:
        table.to_csv(request["save"], index=False, float_format="%.17g")
    return {"seconds": seconds, "peak_mb": peak / 1024}


def memory_kb(field: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(f"{field}:"))


def say(fields: dict[str, Any]) -> None:
    print("answer: " + json.dumps(fields), flush=True)


def main() -> None:
    contestant = Contestant(read_experiment(Path(sys.argv[1])))
    say({"versions": {name: version(name) for name in ("illico", "scanpy", "scipy", "numpy", "numba")}})
    for line in sys.stdin:
        try:
            say(answer(contestant, json.loads(line)))
        except Exception as error:
            say({"error": f"{type(error).__name__}: {error}"})


if __name__ == "__main__":
    main()
