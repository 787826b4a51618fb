"""Tests of bff.devices."""
