"""What tests of a respondent's pages share: somebody with a link."""

from typing import Any

import pytest

from syndication.context import Hub
from tests.collector.respondent import Opener, Respondent, token_of
from tests.helpers import Client


@pytest.fixture
def respondent(hub: Hub, app: Any, open_campaign: Opener) -> Respondent:
    return Respondent(Client(app), token_of(hub, open_campaign()))
