"""What makes fused pictures, and the pictures that it makes them from."""
