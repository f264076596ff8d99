"""Nobody sees personal data where they may not: canaries everywhere, and one table of who may see which."""
