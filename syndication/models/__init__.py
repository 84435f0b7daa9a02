"""Tables of the hub, by what they are about."""

from syndication.models.base import Table, metadata
from syndication.models.catalogue import Centre, CentreCode, Formation, FormationCode, Offer, Opco, Renewal
from syndication.models.centres import OwnQuestion, OwnText, PreviewLink, Reading
from syndication.models.figures import Bookmark, Change, Published, SetAside, Tally
from syndication.models.moderation import Alert, Decision, Doubt, Flow, Learnt
from syndication.models.people import Access, JoinRequest, Letter, Person, Session, SignInLink
from syndication.models.said import (
    Campaign,
    Gesture,
    GestureSecret,
    IndexedText,
    Reply,
    ReplyDecision,
    Review,
    ReviewDecision,
    Verbatim,
    VerbatimSignal,
    VerbatimSubject,
)
from syndication.models.sites import Delivery, Partner, PartnerKey, PartnerOrigin, Usage, Webhook

__all__ = [
    "Access", "Alert", "Bookmark", "Campaign", "Centre", "CentreCode", "Change", "Decision", "Delivery", "Doubt",
    "Flow", "Formation", "FormationCode", "Gesture", "GestureSecret", "IndexedText", "JoinRequest", "Learnt", "Letter",
    "Offer", "Opco", "OwnQuestion", "OwnText", "Partner", "PartnerKey", "PartnerOrigin", "Person", "PreviewLink",
    "Published", "Reading", "Renewal", "Reply", "ReplyDecision", "Review", "ReviewDecision", "Session", "SetAside",
    "SignInLink", "Table", "Tally", "Usage", "Verbatim", "VerbatimSignal", "VerbatimSubject", "Webhook", "metadata",
]  # fmt: skip
