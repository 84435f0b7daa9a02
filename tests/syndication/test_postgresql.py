"""What readers ask, on PostgreSQL: its own full text, the same answers as on SQLite."""

import itertools
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from syndication import asgi, database
from syndication.catalogue import importer
from syndication.context import Hub
from syndication.database import writing
from syndication.demo.facts import facts
from tests import postgresql
from tests.conftest import settings_in
from tests.helpers import Clock
from tests.syndication.cfa.test_campaigns import (
    opened,
    owner,
    test_a_campaign_is_prolonged_within_bounds_in_both_databases,
    test_a_campaign_opened_by_who_trains_or_answers_for_it_is_in_both_spaces_and_counts_for_the_place,
    test_a_centre_that_closed_or_merged_opens_nothing_and_is_told_why,
    test_moderators_see_campaigns_beyond_known_offers_and_close_these_alone,
    test_several_campaigns_open_at_once_with_a_common_end_and_seats_of_their_own,
)
from tests.syndication.cfa.test_own_questions import (
    school,
    test_a_refusal_gives_its_reason_and_what_is_changed_waits_anew,
    test_a_response_held_back_is_counted_once_somebody_says_so,
    test_counts_and_texts_appear_with_the_fifth_respondent_and_a_moderator_s_reading,
    test_two_looks_never_tell_one_answer,
)
from tests.syndication.letters.test_courier import (
    test_a_process_that_dies_loses_nothing_before_and_repeats_no_news_after,
    test_links_leave_before_news,
    test_no_more_than_three_links_are_alive,
)
from tests.syndication.practices.test_practices import (
    test_a_gem_and_a_reply_are_gathered_by_subject,
    test_they_come_page_by_page,
)
from tests.syndication.results.test_results import (
    space,
    test_a_region_is_told_from_three_centres_on,
    test_an_observer_s_list_says_who_takes_part_and_hides_small_numbers,
    test_an_opco_is_its_formations_wherever_they_are_taught,
    test_evolution_is_told_by_school_year,
)
from tests.syndication.results.test_showing import (
    ahead,
    test_a_point_fort_is_shown_with_its_figures_and_how_it_was_computed,
)
from tests.syndication.test_api import (
    managed,
    test_a_centre_that_manages_leads_to_the_place_everywhere_and_it_is_said,
    test_resolution_reads_centres_too_and_says_what_could_be_either,
    test_summaries_say_what_avis_says,
    test_verbatims_come_page_by_page_with_the_filters_of_the_widget,
)
from tests.syndication.test_corpus import (
    headers,
    mirror,
    test_a_mirror_that_starts_empty_ends_equal_to_the_export,
    test_a_renewal_moves_what_was_said_under_the_new_code_and_says_the_old_one,
    test_texts_appear_with_the_fifth_respondent_and_centres_are_named_with_theirs,
    test_what_is_exported_says_what_the_api_says,
    test_what_is_new_is_told_from_what_changed,
)
from tests.syndication.test_digests import (
    test_a_centre_s_week_is_told_on_monday_morning_to_each_of_its_people_once,
    weekly,
)
from tests.syndication.test_fairness import test_a_delay_counts_from_the_first_day_to_the_first_decision
from tests.syndication.test_gate import (
    test_a_key_does_no_more_than_its_scopes,
    test_a_revoked_site_or_key_is_refused_at_once,
    test_a_site_sees_its_own_figures_and_nobody_else_s,
    test_during_a_rotation_two_keys_work_and_then_one,
)
from tests.syndication.test_moderating import (
    desk,
    doubted,
    five,
    test_a_decision_is_undone_within_ten_seconds_by_who_took_it,
    test_a_doubt_leaves_the_text_until_somebody_decides,
    test_a_masked_name_is_read_nowhere_and_searched_by_nobody,
    test_an_alert_is_mailed_without_a_word_of_the_text,
    test_an_alerted_text_is_seen_by_few_until_it_is_given_back,
    test_filters_narrow_the_queue_and_follow_posts,
    test_nobody_edits_words_nor_acts,
    test_noise_is_refused_together_each_by_itself_and_undone_together,
    test_old_experiences_are_archived_once_a_day,
    test_texts_are_found_by_signal_in_the_state_they_are_in,
    test_undoing_a_publication_holds_its_response_back_again,
    test_undoing_a_refusal_brings_a_published_text_back_as_it_was,
    test_what_is_asked_of_other_states_walks_their_own_index,
)
from tests.syndication.test_participation import (
    table_seen,
    test_each_centre_is_told_with_its_campaigns_answers_and_texts_that_wait,
    test_filters_narrow_and_odd_ones_are_left_out,
    test_scopes_narrow_what_observers_see,
)
from tests.syndication.test_partners import (
    closed,
    test_only_exact_origins_may_frame,
    test_revoking_stops_a_site_at_once,
)
from tests.syndication.test_people import (
    admin,
    test_acts_are_told_the_latest_first,
    test_of_two_admins_who_decide_at_once_one_does,
    test_people_are_found_by_words_and_by_role_page_by_page,
    test_scopes_are_those_of_the_catalogue,
    test_two_admins_who_end_each_other_at_once_leave_one,
)
from tests.syndication.test_preview import centre, test_a_link_taken_back_says_so_at_once
from tests.syndication.test_publication import (
    test_a_centre_s_page_tells_no_words_of_a_formation_with_too_few_there,
    test_a_decision_changes_what_is_ready_and_nothing_else,
    test_answers_of_a_renewed_diploma_are_counted_together,
    test_figures_appear_by_thresholds,
    test_texts_of_both_diplomas_come_newest_first,
)
from tests.syndication.test_replies import (
    test_a_reply_appears_once_read_signed_and_dated,
    test_texts_of_the_centre_come_by_pages_and_filters,
    text,
)
from tests.syndication.test_statistics import (
    test_what_is_received_is_the_sum_of_its_states_and_all_is_told,
    test_what_was_served_is_told_by_month,
)
from tests.syndication.test_texts import (
    test_a_centre_with_too_few_respondents_cannot_be_singled_out,
    test_a_reader_counts_once_and_nothing_tells_who,
    test_a_search_finds_words_in_every_form,
    test_filters_narrow_and_combine,
    test_newest_or_most_useful_first_and_the_order_is_named,
    told,
)
from tests.syndication.webhooks.test_courier import (
    owed,
    receiver,
    test_a_message_is_owed_for_each_event_and_says_nothing_of_what_or_when,
    test_a_receiver_that_fails_is_left_alone_for_a_while_then_hears_everything,
    test_a_receiver_that_is_gone_is_never_called_again,
    test_two_processes_share_messages_without_sending_any_twice,
    webhook,
)

TEMPLATE = "migre"
_numbers = itertools.count()


@pytest.fixture(scope="module")
def cluster() -> Iterator[Path]:
    """A cluster with a migrated database to copy."""
    with postgresql.cluster() as folder:
        engine = database.open_engine(postgresql.create(folder, TEMPLATE))
        database.migrate(engine)
        with writing(engine).begin() as connection:
            importer.keep(connection, facts(), "demonstration", Clock()())
            importer.link_lineages(connection)
        engine.dispose()
        yield folder


@pytest.fixture
def hub(cluster: Path, migrated: Path, tmp_path: Path, clock: Clock) -> Iterator[Hub]:
    """A hub on a database of its own, its collector on SQLite."""
    shutil.copy(migrated / "collector.db", tmp_path)
    url = postgresql.create(cluster, f"essai{next(_numbers)}", TEMPLATE)
    opened = asgi.open_hub(replace(settings_in(tmp_path), database_url=url), clock)
    yield opened
    opened.close()


def test_both_databases_are_up_to_date_after_migrating(hub: Hub) -> None:
    assert database.is_current(hub.engine)
    assert hub.engine.dialect.name == "postgresql"
