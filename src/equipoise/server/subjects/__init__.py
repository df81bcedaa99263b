"""What a role sees of a patient: what it may know and nothing else; nothing is masked after the fact."""

__all__: list[str] = []
