"""The page of the service: Gradio's parts, and what they show of a fused picture."""
