"""What runs during a release: boto3 only, no Pulumi, nothing else of this project but `documents`."""
