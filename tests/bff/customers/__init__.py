"""Tests of bff.customers."""
