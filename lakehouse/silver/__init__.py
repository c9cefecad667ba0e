"""Bronze records to silver events: pure transformations, frames and values in, frames out."""
