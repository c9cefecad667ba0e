"""Brings ``warehouse/sql`` into an account: reads scripts and account, plans (pure), applies, writes its history."""
