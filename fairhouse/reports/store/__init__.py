"""All SQL of the reports: over the views of the schema `reports` and nothing else."""
