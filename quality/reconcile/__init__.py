"""The ledger on from Kafka's offsets to gold's counts: every record and every penny, layer against layer."""
