"""The law: one Open Data Contract Standard document per table and per topic, and their typed form."""

from lakehouse.contracts.loader import all_contracts, contract_names, load_contract, parse_contract
from lakehouse.contracts.model import Column, Contract, ContractError, Rule, Shape

__all__ = [
    "Column",
    "Contract",
    "ContractError",
    "Rule",
    "Shape",
    "all_contracts",
    "contract_names",
    "load_contract",
    "parse_contract",
]
