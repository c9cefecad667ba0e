"""The clock: what runs when, and the `retail` command."""
