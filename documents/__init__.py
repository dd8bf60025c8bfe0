"""Pure functions that write the documents AWS reads. No Pulumi, no boto3, no files, no network."""
