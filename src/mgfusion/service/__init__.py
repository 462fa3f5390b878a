"""Fusing over HTTP: a service for programs and a page for people, over one pool of worker processes."""
