"""The products that the simulated shop sells: 240 of them, made from words, the same in every run."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product as combinations
from random import Random
from typing import Literal


@dataclass(frozen=True)
class Product:
    """One product; ``pence`` is its price per unit of measure ex tax."""

    product_id: str
    description: str
    uom: Literal["EA", "KG"]
    pence: int
    tax_percent: int


_KINDS = ("Mug", "Candle", "Lantern", "Cushion", "Basket", "Teapot", "Notebook", "Apron", "Clock", "Blanket")
_STYLES = ("Plain", "Spotted", "Striped", "Vintage", "Oak", "Slate", "Rose", "Ivory", "Copper", "Linen")
_COLOURS = ("White", "Blue")
_WEIGHED = ("Apples", "Pears", "Plums", "Grapes", "Almonds", "Olives", "Cheddar", "Brie", "Coffee", "Tea")
_ORIGINS = ("Kent", "Devon", "Fife", "Antrim")


def _products() -> tuple[Product, ...]:
    rng = Random("catalogue")
    goods = [
        Product(f"P{number:04d}", f"{style} {kind} {colour}", "EA", rng.randrange(149, 4_999, 50), 20)
        for number, (kind, style, colour) in enumerate(combinations(_KINDS, _STYLES, _COLOURS), start=1)
    ]
    food = [
        Product(f"F{number:04d}", f"{name} from {origin}", "KG", rng.randrange(120, 2_400, 10), 0)
        for number, (name, origin) in enumerate(combinations(_WEIGHED, _ORIGINS), start=1)
    ]
    return tuple(goods + food)


PRODUCTS = _products()
