"""Entry points for spark-submit; imported by the one application only."""
