"""Tests of bff.accounts."""
