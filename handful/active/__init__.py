"""Learning with a person in the loop: what is asked, what is learned from it, and how well."""
