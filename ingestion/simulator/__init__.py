"""A made-up chain of stores: tills, stock, master data and customers, from a seed. Nothing in here touches."""
