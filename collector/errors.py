"""Everything the collector raises on purpose.

    CollectorError
    ├── SettingError          a setting is missing or nonsense
    ├── QuestionnaireError    a questionnaire document is not well formed
    ├── LinkError             a link leads nowhere (forged, unknown, expired): one page for all, no enumeration
    ├── CampaignError         a campaign cannot be opened or changed as asked
    │   └── SeatsTaken        every seat of a campaign is taken
    ├── RosterError           a roster cannot be read, or one of its addresses is none
    ├── MailError             a mail could not be handed over (``collector.mailing.transport`` says how)
    ├── StoreClosed           the writer was stopped before the write was done
    ├── LedgerError           the ledger of withdrawals cannot be written or read
    └── FolderBusy            somebody else works on the folder of data, or left it half restored

Messages are French sentences: they reach an operator or a respondent as they are.
"""


class CollectorError(Exception):
    """Root of the tree; ``str()`` gives one French sentence."""


class SettingError(CollectorError):
    """A setting is missing or nonsense; the message names the variable."""


class QuestionnaireError(CollectorError):
    """A questionnaire document is not well formed; the message names the place."""


class LinkError(CollectorError):
    """A link leads nowhere."""


class CampaignError(CollectorError):
    """A campaign cannot be opened or changed as asked."""


class SeatsTaken(CampaignError):
    """Every seat of the campaign is taken."""


class RosterError(CollectorError):
    """A roster cannot be read, or one of its addresses is none."""


class MailError(CollectorError):
    """A mail could not be handed over."""


class StoreClosed(CollectorError):
    """The writer was stopped before the write was done: nothing was acknowledged, nothing was saved."""


class LedgerError(CollectorError):
    """The ledger of withdrawals cannot be written, and then nothing was changed; or it cannot be read."""


class FolderBusy(CollectorError):
    """Somebody else works on the folder of data, or left it half restored."""
