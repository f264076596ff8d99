"""Cases from the field that failed once: `cases.jsonl` has the situation, the right answer, and what was said then."""
