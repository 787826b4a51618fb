"""Tests of bff.wealth."""
