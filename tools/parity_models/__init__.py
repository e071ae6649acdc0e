"""Tiny random models, and what Hugging Face Transformers computes with them."""
