"""Many parameter sets of one flow as one batch, in which shared work is done once.

program = trace(...)                     the flow's body, run with symbols for what tasks result in
totals = run_batch(program, ledger, ...) the distinct pieces of work, as one Prefect flow run
"""
