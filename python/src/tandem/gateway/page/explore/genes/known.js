/** Which of some names are genes of the experiment. */

/** `{there, missing}` of some names; those that are there as the experiment spells them. */
export async function genesKnown(model, names, options) {
  const values = await model.expression(names, options).catch((error) => {
    if (error.code !== "R_WORKER_GENE_NOT_FOUND") throw error;
    return new Map();
  });
  const there = names.filter((name) => values.has(name)).map((name) => values.get(name).name);
  return { there, missing: names.filter((name) => !values.has(name)) };
}
