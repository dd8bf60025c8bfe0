"""The actions of a pipeline: one file for each provider."""
