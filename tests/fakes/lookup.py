"""A provider's record in memory: knows the attempts it was told of, and nothing else; closed or slow as told."""

from __future__ import annotations

from incident.core.lookup import Look, Question


class FakeLookup:
    """Answers from `taken` (attempt ids); `script` holds looks to give first. Questions are kept in `asked`."""

    name = "email_logs"

    def __init__(self, *script: Look, taken: tuple[str, ...] = ()) -> None:
        self.script, self.taken = list(script), set(taken)
        self.asked: list[Question] = []

    def look(self, question: Question) -> Look:
        self.asked.append(question)
        if self.script:
            return self.script.pop(0)
        number = len(question.sentinels)
        if question.attempt_id in self.taken:
            return Look(taken=True, asked=1, message_id="found-1")
        return Look(asked=number, missed=number)
