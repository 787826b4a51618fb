"""Base of the models, the engine and the migrations."""
