"""Silver events to the Kimball star: pure transformations, frames and values in, frames out."""
