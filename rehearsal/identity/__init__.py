"""Who may do what: roles, their policies, and decisions by them."""
