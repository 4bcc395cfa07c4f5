/** Analyses in words. */

const TASKS = {
  GetEmbedding: "layout",
  ListGenes: "list of genes",
  GeneExpression: "expression",
  DifferentialExpression: "DE",
  BatchDifferentialExpression: "batch DE",
  GetBackgroundExpressedGenes: "background genes",
  MarkerHeatmap: "marker heatmap",
  DotPlot: "dot plot",
  ClusterCells: "clustering",
  ScTypeAnnotate: "annotation by ScType",
  CASSIAAnnotate: "annotation by CASSIA",
  CellCycleScoring: "cell cycle",
  GetExpressionCellSets: "cells by expression",
  GetNUmis: "molecules",
  GetNGenes: "genes seen",
  GetMitochondrialContent: "mitochondrial content",
  GetDoubletScore: "doublet scores",
  GetTrajectoryAnalysisStartingNodes: "trajectory",
  GetTrajectoryAnalysisPseudoTime: "pseudotime",
  GetNormalizedExpression: "normalised matrix",
  DownloadAnnotSeuratObject: "annotated object",
  Import: "import",
};
const OTHERS = { rest: "rest", background: "all others" };
const LAYOUTS = { umap: "UMAP", tsne: "t-SNE", pca: "PCA" };
/** So many genes are named; more are counted. */
const NAMED = 3;

/** What a task is called. */
export const taskWords = (name) => TASKS[name] ?? name;

/** A request in words: "DE Cluster 0 vs rest", "expression of LYZ, CD14". */
export function requestWords(body, model) {
  const name = (key) => model.setOf(key)?.name ?? key;
  if (body.name === "DifferentialExpression") return `DE ${name(body.cellSet)} vs ${OTHERS[body.compareWith] ?? name(body.compareWith)}`;
  if (body.name === "GeneExpression") return `expression of ${listed(body.genes)}`;
  if (body.name === "GetEmbedding") return `${LAYOUTS[body.type] ?? body.type} layout`;
  return taskWords(body.name);
}

const listed = (names) => (names.length > NAMED ? `${names.length} genes` : names.join(", "));
