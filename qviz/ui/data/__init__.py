"""Choosing data and how raw images become inputs."""
