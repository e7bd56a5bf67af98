"""The types that the stages hand to each other: frozen data and pure queries, nothing else."""
