"""Tests of bff.approvals."""
