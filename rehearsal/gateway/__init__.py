"""The one endpoint that the AWS CLI, SDKs and Docker talk to, in front of the emulator."""
