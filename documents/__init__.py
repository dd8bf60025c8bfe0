"""Pure functions that write the documents AWS reads. No Pulumi, no boto3, no network; the only files are AWS's own models (`shapes.py`)."""
