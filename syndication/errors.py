"""Everything the hub raises on purpose. Messages are French sentences.

SyndicationError
├── UnusableCode          a code that leads nowhere
│   ├── CodeError         …cannot be read
│   ├── UnknownCode       …is well formed, but the catalogue does not hold it
│   └── AmbiguousCode     …means several formations or centres
├── ImportFault           a file cannot be imported
├── DecisionError         a moderator's decision is not allowed
│   └── DecisionConflict  somebody decided in between
├── ModelFault            a kept model of decisions cannot be read
├── SignInError           a sign-in link or a session is not valid
├── AccessRefused         an access cannot be given, asked for or ended as asked
│   └── AccessConflict    somebody did in between
├── PartnerError          a catalogue site cannot be kept or changed as asked
├── CursorError           a cursor of the change log is not ours, or too old
├── CampaignRefused       a campaign cannot be opened or followed as asked
├── QuestionRefused       a centre's own question cannot be kept as asked
├── PreviewError          a preview link cannot be made or opened
├── WebhookError          a receiver, its secret or a message cannot be trusted or used
├── ClockDoubted          the clock is far ahead of the last moment that was sure, and nothing is erased
├── KeepingError          a backup, a restoration or a move cannot be done as asked
└── ConfigurationError    a setting is missing or nonsense
"""

from collections.abc import Sequence
from typing import Literal


class SyndicationError(Exception):
    """Root of the tree; ``str()`` gives one French sentence."""


class UnusableCode(SyndicationError):
    """A code that leads nowhere; ``subject`` is what it should have named."""

    def __init__(self, message: str, subject: Literal["formation", "etablissement"] = "formation") -> None:
        super().__init__(message)
        self.subject = subject


class CodeError(UnusableCode):
    """A code cannot be read."""


class UnknownCode(UnusableCode):
    """A well-formed code that the catalogue does not hold."""


class AmbiguousCode(UnusableCode):
    """A code that means several formations or centres; ``candidates`` names them."""

    def __init__(
        self,
        message: str,
        candidates: Sequence[str],
        subject: Literal["formation", "etablissement"] = "formation",
    ) -> None:
        super().__init__(message, subject)
        self.candidates = tuple(candidates)


class ImportFault(SyndicationError):
    """A file cannot be imported at all."""


class DecisionError(SyndicationError):
    """A moderator's decision is not allowed."""


class DecisionConflict(DecisionError):
    """Somebody decided in between; nothing was changed."""


class ModelFault(SyndicationError):
    """A kept model of decisions cannot be read; another must be trained."""


class SignInError(SyndicationError):
    """A sign-in link or a session is not valid."""


class AccessRefused(SyndicationError):
    """An access cannot be given, asked for or ended as asked."""


class AccessConflict(AccessRefused):
    """Somebody gave, refused or ended it in between; nothing was changed."""


class PartnerError(SyndicationError):
    """A catalogue site cannot be kept or changed as asked."""


class CursorError(SyndicationError):
    """A cursor cannot be followed; ``stale`` when it is ours, but of another state of the corpus."""

    def __init__(self, message: str, *, stale: bool = False) -> None:
        super().__init__(message)
        self.stale = stale


class CampaignRefused(SyndicationError):
    """A campaign cannot be opened or followed as asked."""


class QuestionRefused(SyndicationError):
    """A centre's own question cannot be kept as asked."""


class PreviewError(SyndicationError):
    """A preview link cannot be made, stopped or opened."""


class WebhookError(SyndicationError):
    """A receiver, its secret or a message cannot be trusted or used; the message holds no secret."""


class ClockDoubted(SyndicationError):
    """The clock is far ahead of the last moment that was sure; the message says what to do when it is right."""


class KeepingError(SyndicationError):
    """A backup, a restoration or a move cannot be done as asked; the message says what to do."""


class ConfigurationError(SyndicationError):
    """A setting is missing or nonsense; the message names the variable."""
