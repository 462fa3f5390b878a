"""Two streams in, one steady picture out: files, cameras, frames as they come."""
