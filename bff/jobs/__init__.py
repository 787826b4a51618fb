"""Recurring work: definitions with a schedule, a table of their runs, and the workers that claim and do them."""

from bff.jobs.definitions import Batch, Batches, Daily, Every, Job, Turn, Whole, every_day

__all__ = ["Batch", "Batches", "Daily", "Every", "Job", "Turn", "Whole", "every_day"]
