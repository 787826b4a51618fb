"""Tests of bff.products."""
