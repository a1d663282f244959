"""Compiler of policies from settings and evidence, and the policy record."""
