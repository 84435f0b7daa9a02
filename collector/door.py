"""The collector's door: what the hub may call, frozen types in, frozen types out.

What crosses: which campaign, which formation and centre, the month, the answers. Who was invited never does.
"""

from collections.abc import Mapping
from typing import Any

from starlette.applications import Starlette

from collector.background import to_its_end
from collector.bulk import Bulk, Made
from collector.collector import Collector, now_in_paris
from collector.credentials import files_of as secret_files
from collector.credentials import given_by_file, open_to_others
from collector.crossing import (
    Backlog,
    CampaignOrder,
    CollectedResponse,
    Followed,
    Invitations,
    OpenedCampaign,
    Progress,
    Receipt,
)
from collector.database import HALF_RESTORED, Schema, revision_found, schema
from collector.errors import (
    CampaignError,
    CollectorError,
    FolderBusy,
    LedgerError,
    LinkError,
    QuestionnaireError,
    RosterError,
    SeatsTaken,
    SettingError,
    StoreClosed,
)
from collector.guard import Guarded, GuardedApplication, allowed, over_https
from collector.limits import Arrivals, network_of
from collector.mailing.letters import compose_mail
from collector.mailing.roster import RosterFile
from collector.mailing.round import Round, make_round, wait_after
from collector.mailing.store import MailCounts
from collector.mailing.transport import (
    Deferred,
    Rejected,
    Transport,
    Unavailable,
    Uncertain,
    check_mail,
)
from collector.past import Closed, Past, PastResponse
from collector.presence import alone, at_work
from collector.preview import create_preview
from collector.private import make_file, make_folder
from collector.questionnaire import (
    NO_OWN,
    Answers,
    Axis,
    Language,
    OwnPart,
    OwnQuestion,
    Question,
    Questionnaire,
    default_questionnaire,
    parse,
    read_document,
    validate,
)
from collector.questionnaire.document import SCALE
from collector.questionnaire.own import (
    FEWEST_OPTIONS,
    LONGEST_LABEL,
    MOST,
    MOST_OPTIONS,
    OWN_KINDS,
    OwnKind,
    option_key,
)
from collector.reaching import reach
from collector.records import Campaign, News
from collector.retention import Purged
from collector.serving.bounds import REFUSALS
from collector.serving.options import server_options
from collector.serving.protocol import BoundedProtocol
from collector.serving.refusals import Refusals
from collector.serving.whole import WHOLE, encoded_head
from collector.settings import SECRETS, Settings, checked_database_url, files_of, first_fault, folders_of, server_of
from collector.steady import CLOCK_FILE, Steady, doubt_of
from collector.trouble import (
    given_by,
    half_restored,
    newer_than_us,
    not_ours,
    note_place,
    place_of,
    reason_of,
    told_of,
    trouble_of,
    unusable,
)
from collector.watch.asking import Question as Asking
from collector.watch.counts import Counts
from collector.watch.metrics import COUNTED as METRICS_COUNTED
from collector.watch.metrics import DATABASE, MAIL_OLDEST, MAILS, NANO, SUCCESS, Figures, Metric
from collector.watch.metrics import READ as METRICS_READ
from collector.watch.naming import HEADER as REQUEST_HEADER
from collector.watch.naming import current as current_request
from collector.watch.readiness import Readiness, ailing_disks, written_folders
from collector.watch.requests import ANSWER, BEGAN, STATUS, Answered, Named, Requests, Templates
from collector.watch.steps import Steps
from collector.watch.views import watch_routes
from collector.watch.watch import Watch, Watched
from collector.withdrawals.ledger import Ledger, count_damaged, sync_folder
from collector.withdrawals.ledger import files_of as ledger_files
from collector.withdrawals.ledger import read as read_ledger
from collector.withdrawals.lines import Line, gap, knows_since, latest_wishes
from collector.withdrawals.lines import mark as ledger_mark
from collector.withdrawals.lines import tag as key_tag
from collector.withdrawals.store import Again

__all__ = [
    "ANSWER",
    "BEGAN",
    "CLOCK_FILE",
    "DATABASE",
    "FEWEST_OPTIONS",
    "HALF_RESTORED",
    "LONGEST_LABEL",
    "MAILS",
    "MAIL_OLDEST",
    "METRICS_COUNTED",
    "METRICS_READ",
    "MOST",
    "MOST_OPTIONS",
    "NANO",
    "NO_OWN",
    "OWN_KINDS",
    "REFUSALS",
    "REQUEST_HEADER",
    "SCALE",
    "SECRETS",
    "STATUS",
    "SUCCESS",
    "WHOLE",
    "Again",
    "Answered",
    "Answers",
    "Arrivals",
    "Asking",
    "Axis",
    "Backlog",
    "BoundedProtocol",
    "Bulk",
    "Campaign",
    "CampaignError",
    "CampaignOrder",
    "Closed",
    "CollectedResponse",
    "Collector",
    "CollectorError",
    "Counts",
    "Deferred",
    "Figures",
    "FolderBusy",
    "Followed",
    "Guarded",
    "GuardedApplication",
    "Invitations",
    "Language",
    "Ledger",
    "LedgerError",
    "Line",
    "LinkError",
    "Made",
    "MailCounts",
    "Metric",
    "Named",
    "News",
    "OpenedCampaign",
    "OwnKind",
    "OwnPart",
    "OwnQuestion",
    "Past",
    "PastResponse",
    "Progress",
    "Purged",
    "Question",
    "Questionnaire",
    "QuestionnaireError",
    "Readiness",
    "Receipt",
    "Refusals",
    "Rejected",
    "Requests",
    "RosterError",
    "RosterFile",
    "Round",
    "Schema",
    "SeatsTaken",
    "SettingError",
    "Settings",
    "Steady",
    "Steps",
    "StoreClosed",
    "Templates",
    "Transport",
    "Unavailable",
    "Uncertain",
    "Watch",
    "Watched",
    "ailing_disks",
    "allowed",
    "alone",
    "at_work",
    "check_mail",
    "checked_database_url",
    "compose_mail",
    "count_damaged",
    "current_request",
    "default_questionnaire",
    "doubt_of",
    "encoded_head",
    "files_of",
    "first_fault",
    "folders_of",
    "gap",
    "given_by",
    "given_by_file",
    "half_restored",
    "key_tag",
    "knows_since",
    "latest_wishes",
    "ledger_files",
    "ledger_mark",
    "make_file",
    "make_folder",
    "make_round",
    "network_of",
    "newer_than_us",
    "not_ours",
    "note_place",
    "open_to_others",
    "option_key",
    "over_https",
    "parse",
    "place_of",
    "preview_application",
    "reach",
    "read_document",
    "read_ledger",
    "reason_of",
    "revision_found",
    "schema",
    "secret_files",
    "server_of",
    "server_options",
    "sync_folder",
    "to_its_end",
    "told_of",
    "trouble_of",
    "unusable",
    "validate",
    "wait_after",
    "watch_routes",
    "written_folders",
]


def preview_application(document: Mapping[str, Any]) -> Starlette:
    """An application that shows a document as respondents would see it, keeping nothing; raises QuestionnaireError."""
    return create_preview(document, now_in_paris)
