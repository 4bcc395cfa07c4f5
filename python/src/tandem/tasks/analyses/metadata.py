"""One number a cell, as the experiment's quality control left it."""

from tandem.tasks.body import TaskBody


class GetDoubletScore(TaskBody, route="getDoubletScore"):
    """How much a cell looks like two: 0 to 1."""


class GetMitochondrialContent(TaskBody, route="getMitochondrialContent"):
    """Percent of a cell's counts in mitochondrial genes."""


class GetNGenes(TaskBody, route="getNGenes"):
    """Number of genes seen in a cell, log10."""


class GetNUmis(TaskBody, route="getNUmis"):
    """Number of molecules counted in a cell, log10."""
