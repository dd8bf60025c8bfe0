"""What starts a release, and which image it is: the answers a stack may choose from. Nothing outside knows which one was chosen."""
