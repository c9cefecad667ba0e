"""The door: what tills and files say goes to Kafka, and from Kafka to bronze. Believes nothing, loses nothing."""
