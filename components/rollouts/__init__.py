"""Who moves traffic: the answers a stack may choose from. Nothing outside knows which one was chosen."""
