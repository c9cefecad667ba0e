"""The workshop: contracts, rules, transformations, tables and jobs from bronze to gold."""
