"""The judge: gates, reports, ledger and freshness."""
