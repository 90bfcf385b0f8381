"""Programs of ours that run beside us and end with us: the orchestrator, its worker, what serves."""
