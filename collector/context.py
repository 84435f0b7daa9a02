"""What the respondents' pages work with, and what all of them do alike."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from collector import links
from collector.errors import LinkError
from collector.forms import Form
from collector.limits import Arrivals, network_of
from collector.mailing.store import Roster
from collector.pages import Printer, security_headers
from collector.questionnaire import Language, Questionnaire, with_own
from collector.records import Seat
from collector.settings import Settings
from collector.store import NO_SEAT, Store
from collector.triage import Limits
from collector.versions import Versions

HOUR = 3600
MISSES = 60
"""Links that lead nowhere, asked for from one network within an hour, before it is told to wait."""
COMMON_FLOOD = 20
"""Times ``network_seats`` may be passed within an hour before a common link gives that network no more seats."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the pages work with."""

    settings: Settings
    store: Store
    roster: Roster
    versions: Versions
    printer: Printer
    clock: Callable[[], datetime]
    misses: Arrivals = field(default_factory=lambda: Arrivals(HOUR, MISSES))
    seats: Arrivals = field(init=False)
    floods: Arrivals = field(init=False)

    def __post_init__(self) -> None:
        seats = self.settings.network_seats
        object.__setattr__(self, "seats", Arrivals(HOUR, seats))
        object.__setattr__(self, "floods", Arrivals(HOUR, COMMON_FLOOD * seats))

    @property
    def cookie(self) -> str:
        """Name of the one cookie."""
        return "__Host-sirius-lien" if self.settings.secure else "sirius-lien"

    @property
    def limits(self) -> Limits:
        """Thresholds of triage."""
        return Limits(self.settings.quick_seconds, self.settings.few_answers)

    def seat(self, token: str) -> Seat:
        """What stands behind a token, whenever it may be used; raises LinkError."""
        if not links.is_token(token):
            raise LinkError(NO_SEAT)
        return self.store.seat(token)

    def document(self, seat: Seat, language: Language = "fr") -> Questionnaire:
        """The questionnaire of a seat: the version that its campaign opened with, or that was answered, and the
        questions of its centre."""
        version = seat.sent.questionnaire_version if seat.sent else seat.campaign.questionnaire_version
        return with_own(self.versions.get(version, language), seat.campaign.own)

    def lost(self, request: Request) -> Response:
        """The one page for every link that leads nowhere. A network that tries very many is told to wait.

        Links that lead somewhere are never refused: a whole school may stand behind one network.
        """
        network, moment = network_of(request.client.host if request.client else ""), self.clock().timestamp()
        if self.misses.note(network, moment):
            response = self.printer.page("busy.html", 429)
            response.headers["retry-after"] = str(self.misses.wait(network, moment))
            return response
        return self.printer.page("lost.html", 404)

    def refused(self, status: int) -> Response:
        """A post that could not be understood."""
        return self.printer.page("refused.html", status, too_large=status == 413)

    def again(self, form: Form, path: str) -> Response:
        """A post that came while the database was away: all of it is given back, to be sent again."""
        return self.printer.page("again.html", 503, fields=form, path=path)

    def go(self, path: str, token: str) -> Response:
        """Go on to a page, the token in its cookie."""
        response = RedirectResponse(path, 303, security_headers())
        response.set_cookie(self.cookie, token, path="/", secure=self.settings.secure, httponly=True, samesite="lax")
        return response


def language_of(value: str) -> Language:
    """The language asked for, French for anything that we do not speak."""
    return "en" if value == "en" else "fr"
