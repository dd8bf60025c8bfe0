"""The command line of whoever runs the pipeline: one verb a file, below `commands/`."""
