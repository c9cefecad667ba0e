"""Entry scripts of the shop window; nobody imports them."""
