"""Requests that cannot be done."""

from __future__ import annotations

from typing import Any


class WorkerProblem(Exception):
    """A request that cannot be done; the worker lives on."""

    def __init__(self, message: str, remedy: str | None = None, is_backend_missing: bool = False) -> None:
        super().__init__(message)
        self.failure: dict[str, Any] = {"message": message, "isBackendMissing": is_backend_missing}
        if remedy is not None:
            self.failure["remedy"] = remedy


def not_finite() -> WorkerProblem:
    """Logits that are no numbers."""
    return WorkerProblem("the model's predictions are not finite", "the artifact is damaged; convert it again")
